//! The host: greets clients, looks after those that keep silent, and sees everybody off.

use std::num::NonZeroU32;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use std::{io, mem};

use ch06_select::{CLOSE, ClientId, End, Message, Protocol, Service};
use ch07_room::{App, Observer, Outbox, Server, Table};
use ch10_control::{CloseCode, Failure, PING};
use clap::Args;
use log::info;

use crate::counters::Network;
use crate::report::{code, no_room, too_late};
use crate::seen::{Seen, Watch, talk};
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
    /// How many seconds a message may take to arrive
    #[arg(long, env, default_value = "60", value_parser = seconds)]
    pub message_timeout: Duration,
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

// ANCHOR: guest
/// What clients are told that are here when the server ends, or come then.
pub(crate) const ENDING: &str = "the server ends";

/// What a host knows of a client.
struct Guest {
    from: Network,
    /// In seconds since the host began.
    since: f32,
    messages: u32,
    /// Since when a message has been arriving, and whether it has a deadline.
    arrives: Option<Millisecond>,
    is_timed: bool,
    /// The number of the ping that it was sent, and when, if it had not been heard. In its state, it would
    /// take eight bytes more of each client; few have one, so it is boxed.
    pinged: Option<Box<(u64, Instant)>>,
    state: State,
}

/// Since the host began. An `Instant` would take twelve bytes more of each client; these begin anew after 49 days.
type Millisecond = NonZeroU32;

fn millisecond(start: Instant, now: Instant) -> Millisecond {
    NonZeroU32::new((now - start).as_millis() as u32).unwrap_or(Millisecond::MAX)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Its opening handshake has not succeeded yet. `asked`: the head of its request is whole.
    Opening { asked: bool },
    /// It may speak. `heard`: it has, since we looked.
    Open { heard: bool },
    /// Everything is said.
    Ended,
}
// ANCHOR_END: guest

// ANCHOR: host
/// A server that looks after its clients.
pub struct Host<P> {
    server: Server<P, Watch>,
    seen: Rc<Seen>,
    counters: Arc<Counters>,
    limits: Limits,
    start: Instant,
    guests: Table<Guest>,
    handshakes: Deadlines,
    arrivals: Deadlines,
    silences: Deadlines,
    /// How many pings were sent.
    pings: u64,
    /// How many bytes, when we looked.
    sent: u64,
}

impl<P> Host<P> {
    /// A host for `app`. `connect` makes what a client speaks with, and tells `seen` of its pongs.
    pub fn new(
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
            guests: Table::default(),
            handshakes: Deadlines::new(limits.handshake_timeout),
            arrivals: Deadlines::new(limits.message_timeout),
            silences: Deadlines::new(limits.ping_after),
            pings: 0,
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
        let from = sink.address(client).map(|address| address.ip().into()).unwrap_or_default();
        if let Err(why) = self.counters.enter(from, &self.limits) {
            let end = no_room(why);
            talk().inspect(|terminal| terminal.ends(client, &end));
            sink.fill(&[client], |out| out.extend(end.last));
            return sink.close(client);
        }
        let state = State::Opening { asked: false };
        let (since, messages, arrives, is_timed, pinged) = (self.time(), 0, None, false, None);
        let guest = Guest { from, since, messages, arrives, is_timed, pinged, state };
        self.guests.insert(client, guest);
        self.handshakes.set(sink.now(), client);
        self.server.connected(client, sink);
        // YOURS_END
    }

    fn received(&mut self, client: ClientId, bytes: &mut [u8], sink: &mut S) {
        self.counters.received.fetch_add(bytes.len() as u64, Relaxed);
        self.server.received(client, bytes, sink);
        self.look(client, sink.now());
        if let Some(end) = self.seen.end.take() {
            self.ends(client, &end);
        }
    }

    fn left(&mut self, client: ClientId, why: io::Result<()>, sink: &mut S) {
        // One that was sent away at once is not a guest.
        if self.guests.get(client).is_none() {
            return;
        }
        let is_slow = |error: &io::Error| error.get_ref().is_some_and(|why| why.is::<TooSlow>());
        self.counters.slow.fetch_add(why.as_ref().is_err_and(is_slow).into(), Relaxed);
        let words = why.as_ref().map_or_else(io::Error::to_string, |()| "it hangs up".to_owned());
        self.ended(client, 1006, &words);
        self.guests.remove(client);
        self.server.left(client, why, sink);
    }
}
// ANCHOR_END: service

// ANCHOR: look
impl<P: Protocol> Host<P> {
    /// Remembers what has been seen of a client that has sent something.
    fn look(&mut self, client: ClientId, now: Instant) {
        // YOURS: What does a byte of it prove, what does a pong, and what begins with the handshake?
        let seen = &self.seen;
        let (asked, opened, pong) = (seen.asked.take(), seen.opened.take(), seen.pong.take());
        let messages = seen.messages.take();
        self.counters.messages.fetch_add(messages.into(), Relaxed);
        let Some(guest) = self.guests.get_mut(client) else { return };
        guest.messages = guest.messages.saturating_add(messages);
        guest.arrives = match seen.goes_on.take() {
            Some(true) if messages > 0 => Some(millisecond(self.start, now)),
            Some(true) => guest.arrives.or_else(|| Some(millisecond(self.start, now))),
            Some(false) => None,
            None => guest.arrives,
        };
        if guest.arrives.is_some() && !mem::replace(&mut guest.is_timed, true) {
            self.arrivals.set(now, client);
        }
        match &mut guest.state {
            State::Opening { asked: before } => *before |= asked,
            State::Open { heard } => {
                *heard = true;
                // A pong that nobody asked for may say anything.
                let is_answered = |ping: &mut Box<(u64, _)>| pong == Some(ping.0.to_be_bytes());
                if let Some(ping) = guest.pinged.take_if(is_answered) {
                    self.counters.round_trip(now - ping.1);
                }
            }
            State::Ended => {}
        }
        if let Some(knows_ping) = opened {
            guest.state = State::Open { heard: false };
            self.counters.opened.fetch_add(1, Relaxed);
            if knows_ping {
                self.silences.set(now, client);
            }
        }
        // YOURS_END
    }
}
// ANCHOR_END: look

// ANCHOR: lively
impl<S: Patient, P: Protocol> Lively<S> for Host<P> {
    type Mail = Letter;

    fn mail(&mut self, letter: Letter, sink: &mut S) {
        match letter {
            Letter::Stop => self.stop(sink),
        }
    }

    fn tick(&mut self, sink: &mut S) -> Option<Instant> {
        let is_opening = |guest: &Guest| matches!(guest.state, State::Opening { .. });
        self.handshakes.skip(|client| !self.guests.get(client).is_some_and(is_opening));
        while let Some(client) = self.handshakes.due(sink.now()) {
            self.turn_away(client, too_late(), sink);
        }
        while let Some(client) = self.arrivals.due(sink.now()) {
            self.hurry(client, sink);
        }
        while let Some(client) = self.silences.due(sink.now()) {
            self.look_after(client, sink);
        }
        let sent = sink.sent() - mem::replace(&mut self.sent, sink.sent());
        self.counters.sent.fetch_add(sent, Relaxed);
        let queues = [&self.handshakes, &self.arrivals, &self.silences];
        queues.into_iter().filter_map(Deadlines::next).min()
    }
}
// ANCHOR_END: lively

// ANCHOR: look_after
impl<P: Protocol> Host<P> {
    /// Looks at a client that has had its time to be heard.
    fn look_after(&mut self, client: ClientId, sink: &mut impl Patient) {
        // YOURS: Who is alive, who is asked, and who is let go?
        let Some(guest) = self.guests.get_mut(client) else { return };
        let State::Open { heard } = &mut guest.state else { return };
        match (mem::take(heard), guest.pinged.is_some()) {
            (true, _) => guest.pinged = None,
            // Our ping would wait behind the rest, and its pong is not read. The loop watches it.
            (false, _) if sink.waiting(client) > 0 => guest.pinged = None,
            (false, true) => {
                return self.say_goodbye(client, CloseCode::PolicyViolation, "no pong came", sink);
            }
            (false, false) => {
                self.pings += 1;
                guest.pinged = Some(Box::new((self.pings, sink.now())));
                let payload = self.pings.to_be_bytes().to_vec().into();
                self.server.outbox(sink).send(&[client], &Message { opcode: PING, payload });
            }
        }
        self.silences.set(sink.now(), client);
        // YOURS_END
    }
    // ANCHOR_END: look_after

    // ANCHOR: hurry
    /// Looks at a client of whom a message was arriving.
    fn hurry(&mut self, client: ClientId, sink: &mut impl Patient) {
        // YOURS: Which message has had its time, and which could not arrive?
        let Some(guest) = self.guests.get_mut(client) else { return };
        guest.is_timed = false;
        let Some(since) = &mut guest.arrives else { return };
        let now = millisecond(self.start, sink.now());
        let time = now.get().wrapping_sub(since.get());
        if sink.waiting(client) > 0 {
            // We may not have read from it.
            *since = now;
        } else if Duration::from_millis(time.into()) >= self.limits.message_timeout {
            let why = "the message took too long";
            return self.say_goodbye(client, CloseCode::PolicyViolation, why, sink);
        }
        guest.is_timed = true;
        self.arrivals.set(sink.now(), client);
        // YOURS_END
    }
}
// ANCHOR_END: hurry

// ANCHOR: goodbye
impl<P: Protocol> Host<P> {
    /// Says goodbye to everybody (RFC 6455, section 7.4.1).
    fn stop(&mut self, sink: &mut impl Patient) {
        // YOURS: What does each client hear, according to how far it has got?
        self.counters.ending.store(true, Relaxed);
        let clients: Vec<ClientId> = self.guests.rows().map(|(client, _)| client).collect();
        for client in clients {
            self.turn_away(client, no_room(ENDING), sink);
            self.say_goodbye(client, CloseCode::GoingAway, ENDING, sink);
        }
        sink.stop();
        // YOURS_END
    }

    /// For a client whose handshake has not succeeded. If it has been answered already, nothing is added.
    fn turn_away(&mut self, client: ClientId, end: End, sink: &mut impl Patient) {
        let Some(State::Opening { asked }) = self.state(client) else { return };
        if !asked {
            sink.fill(&[client], |out| out.extend(&end.last));
        }
        self.ends(client, &end);
        sink.close(client);
    }

    /// For a client whose connection is open: each gets the Close frame that it understands.
    fn say_goodbye(
        &mut self,
        client: ClientId,
        code: CloseCode,
        why: &'static str,
        sink: &mut impl Patient,
    ) {
        let Some(State::Open { .. }) = self.state(client) else { return };
        let payload = [&(code as u16).to_be_bytes(), why.as_bytes()].concat().into();
        self.server.outbox(sink).send(&[client], &Message { opcode: CLOSE, payload });
        self.ends(client, &Failure { code, why: why.into() }.into());
        sink.close(client);
    }

    fn state(&self, client: ClientId) -> Option<State> {
        self.guests.get(client).map(|guest| guest.state)
    }
}
// ANCHOR_END: goodbye

// ANCHOR: ended
impl<P> Host<P> {
    fn time(&self) -> f32 {
        self.start.elapsed().as_secs_f32()
    }

    fn ends(&mut self, client: ClientId, end: &End) {
        talk().inspect(|terminal| terminal.ends(client, end));
        self.ended(client, code(&end.last), &end.why);
    }

    /// Counts a client that is as good as gone, once, and has one line for it in the log.
    fn ended(&mut self, client: ClientId, code: u16, why: &str) {
        let Some(guest) = self.guests.get_mut(client) else { return };
        if mem::replace(&mut guest.state, State::Ended) == State::Ended {
            return;
        }
        self.counters.leave(guest.from);
        match code {
            // A client may make up a code of its own, as often as it likes.
            0..1016 => self.counters.label("ws_ends_total", "code", code),
            _ => self.counters.label("ws_ends_total", "code", "other"),
        }
        let Guest { from, since, messages, .. } = *guest;
        let time = self.time() - since;
        info!("client {} from {from}: {why}; messages: {messages}, seconds: {time:.1}", client.0);
    }
}
// ANCHOR_END: ended
