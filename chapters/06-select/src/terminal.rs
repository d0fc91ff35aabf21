//! What the terminal shows of many clients at once: each line says whose it is.

use ch01_listen::{on_one_line, printable};

use crate::{ClientId, Event};

// ANCHOR: print_event
/// Shows what a client has said. What is sent to it has been said already, by somebody.
pub fn print_event(client: ClientId, event: &Event<'_>) {
    match event {
        Event::Head(head) => {
            println!("client {client} asks:");
            printable(head).lines().for_each(|line| println!("  {line}"));
        }
        Event::Send(_) => {}
        Event::Opened(_) => println!("client {client}: handshake successful"),
        Event::Message(text) => println!("client {client} says: {}", on_one_line(text)),
    }
}
// ANCHOR_END: print_event
