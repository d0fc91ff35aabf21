//! The members: everybody whose connection is open, and how messages to each are written.

use std::collections::BTreeMap;

use ch06_select::{ClientId, Message, Sink, Writer};

use crate::Outbox;

// ANCHOR: members
/// Whose connection is open, and what writes messages to it.
pub(crate) type Members = BTreeMap<ClientId, Box<dyn Writer>>;

/// An outbox over a sink.
pub(crate) struct Post<'a, S> {
    pub(crate) members: &'a mut Members,
    pub(crate) sink: &'a mut S,
}
// ANCHOR_END: members

// ANCHOR: post
impl<S: Sink> Outbox for Post<'_, S> {
    fn send(&mut self, to: &[ClientId], message: &Message<'_>) {
        // YOURS: How often is the message written, and how often sent?
        let mut groups: BTreeMap<&str, Vec<ClientId>> = BTreeMap::new();
        for &client in to {
            let Some(writer) = self.members.get_mut(&client) else { continue };
            match writer.group() {
                Some(group) => groups.entry(group).or_default().push(client),
                None => self.sink.fill(&[client], |out| writer.write(message, out)),
            }
        }
        for group in groups.values() {
            // Any of them writes what all of them would.
            let Some(writer) = self.members.get_mut(&group[0]) else { continue };
            self.sink.fill(group, |out| writer.write(message, out));
        }
        // YOURS_END
    }

    fn send_to_all(&mut self, message: &Message<'_>) {
        let all: Vec<ClientId> = self.members.keys().copied().collect();
        self.send(&all, message);
    }
}
// ANCHOR_END: post
