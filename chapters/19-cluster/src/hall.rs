//! One loop's part of the server: a host that hears news, and knows who is in which room.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Instant;

use ch05_reply::TEXT;
use ch06_select::{ClientId, Message, Protocol, Service};
use ch07_room::Outbox;
use ch15_pressure::{Host, Letter, Lively, Patient};

use crate::members::Members;
use crate::{Entry, RoomName};

// ANCHOR: news
/// What other threads may tell a hall.
pub enum News {
    /// What they may tell its host.
    Letter(Letter),
    /// This was said, here or elsewhere.
    Heard(Arc<Batch>),
    /// A client that joins has missed this, and hears everything from now on.
    Welcome(Welcome),
    /// One client has asked, and this is the answer.
    Told(ClientId, String),
    /// Everybody in a room has to know this, or everybody.
    Notice(Option<RoomName>, &'static str),
}

/// What was said in some rooms, in each of them in this order.
pub struct Batch {
    /// The rooms, and what was said.
    pub said: Vec<(RoomName, Vec<Entry>)>,
    /// Dropped with the batch, when every loop has heard it.
    pub done: Sender<()>,
}

/// What a client that joins is told.
pub struct Welcome {
    /// The client.
    pub client: ClientId,
    /// What was said before.
    pub said: Vec<Entry>,
    /// Whether some of what it asks for is not kept any more.
    pub gap: bool,
    /// Dropped with the welcome.
    pub done: Sender<()>,
}

/// What members are told when a message is missing.
pub const GAP: &str = "* some of what was said here is lost";
// ANCHOR_END: news

// ANCHOR: hall
/// One loop's part of the server.
pub struct Hall<P> {
    pub(crate) host: Host<P>,
    pub(crate) members: Rc<RefCell<Members>>,
}

impl<S: Patient, P: Protocol> Lively<S> for Hall<P> {
    type Mail = News;

    fn mail(&mut self, news: News, sink: &mut S) {
        if let News::Letter(letter) = news {
            return self.host.mail(letter, sink);
        }
        let mut members = self.members.borrow_mut();
        let outbox = &mut self.host.outbox(sink);
        match news {
            News::Letter(_) => {}
            News::Heard(batch) => {
                batch.said.iter().for_each(|(room, said)| members.hear(room, said, outbox));
            }
            News::Welcome(Welcome { client, said, gap, .. }) => {
                if gap {
                    outbox.send(&[client], &text(GAP));
                }
                members.welcome(client, &said, outbox);
            }
            News::Told(client, words) => outbox.send(&[client], &text(&words)),
            News::Notice(None, words) => outbox.send_to_all(&text(words)),
            News::Notice(Some(room), words) => members.notice(&room, &text(words), outbox),
        }
    }

    fn tick(&mut self, sink: &mut S) -> Option<Instant> {
        self.host.tick(sink)
    }
}

pub(crate) fn text(words: &str) -> Message<'_> {
    Message { opcode: TEXT, payload: words.as_bytes().into() }
}
// ANCHOR_END: hall

// ANCHOR: service
impl<S: Patient, P: Protocol> Service<S> for Hall<P> {
    fn connected(&mut self, client: ClientId, sink: &mut S) {
        self.host.connected(client, sink);
    }

    fn received(&mut self, client: ClientId, bytes: &mut [u8], sink: &mut S) {
        self.host.received(client, bytes, sink);
    }

    fn left(&mut self, client: ClientId, why: io::Result<()>, sink: &mut S) {
        self.host.left(client, why, sink);
    }
}
// ANCHOR_END: service
