//! Mistakes under pressure, chapter 15: wrong settings, or something wrong between the loop and the host. All of them
//! are seen in other people's servers, and most of them in many: no deadline, no bound, no goodbye.

use std::collections::{HashMap, HashSet};
use std::io;
use std::mem;
use std::net::TcpListener;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use ch01_listen::LastLines;
use ch06_select::{ClientId, Service, Sink};
use ch07_room::{App, Echo, Room};
use ch15_pressure::{
    EventLoop, Letter, Links, Lively, Patient, Settings, host, log_to_terminal, on_stop,
};
use clap::Parser;

use super::altered::{Alter, Altered};
use super::{FOR_EVER, makes};

/// For how long a server has patience that has none.
const AT_ONCE: Duration = Duration::from_millis(200);
/// How much a server without a bound hands to the loop, in bytes, so that this one notices nothing; and how soon it
/// looks whether there is room for more.
const LITTLE: usize = 32 * 1024;
const LOOK: Duration = Duration::from_millis(5);

/// A ping, what some servers send in its place, and a goodbye.
const PING: &[u8] = b"\x89\x00";
const PING_AS_TEXT: &[u8] = b"\x81\x04ping";
const GOING_AWAY: &[u8] = b"\x88\x02\x03\xe9";

/// What a program says that TERM has killed, although this one has ended well.
const KILLED: u8 = 143;

/// Serves with the mistake, or with none.
pub fn serve(is_echo: bool, listener: TcpListener) -> ExitCode {
    let _last_lines = LastLines;
    log_to_terminal();
    match run(is_echo, listener) {
        Ok(()) if makes("good-end-bad-code") => ExitCode::from(KILLED),
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn run(is_echo: bool, listener: TcpListener) -> io::Result<()> {
    // From the environment alone: the arguments are the zoo's.
    let mut settings = Settings::parse_from(["zoo"]);
    let slips = change(&mut settings);
    let event_loop = EventLoop::new(&listener.into(), settings.patience)?;
    let mailbox = event_loop.mailbox();
    if !makes("no-handler-for-term") {
        on_stop(move || drop(mailbox.send(Letter::Stop)))?;
    }
    let app: Box<dyn App> = if is_echo { Box::new(Echo) } else { Box::new(Room::default()) };
    let host = host(&settings, app, Default::default());
    event_loop.run(Slipping { host, slips })
}

/// Makes the mistakes that are wrong settings, and takes those away from the host that the mistake is about.
fn change(settings: &mut Settings) -> Slips {
    let (limits, patience) = (&mut settings.limits, &mut settings.patience);
    let slips = Slips {
        most: limits.max_clients,
        much: patience.max_unsent / 2,
        handshake: limits.handshake_timeout,
        ping_after: limits.ping_after,
        ..Slips::default()
    };
    match () {
        _ if makes("half-a-request-for-ever") => limits.handshake_timeout = FOR_EVER,
        _ if makes("time-for-each-byte") => limits.handshake_timeout = FOR_EVER,
        _ if makes("half-a-message-for-ever") => limits.message_timeout = FOR_EVER,
        _ if makes("never-pings") => limits.ping_after = FOR_EVER,
        _ if makes("text-for-a-ping") || makes("pongs-not-missed") || makes("only-pongs-count") => {
            limits.ping_after = FOR_EVER;
        }
        _ if makes("cut-off-at-once") => patience.slow_timeout = patience.slow_timeout.min(AT_ONCE),
        _ if makes("bound-of-its-own") => patience.max_unsent = 3 * 1024 * 1024,
        _ if makes("no-clock-for-the-slow") => patience.slow_timeout = FOR_EVER,
        _ if makes("close-waited-for") => patience.goodbye_timeout = FOR_EVER,
        _ if makes("one-more-than-the-limit") => limits.max_clients += 1,
        _ if makes("counts-who-has-come") => limits.max_clients = usize::MAX,
        _ if makes("addresses-not-told-apart") => {
            limits.max_clients = limits.max_clients.min(limits.max_clients_per_address);
        }
        _ => {}
    }
    slips
}

/// What is remembered for the mistakes.
#[derive(Default)]
struct Slips {
    most: usize,
    /// How much waits for a client that is not read from.
    much: usize,
    handshake: Duration,
    ping_after: Duration,
    /// How many have come.
    come: usize,
    /// Everybody who is here.
    here: HashSet<ClientId>,
    /// When those who ask have sent something.
    asking: HashMap<ClientId, Instant>,
    /// When those who are open were heard, or pinged.
    open: HashMap<ClientId, Instant>,
    /// Those that have been pinged, and were not heard since.
    pinged: HashSet<ClientId>,
    /// Those that have sent something in this turn, and those that are not read from any more.
    heard: HashSet<ClientId>,
    stopped: HashSet<ClientId>,
    /// What waits for them.
    waiting: HashMap<ClientId, Vec<u8>>,
    /// Goodbye is being said to all.
    stopping: bool,
    /// The loop is to end when the last of these has left.
    last: Option<HashSet<ClientId>>,
}

/// A host, and the slips around it.
struct Slipping<H> {
    host: H,
    slips: Slips,
}

/// Between the host and the loop.
type Through<'a> = Altered<'a, Links, &'a mut Slips>;

impl Alter<Links> for &mut Slips {
    fn fill(&mut self, links: &mut Links, to: &[ClientId], write: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = Vec::new();
        write(&mut bytes);
        let now = links.now();
        if bytes.starts_with(b"HTTP/1.1 101 ") {
            self.asking.retain(|client, _| !to.contains(client));
            self.open.extend(to.iter().map(|&client| (client, now)));
        }
        if makes("1000-to-all") && self.stopping && bytes.first() == Some(&0x88) {
            bytes[3] = 0xe8;
        }
        for &client in to {
            let waits = self.waiting.get(&client).is_some_and(|bytes| !bytes.is_empty());
            if makes("kept-without-a-bound") && (waits || links.waiting(client) > LITTLE) {
                self.waiting.entry(client).or_default().extend(&bytes);
                continue;
            }
            links.fill(&[client], |out| out.extend(&bytes));
        }
    }

    fn close(&mut self, links: &mut Links, client: ClientId) {
        if !(makes("all-answers-waited-for") && self.stopping) {
            links.close(client);
        }
    }

    fn stop(&mut self, links: &mut Links) {
        match makes("all-answers-waited-for") {
            true => self.last = Some(self.here.clone()),
            false => links.stop(),
        }
    }
}

fn through<'a>(links: &'a mut Links, slips: &'a mut Slips) -> Through<'a> {
    Altered { sink: links, mistake: slips }
}

impl<H: for<'a> Lively<Through<'a>, Mail = Letter>> Service<Links> for Slipping<H> {
    fn connected(&mut self, client: ClientId, links: &mut Links) {
        let slips = &mut self.slips;
        slips.come += 1;
        if makes("counts-who-has-come") && slips.come > slips.most {
            links.fill(&[client], |out| out.extend(b"HTTP/1.1 503 Service Unavailable\r\n\r\n"));
            return links.close(client);
        }
        slips.here.insert(client);
        slips.asking.insert(client, links.now());
        self.host.connected(client, &mut through(links, slips));
    }

    fn received(&mut self, client: ClientId, bytes: &mut [u8], links: &mut Links) {
        let now = links.now();
        let moments = [&mut self.slips.asking, &mut self.slips.open];
        if !makes("only-pongs-count") || is_pong(bytes) {
            moments.into_iter().filter_map(|all| all.get_mut(&client)).for_each(|last| *last = now);
            self.slips.pinged.remove(&client);
        }
        self.slips.heard.insert(client);
        // The loop has taken up what this server does not.
        if self.slips.stopped.contains(&client) {
            return;
        }
        if makes("pong-is-no-sign-of-life") && is_pong(bytes) {
            return;
        }
        if makes("report-as-json") && bytes.starts_with(b"GET /metrics ") {
            let report =
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"messages\": 7}\n";
            links.fill(&[client], |out| out.extend(report));
            return links.close(client);
        }
        if makes("page-or-nothing") && bytes.starts_with(b"GET /health ") {
            bytes[5..].reverse();
        }
        self.host.received(client, bytes, &mut through(links, &mut self.slips));
    }

    fn left(&mut self, client: ClientId, why: io::Result<()>, links: &mut Links) {
        let slips = &mut self.slips;
        slips.here.remove(&client);
        slips.asking.remove(&client);
        slips.open.remove(&client);
        slips.waiting.remove(&client);
        slips.pinged.remove(&client);
        slips.stopped.remove(&client);
        self.host.left(client, why, &mut through(links, slips));
    }
}

impl<H: for<'a> Lively<Through<'a>, Mail = Letter>> Lively<Links> for Slipping<H> {
    type Mail = Letter;

    fn mail(&mut self, letter: Letter, links: &mut Links) {
        if makes("cut-off-on-term") {
            self.slips.here.iter().for_each(|&client| links.close(client));
            return links.stop();
        }
        if makes("goodbye-and-welcome") {
            let open: Vec<ClientId> = self.slips.open.keys().copied().collect();
            links.fill(&open, |out| out.extend(GOING_AWAY));
            self.slips.last = Some(self.slips.here.clone());
            return;
        }
        self.slips.stopping = true;
        self.host.mail(letter, &mut through(links, &mut self.slips));
        self.slips.stopping = false;
    }

    fn tick(&mut self, links: &mut Links) -> Option<Instant> {
        let due = self.host.tick(&mut through(links, &mut self.slips));
        let slips = &mut self.slips;
        if slips.last.as_ref().is_some_and(|last| last.is_disjoint(&slips.here)) {
            links.stop();
        }
        let slipped = [
            slips.cut_off(links),
            slips.ping(links),
            slips.hand_on(links),
            slips.stop_for_good(links),
        ];
        slipped.into_iter().flatten().chain(due).min()
    }
}

impl Slips {
    /// Cuts off those who ask, and have sent nothing for so long.
    fn cut_off(&mut self, links: &mut Links) -> Option<Instant> {
        if !makes("time-for-each-byte") {
            return None;
        }
        let due = |last: &Instant| *last + self.handshake;
        let is_due = |(_, last): &(&ClientId, &Instant)| due(last) <= links.now();
        let late: Vec<ClientId> =
            self.asking.iter().filter(is_due).map(|(&client, _)| client).collect();
        for client in late {
            self.asking.remove(&client);
            links.close(client);
        }
        self.asking.values().map(due).min()
    }

    /// Pings those who are silent, in its own way, and looks at no answer, or at pongs alone.
    fn ping(&mut self, links: &mut Links) -> Option<Instant> {
        let ping = match () {
            _ if makes("text-for-a-ping") => PING_AS_TEXT,
            _ if makes("pongs-not-missed") || makes("only-pongs-count") => PING,
            _ => return None,
        };
        let now = links.now();
        for (&client, last) in &mut self.open {
            if *last + self.ping_after <= now {
                match makes("only-pongs-count") && !self.pinged.insert(client) {
                    true => links.close(client),
                    false => links.fill(&[client], |out| out.extend(ping)),
                }
                *last = now;
            }
        }
        self.open.values().map(|last| *last + self.ping_after).min()
    }

    /// Remembers who is not read from: after a turn in which nothing came from it, more waits for it than may.
    fn stop_for_good(&mut self, links: &Links) -> Option<Instant> {
        let heard = mem::take(&mut self.heard);
        if !makes("reading-not-taken-up") {
            return None;
        }
        let much: Vec<ClientId> =
            self.here.iter().copied().filter(|&client| links.waiting(client) > self.much).collect();
        let (in_doubt, stopped): (Vec<_>, Vec<_>) =
            much.into_iter().partition(|client| heard.contains(client));
        self.stopped.extend(stopped);
        // The next turn tells.
        (!in_doubt.is_empty()).then(|| links.now())
    }

    /// Hands on what waits, as far as there is room.
    fn hand_on(&mut self, links: &mut Links) -> Option<Instant> {
        self.waiting.retain(|_, bytes| !bytes.is_empty());
        for (&client, bytes) in &mut self.waiting {
            if links.waiting(client) < LITTLE {
                let some = bytes.drain(..bytes.len().min(LITTLE));
                links.fill(&[client], |out| out.extend(some));
            }
        }
        (!self.waiting.is_empty()).then(|| links.now() + LOOK)
    }
}

/// Whether this is one pong, and nothing else.
fn is_pong(bytes: &[u8]) -> bool {
    matches!(bytes, [0x8a, length @ 0x80..=0xff, ..] if bytes.len() == usize::from(length & 0x7f) + 6)
}
