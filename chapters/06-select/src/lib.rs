//! Chapter 06, Many at once: one thread, many clients, and a state for each of them.

mod clients;
mod event_loop;
mod protocol;
mod service;

use std::collections::HashMap;
use std::io;

use ch01_listen::{Socket, on_one_line, printable, show};

pub use clients::{Clients, MAX_UNSENT};
pub use event_loop::each_turn;
pub use protocol::{
    BINARY, CLOSE, Connection, Emit, End, Event, FrameWriter, Frames, Message, Protocol, Start,
    Writer, start,
};
pub use service::{ClientId, Service, Sink};

// ANCHOR: show_event
/// Shows what a client has said. What is sent to it is not shown: somebody has said it already.
fn show_event(ClientId(id): ClientId, event: &Event<'_>) {
    match event {
        Event::Head(head) => {
            show(format!("client {id} asks:"));
            printable(head).lines().for_each(|line| show(format!("  {line}")));
        }
        Event::Send(_) => {}
        Event::Opened(_) => show(format!("client {id}: handshake successful")),
        Event::Message(said) => show(format!("client {id} says: {}", on_one_line(&said.payload))),
    }
}
// ANCHOR_END: show_event

// ANCHOR: serve
/// Sends each client what it says back to it, however many there are.
pub fn serve(listener: &Socket) -> ! {
    each_turn(listener, Echo(HashMap::new()))
}

/// The two halves of a client's state: what it says is understood by the first, and what it hears is
/// written by the second, once the connection is open.
type Halves = (Connection<Frames>, Option<Box<dyn Writer>>);

struct Echo(HashMap<ClientId, Halves>);
// ANCHOR_END: serve

// ANCHOR: echo
impl<S: Sink> Service<S> for Echo {
    fn connected(&mut self, client: ClientId, _sink: &mut S) {
        show(format!("client {} connects", client.0));
        self.0.insert(client, (Connection::Opening(Vec::new(), start), None));
    }

    fn received(&mut self, client: ClientId, bytes: &mut [u8], sink: &mut S) {
        let Some((connection, writer)) = self.0.get_mut(&client) else { return };
        let result = connection.receive(bytes, &mut |event| {
            show_event(client, &event);
            match (event, &mut *writer) {
                (Event::Send(bytes), _) => sink.fill(&[client], |out| out.extend(bytes)),
                (Event::Opened(opened), _) => *writer = Some(opened),
                (Event::Message(message), Some(writer)) => {
                    sink.fill(&[client], |out| writer.write(&message, out));
                }
                (Event::Head(_) | Event::Message(_), _) => {}
            }
        });
        if let Err(end) = result {
            show(format!("client {}: {}", client.0, end.why));
            sink.fill(&[client], |out| out.extend(end.last));
            sink.close(client);
        }
    }

    fn left(&mut self, client: ClientId, why: io::Result<()>, _sink: &mut S) {
        let why = why.err().map_or("closed".to_owned(), |error| format!("lost: {error}"));
        show(format!("client {}: the connection is {why}", client.0));
        self.0.remove(&client);
    }
}
// ANCHOR_END: echo
