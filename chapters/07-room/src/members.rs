//! The members: everybody whose connection is open, and how messages to each are written.

use std::collections::{BTreeMap, HashMap};

use ch06_select::{ClientId, Message, Sink, Writer};

use crate::Outbox;

// ANCHOR: members
/// Everybody whose connection is open.
#[derive(Default)]
pub(crate) struct Members {
    writers: HashMap<ClientId, Box<dyn Writer>>,
    groups: Groups,
}

/// Who gets the same bytes, and under `None` all who do not.
type Groups = BTreeMap<Option<&'static str>, Vec<ClientId>>;

impl Members {
    pub(crate) fn add(&mut self, client: ClientId, writer: Box<dyn Writer>) {
        self.groups.entry(writer.group()).or_default().push(client);
        self.writers.insert(client, writer);
    }

    /// Says whether the client was a member.
    pub(crate) fn remove(&mut self, client: ClientId) -> bool {
        let Some(writer) = self.writers.remove(&client) else { return false };
        self.groups.entry(writer.group()).or_default().retain(|&other| other != client);
        true
    }
}
// ANCHOR_END: members

// ANCHOR: post
/// An outbox over a sink.
pub(crate) struct Post<'a, S> {
    pub(crate) members: &'a mut Members,
    pub(crate) sink: &'a mut S,
}

impl<S: Sink> Outbox for Post<'_, S> {
    fn send(&mut self, to: &[ClientId], message: &Message<'_>) {
        let mut groups = Groups::new();
        for client in to {
            let Some(writer) = self.members.writers.get(client) else { continue };
            groups.entry(writer.group()).or_default().push(*client);
        }
        self.members.post(&groups, message, self.sink);
    }

    fn send_to_all(&mut self, message: &Message<'_>) {
        let groups = std::mem::take(&mut self.members.groups);
        self.members.post(&groups, message, self.sink);
        self.members.groups = groups;
    }
}

impl Members {
    fn post(&mut self, groups: &Groups, message: &Message<'_>, sink: &mut impl Sink) {
        // YOURS: How often is the message written, and how often sent?
        for (name, group) in groups {
            let same = if name.is_some() { group.len().max(1) } else { 1 };
            for to in group.chunks(same) {
                // Any of them writes what all of them would.
                let Some(writer) = self.writers.get_mut(&to[0]) else { continue };
                sink.fill(to, |out| writer.write(message, out));
            }
        }
        // YOURS_END
    }
}
// ANCHOR_END: post
