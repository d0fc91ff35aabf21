//! TLS between a loop and a service: to the loop it is a service, and to the service it is a sink.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io::{self, ErrorKind};
use std::mem;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ch06_select::{ClientId, Service, Sink};
use ch15_pressure::{Lively, Patient};
use rustls::ServerConfig;

use crate::session::{RECORD, Session};

// ANCHOR: rules
/// What is asked of clients before they may speak.
#[derive(Clone)]
pub struct Rules {
    /// Certificate, versions and ciphers.
    pub tls: Arc<ServerConfig>,
    /// Clients may also speak without TLS.
    pub plain: bool,
    /// How long a handshake may take.
    pub patience: Duration,
    /// How many handshakes may be unfinished at a time. If there are more, the oldest is given up.
    pub unfinished: usize,
}

/// How many handshakes get on by a step in one turn: each costs about as much as a thousand messages.
const STEPS: usize = 16;
// ANCHOR_END: rules

// ANCHOR: secure
/// A service behind TLS.
pub struct Secure<I> {
    inner: I,
    wall: Wall,
    /// What has been decrypted. Between two reads nobody owns it.
    plain: Vec<u8>,
}

/// What is between the two sinks.
struct Wall {
    rules: Rules,
    guests: HashMap<ClientId, Guest>,
    /// Since when they have not finished, the oldest first: no number is smaller than one before it.
    unfinished: BTreeMap<ClientId, Instant>,
    /// Those whose handshake can go on.
    steps: VecDeque<ClientId>,
    /// What was said last and is not encrypted yet, and to whom.
    said: Vec<u8>,
    to: Vec<ClientId>,
}

/// What is known of a client.
enum Guest {
    /// It has not finished its handshake, and perhaps not begun. `early`: what it is to be told then.
    /// `last`: and nothing more.
    Opening { session: Option<Box<Session>>, early: Vec<u8>, last: bool },
    /// It speaks without TLS.
    Plain,
    /// It speaks with TLS.
    Open(Box<Session>),
    /// Nothing more is to be said, and why.
    Over(io::Result<()>),
}
// ANCHOR_END: secure

impl<I> Secure<I> {
    /// Puts TLS before a service.
    pub fn new(inner: I, rules: Rules) -> Self {
        let wall = Wall {
            rules,
            guests: HashMap::new(),
            unfinished: BTreeMap::new(),
            steps: VecDeque::new(),
            said: Vec::new(),
            to: Vec::new(),
        };
        Secure { inner, wall, plain: Vec::new() }
    }
}

// ANCHOR: sink
/// The sink of the service behind TLS.
pub struct Sealed<'a, S> {
    wall: &'a mut Wall,
    sink: &'a mut S,
}

impl<S: Patient> Sink for Sealed<'_, S> {
    fn fill(&mut self, to: &[ClientId], write: impl FnOnce(&mut Vec<u8>)) {
        // What is said to the same clients, one thing after the other, is encrypted together.
        if self.wall.to != to || self.wall.said.len() >= RECORD {
            self.wall.seal(self.sink);
            self.wall.to.extend_from_slice(to);
        }
        write(&mut self.wall.said);
    }

    fn close(&mut self, client: ClientId) {
        self.wall.seal(self.sink);
        self.wall.close(client, self.sink);
    }
}

impl<S: Patient> Patient for Sealed<'_, S> {
    fn now(&self) -> Instant {
        self.sink.now()
    }

    fn waiting(&self, client: ClientId) -> usize {
        let early = match self.wall.guests.get(&client) {
            Some(Guest::Opening { early, .. }) => early.len(),
            _ => 0,
        };
        let said = if self.wall.to.contains(&client) { self.wall.said.len() } else { 0 };
        self.sink.waiting(client) + early + said
    }

    fn address(&self, client: ClientId) -> Option<SocketAddr> {
        self.sink.address(client)
    }

    fn sent(&self) -> u64 {
        self.sink.sent()
    }

    fn stop(&mut self) {
        self.sink.stop();
    }
}
// ANCHOR_END: sink

// ANCHOR: seal
impl Wall {
    /// Encrypts what was said last, for each to whom it was.
    fn seal(&mut self, sink: &mut impl Patient) {
        for client in mem::take(&mut self.to) {
            let said = &self.said;
            match self.guests.get_mut(&client) {
                Some(Guest::Opening { early, last: false, .. }) => early.extend_from_slice(said),
                Some(Guest::Plain) => sink.fill(&[client], |out| out.extend_from_slice(said)),
                Some(Guest::Open(session)) => {
                    let mut done = true;
                    sink.fill(&[client], |out| done = session.seal(said, out));
                    if !done {
                        self.give_up(client, "its keys are worn out", sink);
                    }
                }
                Some(Guest::Opening { last: true, .. } | Guest::Over(_)) | None => {}
            }
        }
        self.said.clear();
    }

    /// Nothing more will be said to a client.
    fn close(&mut self, client: ClientId, sink: &mut impl Patient) {
        let Some(guest) = self.guests.get_mut(&client) else { return };
        match guest {
            Guest::Opening { early, last, .. } if !early.is_empty() => return *last = true,
            Guest::Open(session) => sink.fill(&[client], |out| session.finish(out)),
            Guest::Opening { .. } | Guest::Plain => {}
            Guest::Over(_) => return,
        }
        *guest = Guest::Over(Ok(()));
        self.unfinished.remove(&client);
        sink.close(client);
    }

    /// It cannot go on.
    fn give_up(&mut self, client: ClientId, why: impl ToString, sink: &mut impl Patient) {
        self.unfinished.remove(&client);
        let why = Err(io::Error::new(ErrorKind::InvalidData, why.to_string()));
        self.guests.insert(client, Guest::Over(why));
        sink.close(client);
    }
}
// ANCHOR_END: seal

// ANCHOR: received
/// The first byte of a client that speaks TLS: a record with a handshake message (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 0x16;

/// For those who speak HTTP where only TLS is spoken.
const NOT_PLAIN: &str = "HTTP/1.1 400 Bad Request\r\n\
    Content-Type: text/plain\r\n\
    Connection: close\r\n\
    \r\n\
    This port speaks TLS: the address begins with wss:// or https://\n";

impl<S, I> Service<S> for Secure<I>
where
    S: Patient,
    I: for<'a> Service<Sealed<'a, S>>,
{
    fn connected(&mut self, client: ClientId, sink: &mut S) {
        self.wall
            .guests
            .insert(client, Guest::Opening { session: None, early: vec![], last: false });
        self.wall.unfinished.insert(client, sink.now());
        self.inner.connected(client, &mut Sealed { wall: &mut self.wall, sink });
        self.wall.seal(sink);
    }

    fn received(&mut self, client: ClientId, bytes: &mut [u8], sink: &mut S) {
        match self.wall.guests.get_mut(&client) {
            Some(Guest::Opening { session: Some(session), .. }) => match session.keep(bytes) {
                Ok(()) => self.wall.steps.push_back(client),
                Err(why) => self.wall.give_up(client, why, sink),
            },
            Some(Guest::Opening { session: None, .. }) => self.first(client, bytes, sink),
            Some(Guest::Plain) => {
                self.inner.received(client, bytes, &mut Sealed { wall: &mut self.wall, sink });
                self.wall.seal(sink);
            }
            Some(Guest::Open(_)) => self.take(client, bytes, sink),
            Some(Guest::Over(_)) | None => {}
        }
    }

    fn left(&mut self, client: ClientId, why: io::Result<()>, sink: &mut S) {
        self.wall.unfinished.remove(&client);
        let cut = Err(io::Error::new(ErrorKind::UnexpectedEof, "it ends without close_notify"));
        let why = match self.wall.guests.remove(&client) {
            Some(Guest::Over(earlier)) => why.and(earlier),
            Some(Guest::Open(_)) => why.and(cut),
            _ => why,
        };
        self.inner.left(client, why, &mut Sealed { wall: &mut self.wall, sink });
        self.wall.seal(sink);
    }
}
// ANCHOR_END: received

impl<I> Secure<I> {
    // ANCHOR: first
    /// A client's first bytes tell whether it speaks TLS.
    fn first<S>(&mut self, client: ClientId, bytes: &mut [u8], sink: &mut S)
    where
        S: Patient,
        I: for<'a> Service<Sealed<'a, S>>,
    {
        if bytes[0] == HANDSHAKE || !bytes[0].is_ascii_alphabetic() {
            let session = Session::new(&self.wall.rules.tls);
            let Some(Guest::Opening { session: place, .. }) = self.wall.guests.get_mut(&client)
            else {
                return;
            };
            match session {
                Ok(session) => *place = Some(Box::new(session)),
                Err(why) => return self.wall.give_up(client, why, sink),
            }
        } else if self.wall.rules.plain {
            self.wall.open(client, Guest::Plain, sink);
        } else {
            sink.fill(&[client], |out| out.extend_from_slice(NOT_PLAIN.as_bytes()));
            return self.wall.give_up(client, "it does not speak TLS", sink);
        }
        self.received(client, bytes, sink);
    }
    // ANCHOR_END: first

    // ANCHOR: take
    /// Lets a session take bytes, and the service what they say.
    fn take<S>(&mut self, client: ClientId, bytes: &mut [u8], sink: &mut S)
    where
        S: Patient,
        I: for<'a> Service<Sealed<'a, S>>,
    {
        let Some(Guest::Open(session) | Guest::Opening { session: Some(session), .. }) =
            self.wall.guests.get_mut(&client)
        else {
            return;
        };
        let mut reply = Vec::new();
        self.plain.clear();
        let taken = session.receive(bytes, &mut self.plain, &mut reply);
        let (is_open, ended) = (session.is_open(), session.ended);
        if !reply.is_empty() {
            sink.fill(&[client], |out| out.append(&mut reply));
        }
        if is_open {
            self.wall.opened(client, sink);
        }
        if !self.plain.is_empty() && matches!(self.wall.guests.get(&client), Some(Guest::Open(_))) {
            let mut sealed = Sealed { wall: &mut self.wall, sink };
            self.inner.received(client, &mut self.plain, &mut sealed);
            self.wall.seal(sink);
        }
        match taken {
            Err(why) => self.wall.give_up(client, why, sink),
            Ok(()) if ended => self.wall.close(client, sink),
            Ok(()) => {}
        }
    }
    // ANCHOR_END: take
}

impl Wall {
    // ANCHOR: opened
    /// A client whose handshake is finished is told what waits for that.
    fn opened(&mut self, client: ClientId, sink: &mut impl Patient) {
        let Some(guest @ Guest::Opening { .. }) = self.guests.get_mut(&client) else { return };
        if let Guest::Opening { session: Some(session), early, last } =
            mem::replace(guest, Guest::Plain)
        {
            *guest = Guest::Open(session);
            self.tell(client, early, last, sink);
        }
    }

    /// A client speaks without TLS.
    fn open(&mut self, client: ClientId, guest: Guest, sink: &mut impl Patient) {
        if let Some(Guest::Opening { early, last, .. }) = self.guests.insert(client, guest) {
            self.tell(client, early, last, sink);
        }
    }

    fn tell(&mut self, client: ClientId, early: Vec<u8>, last: bool, sink: &mut impl Patient) {
        self.unfinished.remove(&client);
        (self.said, self.to) = (early, vec![client]);
        self.seal(sink);
        if last {
            self.close(client, sink);
        }
    }
    // ANCHOR_END: opened
}

// ANCHOR: lively
impl<S, I, M> Lively<S> for Secure<I>
where
    S: Patient,
    I: for<'a> Lively<Sealed<'a, S>, Mail = M>,
    M: Send + 'static,
{
    type Mail = M;

    fn mail(&mut self, mail: M, sink: &mut S) {
        self.inner.mail(mail, &mut Sealed { wall: &mut self.wall, sink });
        self.wall.seal(sink);
    }

    fn tick(&mut self, sink: &mut S) -> Option<Instant> {
        for _ in 0..STEPS {
            let Some(client) = self.wall.steps.pop_front() else { break };
            self.take(client, &mut [], sink);
        }
        let next = self.wall.look_after(sink);
        let inner = self.inner.tick(&mut Sealed { wall: &mut self.wall, sink });
        self.wall.seal(sink);
        [next, inner].into_iter().flatten().min()
    }
}
// ANCHOR_END: lively

// ANCHOR: look_after
impl Wall {
    /// Gives those up who take too long, and the oldest if there are too many. Says when to look again.
    fn look_after(&mut self, sink: &mut impl Patient) -> Option<Instant> {
        while let Some((&client, &since)) = self.unfinished.first_key_value() {
            let due = since + self.rules.patience;
            let why = match self.unfinished.len() > self.rules.unfinished {
                true => "too many TLS handshakes are unfinished",
                false if due <= sink.now() => "its TLS handshake takes too long",
                false if self.steps.is_empty() => return Some(due),
                false => return Some(sink.now()),
            };
            self.give_up(client, why, sink);
        }
        None
    }
}
// ANCHOR_END: look_after
