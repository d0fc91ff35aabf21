//! The host: greets clients, looks after those that keep silent, and sees everybody off.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use ch06_select::{CLOSE, ClientId, End, Message, Protocol, Service};
use ch07_room::{App, Observer, Outbox, Server};
use ch10_control::{CloseCode, Failure, PING};
use clap::Args;
use log::{Level, log};

use crate::report::{code, no_room, too_late};
use crate::seen::{Seen, Watch};
use crate::settings::{at_least_one, seconds};
use crate::{Counters, Deadlines, Lively, Patient, TooSlow};

// ANCHOR: limits
/// How many may be here, and how long a host waits for them.
#[derive(Clone, Copy, Debug, Args)]
pub struct Limits {
    /// How many clients may be here at a time
    #[arg(long, env, default_value = "10000", value_parser = at_least_one)]
    pub max_clients: usize,
    /// How many of them may come from one address
    #[arg(long, env, default_value = "10000", value_parser = at_least_one)]
    pub max_clients_per_address: usize,
    /// How many seconds an opening handshake may take
    #[arg(long, env, default_value = "10", value_parser = seconds)]
    pub handshake_timeout: Duration,
    /// After how many seconds a silent client is sent a ping, and then let go
    #[arg(long, env, default_value = "20", value_parser = seconds)]
    pub ping_after: Duration,
}

/// What other threads may tell a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Letter {
    /// The server is to end.
    Stop,
}
// ANCHOR_END: limits

// ANCHOR: host
/// What a host knows of a client.
struct Guest {
    from: Option<IpAddr>,
    since: Instant,
    messages: u32,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Its opening handshake has not succeeded yet. `asked`: the head of its request is whole.
    Opening { asked: bool },
    /// It may speak. `heard`: it has, since we looked. `pinged`: when it was sent a ping, if it
    /// has not been heard since.
    Open { heard: bool, pinged: Option<Instant> },
    /// Everything is said.
    Ended,
}

/// A server that looks after its clients.
pub struct Host<P> {
    server: Server<P, Watch>,
    seen: Rc<Seen>,
    counters: Arc<Counters>,
    limits: Limits,
    start: Instant,
    guests: HashMap<ClientId, Guest>,
    handshakes: Deadlines,
    silences: Deadlines,
    sent: u64,
}

impl<P> Host<P> {
    /// A host for `app`. `connect` makes what a client speaks with, and tells `seen` of its pongs.
    pub(crate) fn new(
        app: Box<dyn App>,
        limits: Limits,
        counters: Arc<Counters>,
        seen: Rc<Seen>,
        connect: impl Fn() -> P + 'static,
    ) -> Self {
        Host {
            server: Server::new(app, Watch(Rc::clone(&seen)), connect),
            seen,
            counters,
            limits,
            start: Instant::now(),
            guests: HashMap::new(),
            handshakes: Deadlines::new(limits.handshake_timeout),
            silences: Deadlines::new(limits.ping_after),
            sent: 0,
        }
    }

    /// For messages that no client has said.
    pub fn outbox<'a, S: Patient>(&'a mut self, sink: &'a mut S) -> impl Outbox + 'a {
        self.server.outbox(sink)
    }
}
// ANCHOR_END: host

// ANCHOR: service
impl<S: Patient, P: Protocol> Service<S> for Host<P> {
    fn connected(&mut self, client: ClientId, sink: &mut S) {
        // YOURS: Who may stay, who is sent away, and until when has a handshake time?
        let from = sink.address(client).map(|address| network(address.ip()));
        let ending = self.counters.ending.load(Relaxed).then_some("ending");
        if let Err(why) =
            ending.map_or(Ok(()), Err).and_then(|()| self.counters.enter(from, &self.limits))
        {
            self.counters.label("ws_refused_total", "reason", why);
            sink.fill(&[client], |out| out.extend(no_room("there is no room").last));
            return sink.close(client);
        }
        let state = State::Opening { asked: false };
        self.guests.insert(client, Guest { from, since: sink.now(), messages: 0, state });
        self.handshakes.set(sink.now(), client);
        self.server.connected(client, sink);
        // YOURS_END
    }

    fn received(&mut self, client: ClientId, bytes: &mut [u8], sink: &mut S) {
        self.counters.received.fetch_add(bytes.len() as u64, Relaxed);
        self.server.received(client, bytes, sink);
        self.look(client, sink.now());
        if let Some(end) = self.seen.end.take() {
            self.ended(client, code(&end.last), &end.why);
        }
    }

    fn left(&mut self, client: ClientId, why: io::Result<()>, sink: &mut S) {
        let slow =
            matches!(&why, Err(error) if error.get_ref().is_some_and(|why| why.is::<TooSlow>()));
        self.counters.slow.fetch_add(slow.into(), Relaxed);
        let words = why.as_ref().map_or_else(io::Error::to_string, |()| "it hangs up".to_owned());
        self.ended(client, 1006, &words);
        if self.guests.remove(&client).is_some() {
            self.server.left(client, why, sink);
        }
    }
}
// ANCHOR_END: service

// ANCHOR: look
impl<P: Protocol> Host<P> {
    /// Remembers what has been seen of a client that has sent something.
    fn look(&mut self, client: ClientId, now: Instant) {
        let messages = self.seen.messages.take();
        self.counters.messages.fetch_add(messages.into(), Relaxed);
        let (head, opened, pong) =
            (self.seen.head.take(), self.seen.opened.take(), self.seen.pong.take());
        let Some(guest) = self.guests.get_mut(&client) else { return };
        guest.messages = guest.messages.saturating_add(messages);
        match &mut guest.state {
            State::Opening { asked } => *asked |= head,
            State::Open { heard, pinged } => {
                *heard = true;
                // A pong that nobody asked for may say anything.
                if let Some(sent) = *pinged
                    && pong == Some(stamp(self.start, sent))
                {
                    self.counters.round_trip(now - sent);
                }
            }
            State::Ended => {}
        }
        if let Some(answers) = opened {
            guest.state = State::Open { heard: false, pinged: None };
            self.counters.opened.fetch_add(1, Relaxed);
            if answers {
                self.silences.set(now, client);
            }
        }
    }

    /// A client's connection ends, and this is why.
    fn ended(&mut self, client: ClientId, code: u16, why: &str) {
        let Some(guest) = self.guests.get_mut(&client) else { return };
        if guest.state == State::Ended {
            return;
        }
        guest.state = State::Ended;
        self.counters.leave(guest.from);
        match code {
            0..1016 => self.counters.label("ws_ends_total", "code", code),
            _ => self.counters.label("ws_ends_total", "code", "other"),
        }
        let level = if code == 1006 { Level::Warn } else { Level::Info };
        let (Guest { from, messages, .. }, time) = (&*guest, guest.since.elapsed().as_secs_f32());
        let from = from.map_or("nowhere".to_owned(), |from| from.to_string());
        log!(level, "client {} from {from}: {messages} messages in {time:.1} s; {why}", client.0);
    }
}

/// What a ping of this time says.
fn stamp(start: Instant, at: Instant) -> [u8; 8] {
    ((at - start).as_micros() as u64).to_be_bytes()
}

/// The addresses that one customer of a network has are counted as one: of IPv6, these are all
/// with the same 64 bits in front.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => IpAddr::from((six.to_bits() >> 64 << 64).to_be_bytes()),
        four => four,
    }
}
// ANCHOR_END: look

// ANCHOR: lively
impl<S: Patient, P: Protocol> Lively<S> for Host<P> {
    type Mail = Letter;

    fn mail(&mut self, Letter::Stop: Letter, sink: &mut S) {
        self.stop(sink);
    }

    fn tick(&mut self, sink: &mut S) -> Option<Instant> {
        // YOURS: What is done about a late handshake, and what about a silence?
        while let Some(client) = self.handshakes.due(sink.now()) {
            self.turn_away(client, too_late(), sink);
        }
        while let Some(client) = self.silences.due(sink.now()) {
            self.look_after(client, sink);
        }
        let sent = std::mem::replace(&mut self.sent, sink.sent());
        self.counters.sent.fetch_add(self.sent - sent, Relaxed);
        [self.handshakes.next(), self.silences.next()].into_iter().flatten().min()
        // YOURS_END
    }
}
// ANCHOR_END: lively

// ANCHOR: goodbye
impl<P: Protocol> Host<P> {
    fn look_after(&mut self, client: ClientId, sink: &mut impl Patient) {
        // YOURS: Who is alive, who is asked, and who is let go?
        let waits = sink.waiting(client) > 0;
        let Some(State::Open { heard, pinged }) =
            self.guests.get_mut(&client).map(|guest| &mut guest.state)
        else {
            return;
        };
        match (std::mem::take(heard), *pinged) {
            (true, _) => *pinged = None,
            // It may not have our ping yet, and may not be read from. The loop watches it.
            (false, _) if waits => {}
            (false, Some(_)) => {
                return self.say_goodbye(client, CloseCode::PolicyViolation, "no pong came", sink);
            }
            (false, None) => {
                *pinged = Some(sink.now());
                let payload = stamp(self.start, sink.now()).to_vec().into();
                self.server.outbox(sink).send(&[client], &Message { opcode: PING, payload });
            }
        }
        self.silences.set(sink.now(), client);
        // YOURS_END
    }

    /// For a client whose handshake has not succeeded. A late one is told so, unless it is being
    /// answered already.
    fn turn_away(&mut self, client: ClientId, end: End, sink: &mut impl Patient) {
        let Some(guest) = self.guests.get(&client) else { return };
        let State::Opening { asked } = guest.state else { return };
        Watch(Rc::clone(&self.seen)).ends(client, &end);
        if !asked {
            sink.fill(&[client], |out| out.extend(&end.last));
        }
        self.ended(client, code(&end.last), &end.why);
        sink.close(client);
    }

    fn say_goodbye(
        &mut self,
        client: ClientId,
        code: CloseCode,
        why: &'static str,
        sink: &mut impl Patient,
    ) {
        let payload = [&(code as u16).to_be_bytes(), why.as_bytes()].concat().into();
        self.server.outbox(sink).send(&[client], &Message { opcode: CLOSE, payload });
        let end = End::from(Failure { code, why: why.into() });
        Watch(Rc::clone(&self.seen)).ends(client, &end);
        self.ended(client, code as u16, &end.why);
        sink.close(client);
    }

    /// Says goodbye to everybody (section 7.4.1).
    fn stop(&mut self, sink: &mut impl Patient) {
        // YOURS: What does a client hear whose connection is open, and what one that has not got so far?
        self.counters.ending.store(true, Relaxed);
        let clients: Vec<ClientId> = self.guests.keys().copied().collect();
        for client in clients {
            match self.guests[&client].state {
                State::Opening { .. } => self.turn_away(client, no_room("the server ends"), sink),
                State::Open { .. } => {
                    self.say_goodbye(client, CloseCode::GoingAway, "the server ends", sink);
                }
                State::Ended => {}
            }
        }
        sink.stop();
        // YOURS_END
    }
}
// ANCHOR_END: goodbye
