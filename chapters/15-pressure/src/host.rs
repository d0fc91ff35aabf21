//! The host: greets clients, looks after those that keep silent, and sees everybody off.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use ch06_select::{CLOSE, ClientId, Message, Protocol, Service};
use ch07_room::{App, Outbox, Server};
use ch10_control::CloseCode;

use crate::watch::Watch;
use crate::{Clock, Counters, Deadlines, Lively, Patient};

// ANCHOR: limits
/// How many may be here, and how long a host waits for them.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most clients at a time.
    pub clients: usize,
    /// The most clients at a time from one address.
    pub per_address: usize,
    /// How long the opening handshake may take.
    pub handshake: Duration,
    /// How long a client may say nothing before it is sent a ping, and then before it is let go.
    pub silence: Duration,
}

/// What other threads may tell a host.
#[derive(Debug)]
pub enum Letter {
    /// The server is to end.
    Stop,
}
// ANCHOR_END: limits

// ANCHOR: host
/// What a host knows of a client.
enum Guest {
    /// Its opening handshake has not succeeded yet.
    Opening(Option<IpAddr>),
    /// It may speak. `heard`: it has, since it was looked at. `pinged`: it was sent a ping then.
    Open { from: Option<IpAddr>, heard: bool, pinged: bool },
}

/// A server that looks after its clients.
pub struct Host<P> {
    server: Server<P, Watch>,
    watch: Watch,
    clock: Clock,
    limits: Limits,
    guests: HashMap<ClientId, Guest>,
    addresses: HashMap<IpAddr, usize>,
    handshakes: Deadlines,
    silences: Deadlines,
    stopping: bool,
}

impl<P> Host<P> {
    /// A host for `app`. `connect` makes what a client speaks with.
    pub fn new(
        app: Box<dyn App>,
        limits: Limits,
        counters: Arc<Counters>,
        clock: Clock,
        connect: impl Fn() -> P + 'static,
    ) -> Self {
        let watch = Watch { counters, opened: Default::default() };
        Host {
            server: Server::new(app, watch.clone(), connect),
            watch,
            clock,
            limits,
            guests: HashMap::new(),
            addresses: HashMap::new(),
            handshakes: Deadlines::new(limits.handshake),
            silences: Deadlines::new(limits.silence),
            stopping: false,
        }
    }

    /// For messages that no client has said.
    pub fn outbox<'a, S: Patient>(&'a mut self, sink: &'a mut S) -> impl Outbox + 'a {
        self.server.outbox(sink)
    }
}
// ANCHOR_END: host

const FULL: &str =
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\nConnection: close\r\n\r\n";

impl<S: Patient, P: Protocol> Service<S> for Host<P> {
    fn connected(&mut self, client: ClientId, sink: &mut S) {
        let from = sink.address(client).map(|address| address.ip());
        let here = from.map_or(0, |from| *self.addresses.get(&from).unwrap_or(&0));
        if self.guests.len() >= self.limits.clients || here >= self.limits.per_address {
            self.watch.counters.refused.fetch_add(1, Relaxed);
            sink.fill(&[client], |out| out.extend(FULL.as_bytes()));
            return sink.close(client);
        }
        if let Some(from) = from {
            *self.addresses.entry(from).or_default() += 1;
        }
        self.guests.insert(client, Guest::Opening(from));
        self.handshakes.set(sink.now(), client);
        self.server.connected(client, sink);
    }

    fn received(&mut self, client: ClientId, bytes: &mut [u8], sink: &mut S) {
        if let Some(Guest::Open { heard, .. }) = self.guests.get_mut(&client) {
            *heard = true;
        }
        self.server.received(client, bytes, sink);
        if let Some(client) = self.watch.opened.take()
            && let Some(guest) = self.guests.get_mut(&client)
            && let Guest::Opening(from) = *guest
        {
            *guest = Guest::Open { from, heard: false, pinged: false };
            self.silences.set(sink.now(), client);
        }
    }

    fn left(&mut self, client: ClientId, why: io::Result<()>, sink: &mut S) {
        let Some(Guest::Opening(from) | Guest::Open { from, .. }) = self.guests.remove(&client)
        else {
            return;
        };
        if let Some(count) = from.and_then(|from| self.addresses.get_mut(&from)) {
            *count -= 1;
        }
        self.addresses.retain(|_, count| *count > 0);
        self.server.left(client, why, sink);
    }
}

impl<S: Patient, P: Protocol> Lively<S> for Host<P> {
    type Mail = Letter;

    fn mail(&mut self, letter: Letter, sink: &mut S) {
        match letter {
            Letter::Stop => self.stop(sink),
        }
    }

    fn tick(&mut self, sink: &mut S) -> Option<Instant> {
        let now = sink.now();
        while let Some(client) = self.handshakes.due(now) {
            if let Some(Guest::Opening(_)) = self.guests.get(&client) {
                sink.close(client);
            }
        }
        while let Some(client) = self.silences.due(now) {
            self.look_after(client, sink);
        }
        [self.handshakes.next(), self.silences.next()].into_iter().flatten().min()
    }
}

impl<P: Protocol> Host<P> {
    fn look_after(&mut self, client: ClientId, sink: &mut impl Patient) {
        let Some(Guest::Open { heard, pinged, .. }) = self.guests.get_mut(&client) else { return };
        match (std::mem::take(heard), *pinged) {
            (true, _) => *pinged = false,
            // While we do not read from it, because it does not read from us, it cannot answer.
            (false, true) if sink.waiting(client) == 0 => return sink.close(client),
            (false, _) => {
                *pinged = true;
                let ping = self.clock.ping(sink.now());
                self.server.outbox(sink).send(&[client], &ping);
            }
        }
        self.silences.set(sink.now(), client);
    }

    /// Says goodbye to everybody (section 7.4.1).
    fn stop(&mut self, sink: &mut impl Patient) {
        if std::mem::replace(&mut self.stopping, true) {
            return;
        }
        let code = (CloseCode::GoingAway as u16).to_be_bytes();
        let goodbye = Message { opcode: CLOSE, payload: code.as_slice().into() };
        self.server.outbox(sink).send_to_all(&goodbye);
        self.guests.keys().for_each(|&client| sink.close(client));
        sink.stop();
    }
}
