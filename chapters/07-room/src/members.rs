//! The members: everybody whose connection is open, and how messages to each are written.

use ch06_select::{ClientId, Message, Sink, Writer};

use crate::{Outbox, Table};

// ANCHOR: members
/// Everybody whose connection is open.
#[derive(Default)]
pub(crate) struct Members {
    /// In the order of their names.
    groups: Vec<Group>,
    /// Those who get bytes of their own.
    others: Table<Box<dyn Writer>>,
    /// Those of a group who get a message that is not for all of them.
    some: Vec<ClientId>,
}

/// Who gets the same bytes, in the order of their numbers, and what writes these.
struct Group {
    name: &'static str,
    writer: Box<dyn Writer>,
    clients: Vec<ClientId>,
}

impl Members {
    pub(crate) fn add(&mut self, client: ClientId, writer: Box<dyn Writer>) {
        let Some(name) = writer.group() else { return self.others.insert(client, writer) };
        let at = self.groups.partition_point(|group| group.name < name);
        if self.groups.get(at).is_none_or(|group| group.name != name) {
            self.groups.insert(at, Group { name, writer, clients: Vec::new() });
        }
        let clients = &mut self.groups[at].clients;
        clients.insert(clients.partition_point(|other| *other < client), client);
    }

    /// What writes to a client.
    fn writer(&mut self, client: ClientId) -> Option<&mut Box<dyn Writer>> {
        let has = |group: &&mut Group| group.clients.binary_search(&client).is_ok();
        let group = self.groups.iter_mut().find(has);
        group.map(|group| &mut group.writer).or_else(|| self.others.get_mut(client))
    }

    /// Says whether the client was a member.
    pub(crate) fn remove(&mut self, client: ClientId) -> bool {
        for Group { clients, .. } in &mut self.groups {
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
        if let [client] = to {
            let Some(writer) = self.members.writer(*client) else { return };
            return post(writer, to, message, self.sink);
        }
        // YOURS: How often is the message written, and how often sent?
        let Members { groups, others, some } = &mut *self.members;
        for Group { writer, clients, .. } in groups {
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
        for Group { writer, clients, .. } in
            groups.iter_mut().filter(|group| !group.clients.is_empty())
        {
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
