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

/// How many handshakes get on by a step in one turn. Each step may take a third of a millisecond.
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
    /// Since when they have not finished, the oldest first: a later client has a larger number.
    unfinished: BTreeMap<ClientId, Instant>,
    /// Those whose handshake can go on.
    steps: VecDeque<ClientId>,
    /// What was said last and is not encrypted yet, and to whom.
    said: Vec<u8>,
    to: Vec<ClientId>,
}

/// What is known of a client. One without a session speaks without TLS, or has not spoken yet.
enum Guest {
    /// Its handshake is not finished. `early` is what it will be told then, if it is the `last` thing too.
    Opening { session: Option<Box<Session>>, early: Vec<u8>, last: bool },
    /// It speaks with us.
    Open(Option<Box<Session>>),
    /// Nothing more will be said, and why.
    Over(io::Result<()>),
}
// ANCHOR_END: secure

// ANCHOR: new
impl<I> Secure<I> {
    /// Puts TLS before a service.
    pub fn new(inner: I, rules: Rules) -> Self {
        let (guests, unfinished, steps) = (HashMap::new(), BTreeMap::new(), VecDeque::new());
        let (said, to, plain) = (Vec::new(), Vec::new(), Vec::new());
        Secure { inner, wall: Wall { rules, guests, unfinished, steps, said, to }, plain }
    }

    /// Asks the service behind TLS something, and encrypts what it says to that.
    fn ask<S: Patient, R>(
        &mut self,
        sink: &mut S,
        ask: impl FnOnce(&mut I, &mut Sealed<'_, S>) -> R,
    ) -> R {
        let answer = ask(&mut self.inner, &mut Sealed { wall: &mut self.wall, sink });
        self.wall.seal(sink);
        answer
    }
}
// ANCHOR_END: new

// ANCHOR: sink
/// The sink of the service behind TLS.
pub struct Sealed<'a, S> {
    wall: &'a mut Wall,
    sink: &'a mut S,
}

impl<S: Patient> Sink for Sealed<'_, S> {
    fn fill(&mut self, to: &[ClientId], write: impl FnOnce(&mut Vec<u8>)) {
        // YOURS: What is encrypted at once, and what can wait for more?
        if self.wall.to != to || self.wall.said.len() >= RECORD {
            self.wall.seal(self.sink);
            self.wall.to.extend_from_slice(to);
        }
        write(&mut self.wall.said);
        // YOURS_END
    }

    fn close(&mut self, client: ClientId) {
        self.wall.seal(self.sink);
        self.wall.close(client, self.sink);
    }
}
// ANCHOR_END: sink

// ANCHOR: patient
impl<S: Patient> Patient for Sealed<'_, S> {
    fn waiting(&self, client: ClientId) -> usize {
        let early = match self.wall.guests.get(&client) {
            Some(Guest::Opening { early, .. }) => early.len(),
            _ => 0,
        };
        early + self.sink.waiting(client)
    }

    fn now(&self) -> Instant {
        self.sink.now()
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
// ANCHOR_END: patient

// ANCHOR: seal
impl Wall {
    /// Encrypts what was said last, for each to whom it was said.
    fn seal(&mut self, sink: &mut impl Patient) {
        // YOURS: What does each hear: one who has keys, one without TLS, one whose handshake goes on?
        let to = mem::take(&mut self.to);
        for &client in &to {
            let (said, mut done) = (&self.said, true);
            match self.guests.get_mut(&client) {
                Some(Guest::Opening { early, last: false, .. }) => early.extend_from_slice(said),
                Some(Guest::Open(None)) => sink.fill(&[client], |out| out.extend_from_slice(said)),
                Some(Guest::Open(Some(session))) => {
                    sink.fill(&[client], |out| done = session.seal(said, out));
                }
                Some(Guest::Opening { .. } | Guest::Over(_)) | None => {}
            }
            if !done {
                self.give_up(client, "its keys are worn out", sink);
            }
        }
        self.said.clear();
        self.to = to;
        self.to.clear();
        // YOURS_END
    }
}
// ANCHOR_END: seal

// ANCHOR: close
impl Wall {
    /// Nothing more will be said to a client.
    fn close(&mut self, client: ClientId, sink: &mut impl Patient) {
        // YOURS: Who is told what before TCP ends?
        match self.guests.get_mut(&client) {
            Some(Guest::Opening { early, last, .. }) if !early.is_empty() => return *last = true,
            Some(Guest::Open(Some(session))) => sink.fill(&[client], |out| session.finish(out)),
            Some(Guest::Opening { .. } | Guest::Open(None)) => {}
            Some(Guest::Over(_)) | None => return,
        }
        self.end(client, Ok(()), sink);
        // YOURS_END
    }

    fn give_up(&mut self, client: ClientId, why: impl ToString, sink: &mut impl Patient) {
        let why = io::Error::new(ErrorKind::InvalidData, why.to_string());
        self.end(client, Err(why), sink);
    }

    /// Its keys are thrown away at once, however long the client takes to leave.
    fn end(&mut self, client: ClientId, why: io::Result<()>, sink: &mut impl Patient) {
        self.guests.insert(client, Guest::Over(why));
        self.unfinished.remove(&client);
        sink.close(client);
    }
}
// ANCHOR_END: close

// ANCHOR: service
impl<S: Patient, I: for<'a> Service<Sealed<'a, S>>> Service<S> for Secure<I> {
    fn connected(&mut self, client: ClientId, sink: &mut S) {
        let guest = Guest::Opening { session: None, early: Vec::new(), last: false };
        self.wall.guests.insert(client, guest);
        self.wall.unfinished.insert(client, sink.now());
        self.ask(sink, |inner, sealed| inner.connected(client, sealed));
    }

    fn received(&mut self, client: ClientId, bytes: &mut [u8], sink: &mut S) {
        match self.wall.guests.get_mut(&client) {
            Some(Guest::Opening { session: None, .. }) => self.first(client, bytes, sink),
            Some(Guest::Opening { session: Some(session), .. }) => match session.keep(bytes) {
                Ok(()) => self.wall.steps.push_back(client),
                Err(why) => self.wall.give_up(client, why, sink),
            },
            Some(Guest::Open(None)) => {
                self.ask(sink, |inner, sealed| inner.received(client, bytes, sealed));
            }
            Some(Guest::Open(Some(_))) => self.take(client, bytes, sink),
            Some(Guest::Over(_)) | None => {}
        }
    }

    fn left(&mut self, client: ClientId, why: io::Result<()>, sink: &mut S) {
        self.wall.unfinished.remove(&client);
        let why = match self.wall.guests.remove(&client) {
            Some(Guest::Over(earlier)) => why.and(earlier),
            // Anybody on the way can end TCP. TLS can be ended by the client alone.
            Some(Guest::Open(Some(_))) => why.and(Err(io::Error::other("no close_notify came"))),
            _ => why,
        };
        self.ask(sink, |inner, sealed| inner.left(client, why, sealed));
    }
}
// ANCHOR_END: service

// ANCHOR: first
/// For those who speak HTTP where only TLS is spoken.
const NOT_PLAIN: &str = "HTTP/1.1 400 Bad Request\r\n\
    Content-Type: text/plain\r\n\
    Connection: close\r\n\
    \r\n\
    This port speaks TLS: the address begins with wss:// or https://\n";

impl<I> Secure<I> {
    /// A request begins with a letter. Everything else is for rustls, which has an alert for what is not TLS.
    fn first<S: Patient>(&mut self, client: ClientId, bytes: &mut [u8], sink: &mut S)
    where
        I: for<'a> Service<Sealed<'a, S>>,
    {
        // YOURS: How do you tell TLS from a request, and what do you tell a request?
        match (bytes[0].is_ascii_alphabetic(), self.wall.rules.plain) {
            (true, true) => self.wall.open(client, sink),
            (true, false) => {
                sink.fill(&[client], |out| out.extend_from_slice(NOT_PLAIN.as_bytes()));
                self.wall.give_up(client, "it does not speak TLS", sink);
            }
            (false, _) => match Session::new(&self.wall.rules.tls) {
                Ok(new) => {
                    if let Some(Guest::Opening { session, .. }) = self.wall.guests.get_mut(&client)
                    {
                        *session = Some(Box::new(new));
                    }
                }
                Err(why) => self.wall.give_up(client, why, sink),
            },
        }
        self.received(client, bytes, sink);
        // YOURS_END
    }
}
// ANCHOR_END: first

// ANCHOR: take
impl<I> Secure<I> {
    /// Lets a session take bytes, and the service what they say.
    fn take<S: Patient>(&mut self, client: ClientId, bytes: &mut [u8], sink: &mut S)
    where
        I: for<'a> Service<Sealed<'a, S>>,
    {
        // YOURS: In which order: the answer of TLS, what waited for it, what the client says, its end?
        let Some(Guest::Open(Some(session)) | Guest::Opening { session: Some(session), .. }) =
            self.wall.guests.get_mut(&client)
        else {
            return;
        };
        let (mut plain, mut reply) = (mem::take(&mut self.plain), Vec::new());
        let taken = session.receive(bytes, &mut plain, &mut reply);
        let (is_open, ended) = (session.is_open(), session.ended);
        if !reply.is_empty() {
            sink.fill(&[client], |out| out.append(&mut reply));
        }
        if is_open {
            self.wall.open(client, sink);
        }
        if !plain.is_empty() && matches!(self.wall.guests.get(&client), Some(Guest::Open(_))) {
            self.ask(sink, |inner, sealed| inner.received(client, &mut plain, sealed));
        }
        match taken {
            Err(why) => self.wall.give_up(client, why, sink),
            Ok(()) if ended => self.wall.close(client, sink),
            Ok(()) => {}
        }
        plain.clear();
        self.plain = plain;
        // YOURS_END
    }
}
// ANCHOR_END: take

// ANCHOR: open
impl Wall {
    /// A client that may speak now is told what has waited for that.
    fn open(&mut self, client: ClientId, sink: &mut impl Patient) {
        let Some(guest @ Guest::Opening { .. }) = self.guests.get_mut(&client) else { return };
        self.unfinished.remove(&client);
        if let Guest::Opening { session, early, last } = mem::replace(guest, Guest::Over(Ok(()))) {
            *guest = Guest::Open(session);
            (self.said, self.to) = (early, vec![client]);
            self.seal(sink);
            if last {
                self.close(client, sink);
            }
        }
    }
}
// ANCHOR_END: open

// ANCHOR: lively
impl<S, I, M> Lively<S> for Secure<I>
where
    S: Patient,
    I: for<'a> Lively<Sealed<'a, S>, Mail = M>,
    M: Send + 'static,
{
    type Mail = M;

    fn mail(&mut self, mail: M, sink: &mut S) {
        self.ask(sink, |inner, sealed| inner.mail(mail, sealed));
    }

    fn tick(&mut self, sink: &mut S) -> Option<Instant> {
        for client in self.wall.steps.drain(..STEPS.min(self.wall.steps.len())).collect::<Vec<_>>()
        {
            self.take(client, &mut [], sink);
        }
        let next = self.wall.look_after(sink);
        let inner = self.ask(sink, |inner, sealed| inner.tick(sealed));
        [next, inner].into_iter().flatten().min()
    }
}
// ANCHOR_END: lively

// ANCHOR: look_after
impl Wall {
    /// Gives those up who take too long, and the oldest if there are too many. Says when to look again.
    fn look_after(&mut self, sink: &mut impl Patient) -> Option<Instant> {
        // YOURS: Who has had time enough, who makes place, and when will somebody be due?
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
        // YOURS_END
    }
}
// ANCHOR_END: look_after
