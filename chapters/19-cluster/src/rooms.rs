//! The app: many rooms, each of them the room of chapter 07.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use ch06_select::{ClientId, Message};
use ch07_room::{App, Outbox, Room};
use ch15_pressure::Mailbox;
use ch16_speed::Shared;

use crate::broker::RoomBus;
use crate::hall::text;
use crate::members::Members;
use crate::{Ask, Asked, Broker, News, Question, RoomName};

// ANCHOR: rooms
/// One loop's part of all rooms.
pub struct Rooms {
    broker: Arc<Broker>,
    mailbox: Mailbox<News>,
    /// What the head asks for that was read last: its client is about to join.
    asked: Rc<Cell<Asked>>,
    members: Rc<RefCell<Members>>,
    rooms: HashMap<RoomName, Shared<Room>>,
}

impl Rooms {
    pub(crate) fn new(
        broker: Arc<Broker>,
        mailbox: Mailbox<News>,
        asked: Rc<Cell<Asked>>,
        members: Rc<RefCell<Members>>,
    ) -> Self {
        Rooms { broker, mailbox, asked, members, rooms: HashMap::new() }
    }

    fn ask(&self, client: ClientId, room: RoomName, question: Question) {
        self.broker.ask(Ask { client, room, question, to: self.mailbox.clone() });
    }
}

/// How a client asks how many are here.
const WHO: &[u8] = b"/who";
// ANCHOR_END: rooms

// ANCHOR: app
impl App for Rooms {
    fn joined(&mut self, client: ClientId, outbox: &mut dyn Outbox) {
        let asked = self.asked.take();
        let room = asked.room.clone();
        if let Some(trouble) = self.broker.trouble() {
            outbox.send(&[client], &text(trouble));
        }
        self.broker.loops().joined(&room);
        self.ask(client, room.clone(), Question::Before(asked.after));
        self.members.borrow_mut().add(client, asked);
        let bus = || Arc::new(RoomBus(Arc::clone(&self.broker), room.clone()));
        let shared = self.rooms.entry(room.clone());
        shared.or_insert_with(|| Shared::new(Room::default(), bus())).joined(client, outbox);
    }

    fn said(&mut self, client: ClientId, message: Message<'_>, outbox: &mut dyn Outbox) {
        let Some(room) = self.members.borrow().room_of(client).cloned() else { return };
        if *message.payload == *WHO {
            return self.ask(client, room, Question::Who);
        }
        if let Some(why) = self.broker.refuses(message.payload.len()) {
            return outbox.send(&[client], &text(why));
        }
        if let Some(shared) = self.rooms.get_mut(&room) {
            shared.said(client, message, outbox);
        }
    }

    fn left(&mut self, client: ClientId, outbox: &mut dyn Outbox) {
        let Some(room) = self.members.borrow().room_of(client).cloned() else { return };
        self.members.borrow_mut().remove(client);
        self.broker.loops().left(&room);
        if let Some(shared) = self.rooms.get_mut(&room) {
            shared.left(client, outbox);
        }
    }
}
// ANCHOR_END: app
