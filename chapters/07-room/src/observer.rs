//! Who looks on: what happens is told to an observer, and nothing else in a server prints.

use std::io;

use ch01_listen::{READ_SIZE, on_one_line, printable, show};
use ch06_select::{BINARY, ClientId, End, Event};

// ANCHOR: observer
/// Sees what happens, and changes nothing. What it does not look at costs nothing.
pub trait Observer {
    /// A client has connected.
    fn connected(&self, _client: ClientId) {}
    /// This follows from what a client has sent.
    fn event(&self, _client: ClientId, _event: &Event<'_>) {}
    /// A client's connection is about to be closed.
    fn ends(&self, _client: ClientId, _end: &End) {}
    /// A client is gone.
    fn left(&self, _client: ClientId, _why: &io::Result<()>) {}
}

/// Nobody looks.
impl Observer for () {}
// ANCHOR_END: observer

// ANCHOR: terminal
/// Shows everything in the terminal, and whose it is. What is sent to a client is not shown: somebody
/// has said it already.
pub struct Terminal;

impl Observer for Terminal {
    fn connected(&self, ClientId(id): ClientId) {
        show(format!("client {id} connects"));
    }

    fn event(&self, ClientId(id): ClientId, event: &Event<'_>) {
        match event {
            Event::Head(head) => {
                show(format!("client {id} asks:"));
                printable(head).lines().for_each(|line| show(format!("  {line}")));
            }
            Event::Send(_) => {}
            Event::Opened(_) => show(format!("client {id}: handshake successful")),
            Event::Message(said) => {
                let kind = if said.opcode == BINARY { "says, in binary" } else { "says" };
                show(format!("client {id} {kind}: {}", beginning(&said.payload)));
            }
        }
    }

    fn ends(&self, ClientId(id): ClientId, end: &End) {
        show(format!("client {id}: {}", end.why));
    }

    fn left(&self, ClientId(id): ClientId, why: &io::Result<()>) {
        show(match why {
            Ok(()) => format!("client {id}: the connection is closed"),
            Err(error) => format!("client {id}: the connection is lost: {error}"),
        });
    }
}

/// A message on one line, and of a long one as much as one read brings.
fn beginning(payload: &[u8]) -> String {
    match payload.get(..READ_SIZE) {
        Some(first) if payload.len() > READ_SIZE => {
            format!("{}… ({} bytes)", on_one_line(first), payload.len())
        }
        _ => on_one_line(payload),
    }
}
// ANCHOR_END: terminal
