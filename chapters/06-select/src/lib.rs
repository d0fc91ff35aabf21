//! Chapter 06, Many at once: one thread, many clients, and a state for each of them.

mod clients;
mod event_loop;
mod protocol;
mod terminal;

use std::collections::HashMap;

use ch01_listen::Socket;

pub use clients::{ClientId, Clients, MAX_UNSENT};
pub use event_loop::{Service, each_turn};
pub use protocol::{Connection, Encode, End, Event, Frames, Protocol, Start, Take, start};
pub use terminal::print_event;

// ANCHOR: serve
/// Sends each client what it says back to it, however many there are.
pub fn serve(listener: &Socket) -> ! {
    each_turn(listener, Echo::default())
}

/// A connection for each client, and the way in which messages to it are framed.
#[derive(Default)]
struct Echo {
    connections: HashMap<ClientId, Connection<Frames>>,
    open: HashMap<ClientId, Encode>,
}
// ANCHOR_END: serve

// ANCHOR: echo
impl Service for Echo {
    fn connected(&mut self, client: ClientId) {
        self.connections.insert(client, Connection::new(start));
    }

    fn received(
        &mut self,
        client: ClientId,
        bytes: &mut [u8],
        clients: &mut Clients,
    ) -> Result<(), End> {
        let Some(connection) = self.connections.get_mut(&client) else { return Ok(()) };
        connection.receive(bytes, &mut |event| {
            print_event(client, &event);
            match (event, self.open.get(&client)) {
                (Event::Send(bytes), _) => clients.send(client, bytes),
                (Event::Opened(encode), _) => drop(self.open.insert(client, encode)),
                (Event::Message(text), Some(encode)) => clients.send(client, &encode(text)),
                (Event::Head(_) | Event::Message(_), _) => {}
            }
        })
    }

    fn left(&mut self, client: ClientId, _clients: &mut Clients) {
        self.connections.remove(&client);
        self.open.remove(&client);
    }
}
// ANCHOR_END: echo
