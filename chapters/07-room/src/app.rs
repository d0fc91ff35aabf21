//! The app: what to do with a message. It knows clients by their numbers, and messages; it never sees
//! a byte of a frame.

use std::collections::BTreeMap;

use ch06_select::{ClientId, Clients, Encode};

// ANCHOR: app
/// What a server is for.
pub trait App {
    /// A client's connection is open.
    fn joined(&mut self, client: ClientId, outbox: &mut Outbox<'_>);

    /// A client says this, in UTF-8 or not.
    fn said(&mut self, client: ClientId, message: &[u8], outbox: &mut Outbox<'_>);

    /// A client whose connection was open is gone.
    fn left(&mut self, client: ClientId, outbox: &mut Outbox<'_>);
}
// ANCHOR_END: app

// ANCHOR: members
/// Whose connection is open, and how messages to it are framed.
pub(crate) type Members = BTreeMap<ClientId, Encode>;
// ANCHOR_END: members

// ANCHOR: outbox
/// Where an app puts its messages.
pub struct Outbox<'a> {
    pub(crate) members: &'a Members,
    pub(crate) clients: &'a mut Clients,
}

impl Outbox<'_> {
    /// Sends a message to one client.
    pub fn send(&mut self, to: ClientId, message: &[u8]) {
        if let Some(encode) = self.members.get(&to) {
            self.clients.send(to, &encode(message));
        }
    }

    /// Sends a message to everybody, encoded once for each way of framing it.
    pub fn send_to_all(&mut self, message: &[u8]) {
        // YOURS: How often is the message encoded, and how often sent?
        let mut encoded: Vec<(Encode, Vec<u8>)> = Vec::new();
        for (&to, &encode) in self.members {
            let same = |(other, _): &(Encode, _)| std::ptr::fn_addr_eq(*other, encode);
            let at = encoded.iter().position(same).unwrap_or_else(|| {
                encoded.push((encode, encode(message)));
                encoded.len() - 1
            });
            self.clients.send(to, &encoded[at].1);
        }
        // YOURS_END
    }
}
// ANCHOR_END: outbox

// ANCHOR: echo
/// Sends each client what it says back to it: chapter 05, as an app.
#[derive(Default)]
pub struct Echo;

impl App for Echo {
    fn joined(&mut self, _client: ClientId, _outbox: &mut Outbox<'_>) {}

    fn said(&mut self, client: ClientId, message: &[u8], outbox: &mut Outbox<'_>) {
        outbox.send(client, message);
    }

    fn left(&mut self, _client: ClientId, _outbox: &mut Outbox<'_>) {}
}
// ANCHOR_END: echo
