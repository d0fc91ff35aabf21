//! The clients that are connected: a socket for each, and what it has not been sent yet.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, ErrorKind, Write};

use mio::net::TcpStream;

// ANCHOR: id
/// A client's number. The first one is 1, and no number comes twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(pub usize);

/// Why a client is gone.
#[derive(Debug)]
pub(crate) enum Gone {
    /// One of the two has closed the connection.
    Closed,
    /// The connection is broken.
    Lost(io::Error),
    /// It has left more than [`MAX_UNSENT`] bytes unread.
    TooSlow,
}
// ANCHOR_END: id

// ANCHOR: link
/// How much may wait for a client that does not read, in bytes. Then it is cut off.
pub const MAX_UNSENT: usize = 1024 * 1024;

/// What the loop keeps of a client.
pub(crate) struct Link {
    pub(crate) socket: TcpStream,
    /// In order, what the system has not taken yet. An idle client has an empty one, which takes no
    /// memory.
    unsent: Vec<u8>,
    /// Nothing more is read from it, or added to what it is to be sent.
    pub(crate) closing: bool,
}

impl Link {
    /// Sends what the system takes now, and keeps the rest.
    pub(crate) fn flush(&mut self) -> Result<(), Gone> {
        // YOURS: What does the system take now, and what of the rest?
        let mut sent = 0;
        while sent < self.unsent.len() {
            match self.socket.write(&self.unsent[sent..]) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(Gone::Lost(error)),
            }
        }
        self.unsent.drain(..sent);
        match self.unsent.len() {
            0 => self.unsent = Vec::new(),
            MAX_UNSENT.. => return Err(Gone::TooSlow),
            _ => {}
        }
        Ok(())
        // YOURS_END
    }

    /// Whether nothing more is to be done for it.
    pub(crate) fn is_done(&self) -> bool {
        self.closing && self.unsent.is_empty()
    }
}
// ANCHOR_END: link

// ANCHOR: clients
/// Everybody who is connected.
#[derive(Default)]
pub struct Clients {
    pub(crate) links: HashMap<ClientId, Link>,
    /// Those to look after at the end of this turn.
    pub(crate) touched: Vec<ClientId>,
}

impl Clients {
    /// Sends bytes to a client, if it is there. They leave at the end of the turn, with whatever else
    /// the turn has for it.
    pub fn send(&mut self, to: ClientId, bytes: &[u8]) {
        // YOURS: Where do bytes wait for the end of the turn?
        let Some(link) = self.links.get_mut(&to).filter(|link| !link.closing) else { return };
        let full = link.unsent.len() + bytes.len() > MAX_UNSENT;
        if full || link.unsent.is_empty() {
            self.touched.push(to);
        }
        // Whoever reads gets it now. Whoever does not is found at the end of the turn.
        if full && link.flush().is_err() {
            return;
        }
        link.unsent.extend_from_slice(bytes);
        // YOURS_END
    }

    pub(crate) fn add(&mut self, client: ClientId, socket: TcpStream) {
        self.links.insert(client, Link { socket, unsent: Vec::new(), closing: false });
    }
}
// ANCHOR_END: clients

// ANCHOR: display
impl fmt::Display for ClientId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl fmt::Display for Gone {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Gone::Closed => out.write_str("the connection is closed"),
            Gone::Lost(error) => write!(out, "the connection is lost: {}", error.kind()),
            Gone::TooSlow => out.write_str("it does not read, and is cut off"),
        }
    }
}
// ANCHOR_END: display
