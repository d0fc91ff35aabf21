//! One loop's part of a server that has several: a host that hears the bus.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use ch06_select::{ClientId, Message, Protocol, Service};
use ch07_room::Outbox;
use ch15_pressure::{Host, Letter, Lively, Patient};

use crate::Tray;

// ANCHOR: branch
/// What other threads may tell a branch.
pub enum Mail {
    /// What they may tell its host.
    Letter(Letter),
    /// This was said to everybody, on one of the loops.
    Heard(Arc<Vec<Message<'static>>>),
}

/// One loop's part of a server.
pub struct Branch<P> {
    host: Host<P>,
    tray: Arc<Tray>,
}

impl<P> Branch<P> {
    /// A host, and where its members put what all are to hear.
    pub fn new(host: Host<P>, tray: Arc<Tray>) -> Self {
        Branch { host, tray }
    }
}

impl<S: Patient, P: Protocol> Service<S> for Branch<P> {
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

impl<S: Patient, P: Protocol> Lively<S> for Branch<P> {
    type Mail = Mail;

    fn mail(&mut self, mail: Mail, sink: &mut S) {
        match mail {
            Mail::Letter(letter) => self.host.mail(letter, sink),
            Mail::Heard(messages) => {
                let mut outbox = self.host.outbox(sink);
                messages.iter().for_each(|message| outbox.send_to_all(message));
            }
        }
    }

    fn tick(&mut self, sink: &mut S) -> Option<Instant> {
        self.tray.empty();
        self.host.tick(sink)
    }
}
// ANCHOR_END: branch
