//! The clients that are connected: a socket for each, what it has not been sent yet, and since when.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Write};
use std::mem;
use std::net::{Shutdown, SocketAddr};
use std::time::{Duration, Instant};

use ch06_select::{ClientId, Sink};
use mio::net::TcpStream;

use crate::{Deadlines, Patient};

// ANCHOR: link
/// How long a loop waits for a client, and how much for it.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How much may wait for a client, in bytes, before it is not read from.
    pub pause: usize,
    /// How much may wait for a client, in bytes, when there is something new for it.
    pub unsent: usize,
    /// How long a client may take nothing of what waits for it.
    pub slow: Duration,
    /// How long a client may take to leave when everything has been said.
    pub goodbye: Duration,
}

/// What the loop keeps of a client.
pub(crate) struct Link {
    pub(crate) socket: TcpStream,
    pub(crate) address: SocketAddr,
    /// In order, what the system has not taken yet.
    pub(crate) unsent: Vec<u8>,
    /// The service has said its last word.
    pub(crate) closing: bool,
    /// The client has been told that nothing more follows.
    pub(crate) told: bool,
    /// The client has said its last word.
    pub(crate) silent: bool,
    /// It is not read from, because too much waits for it.
    pub(crate) paused: bool,
    /// Since when it has taken nothing, if something waits for it.
    pub(crate) stuck: Option<Instant>,
}

/// Everybody who is connected.
pub struct Links {
    pub(crate) links: HashMap<ClientId, Link>,
    /// Those to look after at the end of this turn.
    pub(crate) touched: Vec<ClientId>,
    /// Those of whom the service is still to be told that they are gone.
    pub(crate) gone: Vec<(ClientId, io::Result<()>)>,
    /// Those that may be read from again.
    pub(crate) resumed: Vec<ClientId>,
    pub(crate) now: Instant,
    pub(crate) stopped: bool,
    patience: Patience,
    slow: Deadlines,
    leaving: Deadlines,
}
// ANCHOR_END: link

// ANCHOR: sink
impl Sink for Links {
    fn fill(&mut self, to: &[ClientId], write: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = Vec::new();
        write(&mut bytes);
        for &client in to {
            let Some(link) = self.links.get_mut(&client).filter(|link| !link.closing) else {
                continue;
            };
            if link.unsent.is_empty() {
                self.touched.push(client);
            }
            let behind = link.unsent.len() > self.patience.unsent;
            link.unsent.extend_from_slice(&bytes);
            if behind {
                self.flush(client);
                if self.waiting(client) > self.patience.unsent {
                    self.let_go(client, Err(io::Error::other("it does not read what it is sent")));
                }
            }
        }
    }

    fn close(&mut self, client: ClientId) {
        let Some(link) = self.links.get_mut(&client) else { return };
        if !mem::replace(&mut link.closing, true) {
            self.touched.push(client);
            self.gone.push((client, Ok(())));
        }
    }
}

impl Patient for Links {
    fn now(&self) -> Instant {
        self.now
    }

    fn waiting(&self, client: ClientId) -> usize {
        self.links.get(&client).map_or(0, |link| link.unsent.len())
    }

    fn address(&self, client: ClientId) -> Option<SocketAddr> {
        self.links.get(&client).map(|link| link.address)
    }

    fn stop(&mut self) {
        self.stopped = true;
    }
}
// ANCHOR_END: sink

impl Links {
    pub(crate) fn new(patience: Patience) -> Self {
        Links {
            links: HashMap::new(),
            touched: Vec::new(),
            gone: Vec::new(),
            resumed: Vec::new(),
            now: Instant::now(),
            stopped: false,
            patience,
            slow: Deadlines::new(patience.slow),
            leaving: Deadlines::new(patience.goodbye),
        }
    }

    // ANCHOR: flush
    /// Sends a client what the system takes now, and keeps the rest.
    pub(crate) fn flush(&mut self, client: ClientId) {
        let Some(link) = self.links.get_mut(&client) else { return };
        while !link.unsent.is_empty() {
            match link.socket.write(&link.unsent) {
                Ok(0) => return self.let_go(client, Err(ErrorKind::WriteZero.into())),
                Ok(count) => {
                    link.unsent.drain(..count);
                    link.stuck = None;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return self.let_go(client, Err(error)),
            }
        }
        let pause = link.unsent.len() > self.patience.pause;
        if mem::replace(&mut link.paused, pause) && !pause {
            self.resumed.push(client);
        }
        if !link.unsent.is_empty() {
            if link.stuck.is_none() {
                link.stuck = Some(self.now);
                self.slow.set(self.now, client);
            }
            return;
        }
        link.unsent = Vec::new();
        let was_told = mem::replace(&mut link.told, link.closing);
        match (link.closing, link.silent) {
            (true, true) => self.let_go(client, Ok(())),
            (true, false) if !was_told => {
                // If it fails, a read says so.
                let _ = link.socket.shutdown(Shutdown::Write);
                self.leaving.set(self.now, client);
            }
            _ => {}
        }
    }
    // ANCHOR_END: flush

    // ANCHOR: look_after
    /// Lets those go whose time is over, and says when the next one's will be.
    pub(crate) fn look_after(&mut self) -> Option<Instant> {
        while let Some(client) = self.slow.due(self.now) {
            let stuck = self.links.get(&client).and_then(|link| link.stuck);
            if stuck.is_some_and(|since| since + self.patience.slow <= self.now) {
                self.let_go(client, Err(io::Error::other("it does not read what it is sent")));
            }
        }
        while let Some(client) = self.leaving.due(self.now) {
            self.let_go(client, Ok(()));
        }
        [self.slow.next(), self.leaving.next()].into_iter().flatten().min()
    }
    // ANCHOR_END: look_after

    /// Lets a client go as it is.
    pub(crate) fn let_go(&mut self, client: ClientId, why: io::Result<()>) {
        if self.links.remove(&client).is_some_and(|link| !link.closing) {
            self.gone.push((client, why));
        }
    }
}
