//! The members: everybody whose connection is open, and how messages to each are written.

use std::collections::BTreeMap;

use ch06_select::{ClientId, Message, Sink, Writer};

use crate::{Outbox, Table};

// ANCHOR: members
/// Everybody whose connection is open.
#[derive(Default)]
pub(crate) struct Members {
    groups: BTreeMap<&'static str, Group>,
    /// Those who get bytes of their own.
    others: Table<Box<dyn Writer>>,
    /// Those of a group who get a message that is not for all of them.
    some: Vec<ClientId>,
}

/// Who gets the same bytes, in the order of their numbers, and what writes these.
struct Group {
    writer: Box<dyn Writer>,
    clients: Vec<ClientId>,
}

impl Group {
    fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }
}

impl Members {
    pub(crate) fn add(&mut self, client: ClientId, writer: Box<dyn Writer>) {
        let Some(name) = writer.group() else { return self.others.insert(client, writer) };
        let new = || Group { writer, clients: Vec::new() };
        let clients = &mut self.groups.entry(name).or_insert_with(new).clients;
        clients.insert(clients.partition_point(|other| *other < client), client);
    }

    /// Says whether the client was a member.
    pub(crate) fn remove(&mut self, client: ClientId) -> bool {
        for Group { clients, .. } in self.groups.values_mut() {
            if let Ok(at) = clients.binary_search(&client) {
                clients.remove(at);
                return true;
            }
        }
        self.others.remove(client).is_some()
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
        // YOURS: How often is the message written, and how often sent?
        let Members { groups, others, some } = &mut *self.members;
        for Group { writer, clients } in groups.values_mut() {
            some.clear();
            some.extend(to.iter().filter(|client| clients.binary_search(client).is_ok()));
            if !some.is_empty() {
                post(writer, some, message, self.sink);
            }
        }
        for &client in to {
            if let Some(writer) = others.get_mut(client) {
                post(writer, &[client], message, self.sink);
            }
        }
        // YOURS_END
    }

    fn send_to_all(&mut self, message: &Message<'_>) {
        let Members { groups, others, .. } = &mut *self.members;
        for Group { writer, clients } in groups.values_mut().filter(|group| !group.is_empty()) {
            post(writer, clients, message, self.sink);
        }
        for (client, writer) in others.rows() {
            post(writer, &[client], message, self.sink);
        }
    }
}

fn post(
    writer: &mut Box<dyn Writer>,
    to: &[ClientId],
    message: &Message<'_>,
    sink: &mut impl Sink,
) {
    sink.send(to, &message.payload, |out| writer.begin(message, out));
}
// ANCHOR_END: post
