//! The clients that are connected: a socket for each, what it has not been sent yet, and since when.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Write};
use std::net::{Shutdown, SocketAddr};
use std::time::{Duration, Instant};
use std::{fmt, mem};

use ch06_select::{ClientId, Sink};
use clap::Args;
use mio::net::TcpStream;

use crate::settings::{at_least_one, seconds};
use crate::{Deadlines, Patient};

// ANCHOR: patience
/// How long a loop waits for a client, and how much waits for it.
#[derive(Clone, Copy, Debug, Args)]
pub struct Patience {
    /// How many bytes may wait for a client that does not read
    #[arg(long, env, default_value = "1048576", value_parser = at_least_one)]
    pub max_unsent: usize,
    /// How many seconds a client may read nothing of what waits for it
    #[arg(long, env, default_value = "30", value_parser = seconds)]
    pub slow_timeout: Duration,
    /// How many seconds a client may take to leave after a goodbye
    #[arg(long, env, default_value = "5", value_parser = seconds)]
    pub goodbye_timeout: Duration,
}

/// Why a client is cut off: by size, or by time.
#[derive(Debug)]
pub struct TooSlow;

impl std::error::Error for TooSlow {}

impl fmt::Display for TooSlow {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("it does not read what it is sent")
    }
}
// ANCHOR_END: patience

// ANCHOR: link
/// What the loop keeps of a client. From chapter 06: `socket`, `unsent`, `closing`, `told`, `silent`.
pub(crate) struct Link {
    pub(crate) socket: TcpStream,
    pub(crate) address: SocketAddr,
    pub(crate) unsent: Vec<u8>,
    pub(crate) closing: bool,
    pub(crate) told: bool,
    pub(crate) silent: bool,
    /// It is not read from, because too much waits for it.
    pub(crate) paused: bool,
    /// It is watched, because something waits for it. Has it taken any of it since?
    pub(crate) watched: Option<bool>,
    pub(crate) excess: Excess,
}

/// Everybody who is connected. From chapter 06: `links`, `touched`, `gone`.
pub struct Links {
    pub(crate) links: HashMap<ClientId, Link>,
    pub(crate) touched: Vec<ClientId>,
    pub(crate) gone: Vec<(ClientId, io::Result<()>)>,
    /// Those that may be read from again.
    pub(crate) resumed: Vec<ClientId>,
    pub(crate) now: Instant,
    /// When the loop ends at the latest, if it is to end.
    pub(crate) end: Option<Instant>,
    sent: u64,
    patience: Patience,
    slow: Deadlines,
    leaving: Deadlines,
}
// ANCHOR_END: link

// ANCHOR: sink
/// Since when more waits for a client than may, and how much it was then.
#[derive(Default)]
pub struct Excess(Option<(Instant, usize)>);

impl Excess {
    /// Whether a client gets no more. What it asks for in one breath, it cannot read in between, so a new
    /// excess is forgiven: for one turn, and once as much again.
    pub fn is_final(&mut self, waiting: usize, most: usize, now: Instant) -> bool {
        if waiting <= most {
            self.0 = None;
            return false;
        }
        let (since, first) = *self.0.get_or_insert((now, waiting));
        now > since || waiting > first + most
    }
}

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
            let behind =
                link.excess.is_final(link.unsent.len(), self.patience.max_unsent, self.now);
            link.unsent.extend_from_slice(&bytes);
            if behind {
                // A client that reads has made room in the meantime.
                self.flush(client);
                let unsent = self.links.get(&client).map_or(0, |link| link.unsent.len());
                if unsent > self.patience.max_unsent {
                    self.let_go(client, Err(io::Error::other(TooSlow)));
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
// ANCHOR_END: sink

// ANCHOR: patient
impl Patient for Links {
    fn now(&self) -> Instant {
        self.now
    }

    fn waiting(&self, client: ClientId) -> usize {
        // What this turn has for a client has not been tried yet.
        let is_stuck = |link: &&Link| link.watched.is_some();
        self.links.get(&client).filter(is_stuck).map_or(0, |link| link.unsent.len())
    }

    fn address(&self, client: ClientId) -> Option<SocketAddr> {
        self.links.get(&client).map(|link| link.address)
    }

    fn sent(&self) -> u64 {
        self.sent
    }

    fn stop(&mut self) {
        self.end.get_or_insert(self.now + self.patience.goodbye_timeout);
    }
}
// ANCHOR_END: patient

// ANCHOR: flush
impl Links {
    /// Sends a client what the system takes now, and keeps the rest.
    pub(crate) fn flush(&mut self, client: ClientId) {
        // YOURS: Who is not read from, who is watched, and who is to leave soon?
        let Some(link) = self.links.get_mut(&client) else { return };
        while !link.unsent.is_empty() {
            match link.socket.write(&link.unsent) {
                Ok(0) => return self.let_go(client, Err(ErrorKind::WriteZero.into())),
                Ok(count) => {
                    link.unsent.drain(..count);
                    link.watched = link.watched.map(|_| true);
                    self.sent += count as u64;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return self.let_go(client, Err(error)),
            }
        }
        // Half of the limit is for what it asks for, and the rest for what others have to say.
        let is_much = link.unsent.len() > self.patience.max_unsent / 2;
        let was_paused = mem::replace(&mut link.paused, is_much);
        if was_paused && !link.paused {
            self.resumed.push(client);
        }
        if !link.unsent.is_empty() {
            if link.watched.is_none() {
                link.watched = Some(false);
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
        // YOURS_END
    }
}
// ANCHOR_END: flush

// ANCHOR: look_after
impl Links {
    /// Lets those go whose time is over.
    pub(crate) fn look_after(&mut self) {
        // YOURS: Whose time is over, and who gets more?
        while let Some(client) = self.slow.due(self.now) {
            // There may be a little room that the poll has not thought worth reporting.
            self.flush(client);
            let Some(link) = self.links.get_mut(&client) else { continue };
            match link.watched.take() {
                _ if link.unsent.is_empty() => {}
                Some(true) => {
                    link.watched = Some(false);
                    self.slow.set(self.now, client);
                }
                _ => self.let_go(client, Err(io::Error::other(TooSlow))),
            }
        }
        while let Some(client) = self.leaving.due(self.now) {
            self.let_go(client, Ok(()));
        }
        // YOURS_END
    }

    /// When somebody's time is over.
    pub(crate) fn next(&self) -> Option<Instant> {
        [self.slow.next(), self.leaving.next(), self.end].into_iter().flatten().min()
    }

    /// Whether the loop has nothing left to do.
    pub(crate) fn done(&self) -> bool {
        self.end.is_some_and(|end| self.links.is_empty() || end <= self.now)
    }

    /// Lets a client go as it is.
    pub(crate) fn let_go(&mut self, client: ClientId, why: io::Result<()>) {
        if self.links.remove(&client).is_some_and(|link| !link.closing) {
            self.gone.push((client, why));
        }
    }
}
// ANCHOR_END: look_after

// ANCHOR: new
impl Links {
    pub(crate) fn new(patience: Patience) -> Self {
        Links {
            links: HashMap::new(),
            touched: Vec::new(),
            gone: Vec::new(),
            resumed: Vec::new(),
            now: Instant::now(),
            end: None,
            sent: 0,
            patience,
            slow: Deadlines::new(patience.slow_timeout),
            leaving: Deadlines::new(patience.goodbye_timeout),
        }
    }

    pub(crate) fn add(&mut self, client: ClientId, socket: TcpStream, address: SocketAddr) {
        let (unsent, watched, excess) = (Vec::new(), None, Excess::default());
        let (closing, told, silent, paused) = (false, false, false, false);
        let link = Link { socket, address, unsent, closing, told, silent, paused, watched, excess };
        self.links.insert(client, link);
    }
}
// ANCHOR_END: new
