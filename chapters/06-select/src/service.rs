//! What a loop is for. A loop and a service know these two traits, and not each other.

use std::io;

// ANCHOR: service
/// A client's number. The first one is 1, and no number comes twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(pub usize);

/// What a loop is for: it is told what happens, and says what to send, into `S`.
pub trait Service<S> {
    /// A client has connected.
    fn connected(&mut self, client: ClientId, sink: &mut S);

    /// A client has sent these bytes.
    fn received(&mut self, client: ClientId, bytes: &mut [u8], sink: &mut S);

    /// A client is gone: its connection is closed, or is lost with an error. Told once of each client,
    /// and nothing that is sent to it now arrives.
    fn left(&mut self, client: ClientId, why: io::Result<()>, sink: &mut S);
}

/// Where a service puts bytes. They leave at the end of the turn.
pub trait Sink {
    /// Sends what `write` writes, once, to each of these clients that is there.
    fn fill(&mut self, to: &[ClientId], write: impl FnOnce(&mut Vec<u8>));

    /// Sends what `write` writes, and `payload` behind it if `write` says so.
    fn send(&mut self, to: &[ClientId], payload: &[u8], write: impl FnOnce(&mut Vec<u8>) -> bool) {
        self.fill(to, |out| {
            if write(out) {
                out.extend_from_slice(payload);
            }
        });
    }

    /// Closes a connection, when what was put here for it has been sent.
    fn close(&mut self, client: ClientId);
}
// ANCHOR_END: service
