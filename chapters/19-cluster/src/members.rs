//! Who is in which room, on one loop.

use std::collections::HashMap;

use ch06_select::{ClientId, Message};
use ch07_room::Outbox;

use crate::{Asked, Entry, RoomName};

// ANCHOR: members
/// Who is in which room.
#[derive(Default)]
pub(crate) struct Members {
    asked: HashMap<ClientId, Asked>,
    rooms: HashMap<RoomName, Hearers>,
}

/// Who hears a room: some with the id before each message. Those who wait for what was said before
/// they came are not among them yet.
#[derive(Default)]
struct Hearers {
    plain: Vec<ClientId>,
    with_ids: Vec<ClientId>,
}

impl Members {
    /// A client is in a room, and waits.
    pub(crate) fn add(&mut self, client: ClientId, asked: Asked) {
        self.asked.insert(client, asked);
    }

    /// The room that a client is in.
    pub(crate) fn room_of(&self, client: ClientId) -> Option<&RoomName> {
        self.asked.get(&client).map(|asked| &asked.room)
    }

    /// A client is gone.
    pub(crate) fn remove(&mut self, client: ClientId) {
        let Some(asked) = self.asked.remove(&client) else { return };
        let Some(hearers) = self.rooms.get_mut(&asked.room) else { return };
        let side = if asked.after.is_some() { &mut hearers.with_ids } else { &mut hearers.plain };
        side.retain(|&other| other != client);
        if hearers.plain.is_empty() && hearers.with_ids.is_empty() {
            self.rooms.remove(&asked.room);
        }
    }
}
// ANCHOR_END: members

// ANCHOR: hear
impl Members {
    /// A client hears what was said before it came, and from now on all that its room hears.
    pub(crate) fn welcome(&mut self, client: ClientId, said: &[Entry], outbox: &mut dyn Outbox) {
        // It may have left meanwhile.
        let Some(Asked { room, after }) = self.asked.get(&client) else { return };
        let mut alone = Hearers::default();
        alone.add(client, after.is_some());
        said.iter().for_each(|entry| alone.hear(entry, outbox));
        self.rooms.entry(room.clone()).or_default().add(client, after.is_some());
    }

    /// A room hears this.
    pub(crate) fn hear(&self, room: &RoomName, said: &[Entry], outbox: &mut dyn Outbox) {
        let Some(hearers) = self.rooms.get(room) else { return };
        said.iter().for_each(|entry| hearers.hear(entry, outbox));
    }

    /// Everybody in a room has to know this.
    pub(crate) fn notice(&self, room: &RoomName, words: &Message<'_>, outbox: &mut dyn Outbox) {
        let Some(Hearers { plain, with_ids }) = self.rooms.get(room) else { return };
        [plain, with_ids].into_iter().for_each(|side| outbox.send(side, words));
    }
}

impl Hearers {
    fn add(&mut self, client: ClientId, with_ids: bool) {
        if with_ids { &mut self.with_ids } else { &mut self.plain }.push(client);
    }

    fn hear(&self, entry: &Entry, outbox: &mut dyn Outbox) {
        if !self.plain.is_empty() {
            outbox.send(&self.plain, &entry.message);
        }
        if !self.with_ids.is_empty() {
            outbox.send(&self.with_ids, &entry.with_id());
        }
    }
}
// ANCHOR_END: hear
