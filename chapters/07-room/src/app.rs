//! The app: what to do with a message. It knows clients by their numbers, and messages; it never sees
//! a byte of a frame.

use ch06_select::{ClientId, Message};

// ANCHOR: app
/// What a server is for.
pub trait App {
    /// A client's connection is open.
    fn joined(&mut self, _client: ClientId, _outbox: &mut dyn Outbox) {}

    /// A client says this. A text may be invalid UTF-8.
    fn said(&mut self, client: ClientId, message: Message<'_>, outbox: &mut dyn Outbox);

    /// A client whose connection was open is gone.
    fn left(&mut self, _client: ClientId, _outbox: &mut dyn Outbox) {}
}

/// Where an app puts its messages.
pub trait Outbox {
    /// Sends a message to those of these clients whose connection is open.
    fn send(&mut self, to: &[ClientId], message: &Message<'_>);

    /// Sends a message to everybody whose connection is open.
    fn send_to_all(&mut self, message: &Message<'_>);
}
// ANCHOR_END: app

// ANCHOR: echo
/// Sends each client what it says back to it, text as text and binary as binary: chapter 05, as an app.
pub struct Echo;

impl App for Echo {
    fn said(&mut self, client: ClientId, message: Message<'_>, outbox: &mut dyn Outbox) {
        outbox.send(&[client], &message);
    }
}
// ANCHOR_END: echo
