//! Where the roles meet: for each client a connection, for all of them one app.

use std::collections::HashMap;

use ch06_select::{
    ClientId, Clients, Connection, End, Event, Protocol, Service, Start, print_event,
};

use crate::app::Members;
use crate::{App, Outbox};

// ANCHOR: server
/// A service for the loop: the protocol says what bytes mean, the app what to do about it.
pub struct Server<F, A> {
    start: Start<F>,
    connections: HashMap<ClientId, Connection<F>>,
    members: Members,
    app: A,
}

impl<F, A> Server<F, A> {
    /// A server for `app`, with connections that `start` answers.
    pub fn new(app: A, start: Start<F>) -> Self {
        Server { start, connections: HashMap::new(), members: Members::new(), app }
    }
}
// ANCHOR_END: server

// ANCHOR: received
impl<F: Protocol, A: App> Service for Server<F, A> {
    fn connected(&mut self, client: ClientId) {
        self.connections.insert(client, Connection::new(self.start));
    }

    fn received(
        &mut self,
        client: ClientId,
        bytes: &mut [u8],
        clients: &mut Clients,
    ) -> Result<(), End> {
        let Some(connection) = self.connections.get_mut(&client) else { return Ok(()) };
        let (app, members) = (&mut self.app, &mut self.members);
        connection.receive(bytes, &mut |event| {
            print_event(client, &event);
            match event {
                Event::Head(_) => {}
                Event::Send(bytes) => clients.send(client, bytes),
                Event::Opened(encode) => {
                    members.insert(client, encode);
                    app.joined(client, &mut Outbox { members, clients });
                }
                Event::Message(text) => app.said(client, text, &mut Outbox { members, clients }),
            }
        })
    }
    // ANCHOR_END: received

    // ANCHOR: left
    fn left(&mut self, client: ClientId, clients: &mut Clients) {
        self.connections.remove(&client);
        if self.members.remove(&client).is_some() {
            self.app.left(client, &mut Outbox { members: &self.members, clients });
        }
    }
}
// ANCHOR_END: left
