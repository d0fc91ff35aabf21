//! Mistakes with TLS, chapter 17: the course's own adapter, with something wrong on one of its two sides. Nobody gets the
//! cryptography wrong, since libraries do it: what goes wrong is when bytes are read, and how things end.

use std::collections::{HashMap, HashSet};
use std::io;
use std::net::TcpListener;
use std::process::{self, ExitCode};
use std::thread;
use std::time::Instant;

use ch01_listen::LastLines;
use ch06_select::{ClientId, Service, Sink};
use ch07_room::{App, Echo, Room};
use ch15_pressure::{Letter, Lively, Patient, log_to_terminal, on_stop};
use ch16_speed::{EventLoop, Lines, accept, host};
use ch17_secret::{Certificate, Rules, Secure, Settings, config};
use clap::Parser;

use super::altered::{Alter, Altered};
use super::{FOR_EVER, makes};

/// The content type of what is encrypted, and how long a record with close_notify is in TLS 1.3.
const APPLICATION_DATA: u8 = 23;
const CLOSE_NOTIFY: usize = 24;
/// The beginning of a ServerHello of TLS 1.0.
const SERVER_HELLO: &[u8] = b"\x16\x03\x01\x00\x04\x02\x00\x00\x00";
/// How much somebody reads who reads once.
const ONE_READ: usize = 1024;

/// Serves with the mistake, or with none.
pub fn serve(is_echo: bool, listener: TcpListener) -> ExitCode {
    let _last_lines = LastLines;
    match run(is_echo, listener) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(is_echo: bool, listener: TcpListener) -> io::Result<()> {
    // From the environment alone: the arguments are the zoo's.
    let settings = Settings::parse_from(["zoo"]);
    // Before any thread is started: signals are held back from all of them.
    let rules = rules(&settings).map_err(io::Error::other)?;
    log_to_terminal();
    let event_loop = EventLoop::new(settings.speed.pressure.patience)?;
    let (mailbox, door) = (event_loop.mailbox(), event_loop.door());
    on_stop(move || drop(mailbox.send(Letter::Stop)))?;
    thread::spawn(move || accept(&listener.into(), &[door]));
    let app: Box<dyn App> = if is_echo { Box::new(Echo) } else { Box::new(Room::default()) };
    let host = host(&settings.speed.pressure, app, Default::default());
    match rules {
        None => event_loop.run(host),
        Some(rules) => {
            let inside = Inside { host, unread: HashMap::new() };
            let (handshaking, waiting) = (None, HashMap::new());
            let secure = Secure::new(inside, rules);
            event_loop.run(Outside { secure, handshaking, done: HashSet::new(), waiting })
        }
    }
}

/// What is asked of clients; nothing without a certificate.
fn rules(settings: &Settings) -> Result<Option<Rules>, String> {
    let files = std::env::var_os("CERTIFICATE").zip(std::env::var_os("KEY"));
    let Some((certificate, key)) = files.filter(|_| !makes("certificate-unread")) else {
        return Ok(None);
    };
    let never_again = || {
        config(Certificate::open(certificate.as_ref(), key.as_ref())?).map(|tls| Rules {
            tls,
            plain: false,
            patience: settings.speed.pressure.limits.handshake_timeout,
            unfinished: 1000,
        })
    };
    if makes("ends-with-hup") {
        return never_again().map(Some);
    }
    let (_, rules) = settings.prepare()?;
    match rules {
        Some(rules) if makes("plain-let-in") => Ok(Some(Rules { plain: true, ..rules })),
        Some(rules) if makes("tls-without-a-deadline") => {
            Ok(Some(Rules { patience: FOR_EVER, ..rules }))
        }
        Some(_) if makes("certificate-read-once") => never_again().map(Some),
        rules => Ok(rules),
    }
}

/// Between the loop and TLS.
struct Outside<S> {
    secure: S,
    /// The one that everybody waits for, and those that are through.
    handshaking: Option<ClientId>,
    done: HashSet<ClientId>,
    /// What the others have sent meanwhile.
    waiting: HashMap<ClientId, Vec<u8>>,
}

impl<I: for<'a> Service<Quiet<'a>>> Outside<I> {
    /// Whether these bytes have to wait for another client's handshake.
    fn waits(&mut self, client: ClientId, bytes: &[u8]) -> bool {
        if self.done.contains(&client) || *self.handshaking.get_or_insert(client) == client {
            return false;
        }
        self.waiting.entry(client).or_default().extend_from_slice(bytes);
        true
    }

    /// A client's handshake is done, or it has left: the next one has its turn.
    fn next(&mut self, client: ClientId, sink: &mut Lines) {
        self.done.insert(client);
        if self.handshaking.take_if(|first| *first == client).is_none() {
            return;
        }
        if let Some(next) = self.waiting.keys().min().copied()
            && let Some(mut bytes) = self.waiting.remove(&next)
        {
            self.received(next, &mut bytes, sink);
        }
    }
}

impl<I: for<'a> Service<Quiet<'a>>> Service<Lines> for Outside<I> {
    fn connected(&mut self, client: ClientId, sink: &mut Lines) {
        if makes("handshake-in-accept") {
            self.handshaking.get_or_insert(client);
        }
        self.secure.connected(client, &mut quiet(sink));
    }

    fn received(&mut self, client: ClientId, bytes: &mut [u8], sink: &mut Lines) {
        if makes("handshake-in-accept") && self.waits(client, bytes) {
            return;
        }
        if makes("old-versions-taken") && matches!(bytes.get(9..11), Some([3, 1 | 2])) {
            return sink.fill(&[client], |out| out.extend(SERVER_HELLO));
        }
        let is_done = bytes[0] == APPLICATION_DATA;
        self.secure.received(client, bytes, &mut quiet(sink));
        if is_done {
            self.next(client, sink);
        }
    }

    fn left(&mut self, client: ClientId, why: io::Result<()>, sink: &mut Lines) {
        self.secure.left(client, why, &mut quiet(sink));
        self.next(client, sink);
    }
}

impl<I: for<'a> Lively<Quiet<'a>, Mail = Letter>> Lively<Lines> for Outside<I> {
    type Mail = Letter;

    fn mail(&mut self, mail: Letter, sink: &mut Lines) {
        self.secure.mail(mail, &mut quiet(sink));
    }

    fn tick(&mut self, sink: &mut Lines) -> Option<Instant> {
        let due = self.secure.tick(&mut quiet(sink));
        // Handshakes that are left over are due at once.
        due.filter(|due| !makes("steps-left-over") || *due > sink.now())
    }
}

/// The loop's sink, which may lose the last word of TLS.
type Quiet<'a> = Altered<'a, Lines, LastWord>;

struct LastWord;

impl Alter<Lines> for LastWord {
    fn fill(&mut self, sink: &mut Lines, to: &[ClientId], write: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = Vec::new();
        write(&mut bytes);
        let is_last = bytes.len() == CLOSE_NOTIFY && bytes[0] == APPLICATION_DATA;
        if !(is_last && makes("no-close-notify")) {
            sink.fill(to, |out| out.append(&mut bytes));
        }
    }
}

fn quiet(sink: &mut Lines) -> Quiet<'_> {
    Altered { sink, mistake: LastWord }
}

/// Between TLS and the host.
struct Inside<H> {
    host: H,
    /// What the library has decrypted, and nobody has read.
    unread: HashMap<ClientId, Vec<u8>>,
}

impl<H> Inside<H> {
    /// Asks the host something. `is_early`: the client has no keys yet.
    fn ask<S: Patient, R>(
        &mut self,
        is_early: bool,
        sink: &mut S,
        ask: impl FnOnce(&mut H, &mut Mixed<'_, S>) -> R,
    ) -> R {
        let is_lost = is_early && makes("early-words-lost");
        let mut mixed = Altered { sink, mistake: Mix { is_lost, ..Mix::default() } };
        let answer = ask(&mut self.host, &mut mixed);
        mixed.mistake.pass_on(mixed.sink);
        answer
    }
}

impl<S: Patient, H: for<'a> Service<Mixed<'a, S>>> Service<S> for Inside<H> {
    fn connected(&mut self, client: ClientId, sink: &mut S) {
        self.ask(true, sink, |host, mixed| host.connected(client, mixed));
    }

    fn received(&mut self, client: ClientId, bytes: &mut [u8], sink: &mut S) {
        if !makes("one-read-for-each-event") {
            return self.ask(false, sink, |host, mixed| host.received(client, bytes, mixed));
        }
        let unread = self.unread.entry(client).or_default();
        unread.extend_from_slice(bytes);
        let mut read: Vec<u8> = unread.drain(..unread.len().min(ONE_READ)).collect();
        self.ask(false, sink, |host, mixed| host.received(client, &mut read, mixed));
    }

    fn left(&mut self, client: ClientId, why: io::Result<()>, sink: &mut S) {
        let is_cut = |error: &io::Error| error.to_string().contains("close_notify");
        if makes("ends-with-a-cut") && why.as_ref().is_err_and(is_cut) {
            process::exit(1);
        }
        self.ask(false, sink, |host, mixed| host.left(client, why, mixed));
    }
}

impl<S: Patient, H: for<'a> Lively<Mixed<'a, S>, Mail = Letter>> Lively<S> for Inside<H> {
    type Mail = Letter;

    fn mail(&mut self, mail: Letter, sink: &mut S) {
        self.ask(false, sink, |host, mixed| host.mail(mail, mixed));
    }

    fn tick(&mut self, sink: &mut S) -> Option<Instant> {
        self.ask(false, sink, |host, mixed| host.tick(mixed))
    }
}

/// The host's sink, which may lose what is said early, or put what is for some behind what was for others.
type Mixed<'a, S> = Altered<'a, S, Mix>;

#[derive(Default)]
struct Mix {
    is_lost: bool,
    said: Vec<u8>,
    to: Vec<ClientId>,
}

impl Mix {
    /// What has been collected goes to those to whom its beginning was said.
    fn pass_on<S: Sink>(&mut self, sink: &mut S) {
        if !self.to.is_empty() {
            sink.fill(&self.to, |out| out.append(&mut self.said));
            self.to.clear();
        }
    }
}

impl<S: Patient> Alter<S> for Mix {
    fn fill(&mut self, sink: &mut S, to: &[ClientId], write: impl FnOnce(&mut Vec<u8>)) {
        if self.is_lost {
            return;
        }
        if !makes("recipients-not-compared") {
            return sink.fill(to, write);
        }
        if self.to.is_empty() {
            self.to.extend_from_slice(to);
        }
        write(&mut self.said);
    }

    fn close(&mut self, sink: &mut S, client: ClientId) {
        self.pass_on(sink);
        sink.close(client);
    }
}
