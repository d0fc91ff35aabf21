//! The clients that are connected: a socket for each, and what it has not been sent yet.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Write};
use std::mem;
use std::net::Shutdown;

use mio::net::TcpStream;

use crate::{ClientId, Sink};

// ANCHOR: link
/// How much may wait for a client, in bytes, when there is something new for it. If it is more, the
/// client is cut off.
pub const MAX_UNSENT: usize = 1024 * 1024;

/// What the loop keeps of a client.
pub(crate) struct Link {
    pub(crate) socket: TcpStream,
    /// In order, what the system has not taken yet. An idle client has an empty one, which takes no
    /// memory.
    pub(crate) unsent: Vec<u8>,
    /// The service has said its last word: nothing is added to `unsent`, and what the client still
    /// says is thrown away.
    pub(crate) closing: bool,
    /// The client has been told that nothing more follows.
    pub(crate) told: bool,
    /// The client has said its last word.
    pub(crate) silent: bool,
}

/// Everybody who is connected.
#[derive(Default)]
pub struct Clients {
    pub(crate) links: HashMap<ClientId, Link>,
    /// Those to look after at the end of this turn.
    pub(crate) touched: Vec<ClientId>,
    /// Those of whom the service is still to be told that they are gone.
    pub(crate) gone: Vec<(ClientId, io::Result<()>)>,
}
// ANCHOR_END: link

// ANCHOR: sink
impl Sink for Clients {
    fn fill(&mut self, to: &[ClientId], write: impl FnOnce(&mut Vec<u8>)) {
        // YOURS: Where do bytes wait for the end of the turn, and for whom do they not?
        let mut bytes = Vec::new();
        write(&mut bytes);
        let open = |link: &&mut Link| !link.closing;
        for &client in to {
            let Some(link) = self.links.get_mut(&client).filter(open) else { continue };
            if link.unsent.is_empty() {
                self.touched.push(client);
            }
            let behind = link.unsent.len() > MAX_UNSENT;
            link.unsent.extend_from_slice(&bytes);
            if behind {
                // A client that reads has made room in the meantime.
                self.flush(client);
                if self.links.get(&client).is_some_and(|link| link.unsent.len() > MAX_UNSENT) {
                    self.let_go(client, Err(io::Error::other("it does not read what it is sent")));
                }
            }
        }
        // YOURS_END
    }

    fn close(&mut self, client: ClientId) {
        let Some(link) = self.links.get_mut(&client) else { return };
        if !mem::replace(&mut link.closing, true) {
            self.touched.push(client);
            self.gone.push((client, Ok(())));
        }
    }
}
// ANCHOR_END: sink

// ANCHOR: flush
impl Clients {
    /// Sends a client what the system takes now, and keeps the rest. One that is closing is let go when
    /// both sides have said their last word (RFC 6455, section 7.1.1).
    pub(crate) fn flush(&mut self, client: ClientId) {
        // YOURS: What does the system take now, what of the rest, and when is a client done?
        let Some(link) = self.links.get_mut(&client) else { return };
        while !link.unsent.is_empty() {
            match link.socket.write(&link.unsent) {
                Ok(0) => return self.let_go(client, Err(ErrorKind::WriteZero.into())),
                Ok(count) => drop(link.unsent.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => return self.let_go(client, Err(error)),
            }
        }
        link.unsent = Vec::new();
        let was_told = mem::replace(&mut link.told, link.closing);
        match (link.closing, link.silent) {
            (true, true) => self.let_go(client, Ok(())),
            // Once: the poll reports each time, so we would never rest. If it fails, a read says so.
            (true, false) if !was_told => drop(link.socket.shutdown(Shutdown::Write)),
            _ => {}
        }
        // YOURS_END
    }

    /// Lets a client go as it is.
    pub(crate) fn let_go(&mut self, client: ClientId, why: io::Result<()>) {
        if self.links.remove(&client).is_some_and(|link| !link.closing) {
            self.gone.push((client, why));
        }
    }
}
// ANCHOR_END: flush
