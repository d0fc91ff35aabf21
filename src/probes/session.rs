//! A server, and the clients that a script lets visit it.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ch00_wire::{Fault, Frame, Kind, Recorder, Unit, masked_frame, request, rfc_key_line};
use stage::{Client, ENDING, Server, Trouble};

use super::findings;
use super::missed::{Failure, Missed, Wanted, beginning, described, status};
use super::pair::Broker;
use super::promises::Sight;
use super::secret::{Certificate, Tunnel};
use super::system::{self, Ends};

/// What cannot be seen where the server's terminal is not ours to read.
const NO_TERMINAL: &str = "its terminal cannot be seen";
/// What is said of the end of a server that is not ours to end.
const NOT_OURS: &str = "it runs already: whoever started it has to end it";
/// And why it cannot be made to stand still.
const NO_STOP: &str = "this system has no STOP that makes a program stand still";
const NO_TERM: &str = "this system has no TERM that asks a program to end";
/// How long a whole script may take, as a multiple of the patience with one answer.
const WHOLE: u32 = 12;
/// How long a server may take until where it listens is where it will listen.
const SETTLED: Duration = Duration::from_secs(3);
/// How long a program is looked at, to see whether it is at work at this moment.
const MOMENT: Duration = Duration::from_millis(200);
/// How long a server may be at work for one answer, when patience is over, in the processor's time: on a busy machine it may
/// wait long for its turns.
const WORK: Duration = Duration::from_secs(1);
/// And how much it may print over it, in bytes.
const PRINTED: usize = 1024 * 1024;
/// How long to wait for a message that may not come, before another one is said.
const SOON: Duration = Duration::from_millis(250);
/// How long to listen where the system does not say what a server has read: at least, and as a multiple of what
/// its last answer took.
const LISTEN: Duration = Duration::from_millis(250);
const ANSWERS: u32 = 20;

/// One play of a script: a server, and what it takes to talk to it.
pub struct Session<'a> {
    address: SocketAddr,
    server: Option<&'a Server>,
    /// The certificate that the server was given.
    certificate: Option<&'a Certificate>,
    recorder: Recorder,
    patience: Duration,
    /// How long the server may take until it listens.
    starting: Duration,
    /// When the whole script has to be over.
    end: Instant,
    reached: AtomicBool,
    /// How long the server took for its slowest answer, in microseconds.
    answer: AtomicU64,
    /// Whether the system has told what the server has read.
    system_tells: AtomicBool,
    /// The other server, and the broker of both.
    pair: Option<(&'a Session<'a>, &'a Broker)>,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        address: SocketAddr,
        server: Option<&'a Server>,
        recorder: Recorder,
        patience: Duration,
        starting: Duration,
    ) -> Self {
        Session {
            address,
            server,
            certificate: None,
            recorder,
            patience,
            starting,
            end: Instant::now() + starting + patience * WHOLE,
            reached: AtomicBool::new(false),
            answer: AtomicU64::new(0),
            system_tells: AtomicBool::new(false),
            pair: None,
        }
    }

    /// The same, with a server that was given this certificate.
    pub(super) fn with(self, certificate: Option<&'a Certificate>) -> Self {
        Session { certificate, ..self }
    }

    /// The same server, whose clients come through a tunnel.
    pub(super) fn through(&self, tunnel: &Tunnel) -> Session<'a> {
        Session { address: tunnel.address(), ..self.anew(self.recorder.clone(), true) }
    }

    /// The same server, of which nothing is known yet but whether it listens.
    fn anew(&self, recorder: Recorder, reached: bool) -> Session<'a> {
        Session {
            recorder,
            reached: AtomicBool::new(reached),
            answer: AtomicU64::new(0),
            system_tells: AtomicBool::new(false),
            ..*self
        }
    }

    /// Waits until the server listens, and shows nobody the client that has found that out.
    pub(super) fn is_reached(&self) -> Result<(), Failure> {
        self.unrecorded().visitor()?.leave();
        self.reached.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// The same server, whose clients are too many to be shown, or say nothing.
    pub(super) fn unrecorded(&self) -> Session<'a> {
        self.anew(Recorder::new(), self.was_reached())
    }

    /// The certificate that the server was given.
    pub(super) fn certificate(&self) -> Option<&'a Certificate> {
        self.certificate
    }

    /// The same, beside another server on the same broker.
    pub(super) fn beside(self, other: &'a Session<'a>, broker: &'a Broker) -> Self {
        Session { pair: Some((other, broker)), ..self }
    }

    /// The other server, and the broker of both.
    pub(super) fn pair(&self) -> Result<(&Session<'a>, &Broker), Failure> {
        self.pair.ok_or(Failure::Unseen("there is no broker"))
    }

    /// A client that has connected.
    pub(super) fn visitor(&self) -> Result<Visitor<'_>, Failure> {
        self.visitor_from(None)
    }

    /// The same, from this address of the machine.
    pub(super) fn visitor_from(&self, from: Option<IpAddr>) -> Result<Visitor<'_>, Failure> {
        let start = Instant::now();
        loop {
            match Client::connect_from(from, self.address, &self.recorder, self.patience) {
                Err(Trouble::Refused(_)) if self.may_still_listen(start.elapsed()) => {
                    // There is no event for "it listens now": asking again is the only way.
                    thread::sleep(Duration::from_millis(10));
                }
                Ok(client) => {
                    self.reached.store(true, Ordering::Relaxed);
                    let visitor = Visitor { session: self, client: client.until(self.end) };
                    let tells = visitor.both_ends().and_then(system::has_read).is_some();
                    self.system_tells.fetch_or(tells, Ordering::Relaxed);
                    return Ok(visitor);
                }
                Err(trouble) => return Err(self.trouble("the connection to be taken", trouble)),
            }
        }
    }

    /// A client whose opening handshake has succeeded.
    pub(super) fn member(&self) -> Result<Visitor<'_>, Failure> {
        self.handshake(&request(&rfc_key_line())).map(|(visitor, _)| visitor)
    }

    /// A client whose request has been answered with 101, and that head.
    pub(super) fn handshake(&self, request: &[u8]) -> Result<(Visitor<'_>, Unit), Failure> {
        let mut visitor = self.visitor()?;
        visitor.send(request)?;
        let head = visitor.head(101)?;
        Ok((visitor, head))
    }

    /// Sends bytes that are no opening handshake, and sees them refused, and the connection closed.
    pub(super) fn refuses(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut visitor = self.visitor()?;
        visitor.send(bytes)?;
        visitor.is_refused()
    }

    /// The same, as one step of several.
    pub(super) fn refuses_at(&self, step: &'static str, bytes: &[u8]) -> Result<(), Failure> {
        self.refuses(bytes).map_err(|failure| failure.step(step))
    }

    /// Sees that a request, which was sent, is a good one to the server: answered with 101, or with silence. A server that
    /// keeps silent shows that it is still there by what it says to the next one.
    pub(super) fn takes(&self, mut visitor: Visitor<'_>) -> Result<(), Failure> {
        const WANTED: &str = "a 101, or silence: the request is a good one";
        let answer = visitor.what_comes();
        let sight = match &answer {
            Some(unit) if unit.kind != Kind::ResponseHead => Some(Sight::Other),
            Some(unit) if status(unit) != Some("101") => Some(Sight::Status),
            Some(_) => return Ok(()),
            None => None,
        };
        if let (Some(sight), Some(unit)) = (sight, &answer) {
            return Err(self.missed(Failure::wrong(WANTED, sight, unit)));
        }
        drop(visitor);
        // Whoever refuses nothing says nothing by its silence.
        self.refuses(b"hello\r\n\r\n").map_err(|failure| failure.unless("refuses-no-request"))
    }

    /// Asks the server's program to end, by TERM.
    pub(super) fn ask_to_end(&self) -> Result<(), Failure> {
        let server = self.server.ok_or(Failure::Unseen(NOT_OURS))?;
        match server.ask_to_end() {
            true => Ok(()),
            false if cfg!(unix) => Err(self.missed(Failure::missed(
                "the program to run until it is asked to end",
                Sight::Ended,
                "it is gone",
            ))),
            false => Err(Failure::Unseen(NO_TERM)),
        }
    }

    /// Does something while the server's program stands still: it finds all of it at once when it goes on.
    pub(super) fn while_it_stands_still<T>(&self, act: impl FnOnce() -> T) -> Result<T, Failure> {
        let server = self.server.ok_or(Failure::Unseen(NOT_OURS))?;
        match server.while_it_stands_still(act) {
            Some(done) => Ok(done),
            None if cfg!(unix) => {
                Err(self.missed(Failure::missed("the program to run", Sight::Ended, "it is gone")))
            }
            None => Err(Failure::Unseen(NO_STOP)),
        }
    }

    /// Tells the server's program to read its files again, by HUP.
    pub(super) fn hang_up(&self) -> Result<(), Failure> {
        let server = self.server.ok_or(Failure::Unseen(NOT_OURS))?;
        match server.hang_up() {
            true => Ok(()),
            false => Err(self.missed(Failure::missed(
                "the program to go on after HUP",
                Sight::Ended,
                "it is gone",
            ))),
        }
    }

    /// Sees the program end, which was asked to, and say by its exit code that all went well.
    pub(super) fn ends_well(&self) -> Result<(), Failure> {
        const WANTED: &str = "the program to end, with exit code 0";
        let server = self.server.ok_or(Failure::Unseen(NOT_OURS))?;
        let start = self.done_so_far();
        while !server.wait_for_end(self.patience) && self.is_at_work(start) {}
        match server.exit() {
            Some(exit) if exit.status.success() => Ok(()),
            Some(exit) => {
                Err(Failure::missed(WANTED, Sight::Ended, format!("it has ended with {exit}")))
            }
            None => Err(Failure::missed(WANTED, Sight::Open, "it runs on")),
        }
    }

    /// Whether the server's program has ended by itself.
    fn has_ended(&self) -> bool {
        self.server.is_some_and(Server::has_ended)
    }

    /// Where the server listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether the time of the whole script is over.
    pub(super) fn is_over(&self) -> bool {
        Instant::now() > self.end
    }

    /// How long to wait for something that has to come.
    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    /// Whether a server that has not been reached for so long still may be. One that listens elsewhere, and has nothing
    /// more to do, will not.
    fn may_still_listen(&self, waited: Duration) -> bool {
        let Some(server) = self.server else { return false };
        let is_starting = !self.was_reached() && !server.has_ended() && waited < self.starting;
        let is_settled = || waited > SETTLED && self.rests_now() == Some(true);
        is_starting && !(is_settled() && server.is_elsewhere())
    }

    /// Whether a client has connected.
    pub(super) fn was_reached(&self) -> bool {
        self.reached.load(Ordering::Relaxed)
    }

    /// How many lines the terminal shows.
    pub(super) fn lines(&self) -> Result<usize, Failure> {
        self.server.map(Server::line_count).ok_or(Failure::Unseen(NO_TERMINAL))
    }

    /// The lines after the first `before`.
    pub(super) fn lines_from(&self, before: usize) -> Vec<String> {
        self.server.map(|server| server.lines_from(before)).unwrap_or_default()
    }

    /// Sees the terminal show a text, in some line after the first `before`.
    pub(super) fn shows(&self, before: usize, text: &str) -> Result<(), Failure> {
        if self.server.is_none() {
            return Err(Failure::Unseen(NO_TERMINAL));
        }
        match self.is_shown(before, text) {
            true => Ok(()),
            false => Err(self.missed(self.not_shown(before, text))),
        }
    }

    fn not_shown(&self, before: usize, text: &str) -> Failure {
        let lines = self.lines_from(before);
        let (sight, came) = match lines.as_slice() {
            [] => (Sight::Unprinted, "it shows nothing new".to_owned()),
            [.., last] => (Sight::Misprinted, format!("its last line is: {}", beginning(last))),
        };
        let mut failure = Failure::missed(Wanted::Printed(text.to_owned()), sight, came);
        failure.change(|missed| missed.printed = lines);
        failure
    }

    /// Whether the terminal shows a text in time, in some line after the first `before`.
    fn is_shown(&self, before: usize, text: &str) -> bool {
        let wanted = |line: &str| line.contains(text);
        let Some(server) = self.server else { return false };
        let start = self.done_so_far();
        loop {
            if server.wait_for(before, self.patience, wanted).is_some() {
                return true;
            }
            if !self.is_at_work(start) {
                return server.wait_for(before, Duration::ZERO, wanted).is_some();
            }
        }
    }

    /// What the server's program has done so far: in the processor's time, as far as the system tells, and in bytes
    /// that it has printed.
    fn done_so_far(&self) -> (Duration, usize) {
        self.server
            .map(|server| (system::work_so_far(server.id()), server.printed()))
            .unwrap_or_default()
    }

    /// Whether the server's program is at work at this moment, as far as the system tells, and may still be: `start` is what
    /// it had done when its work began.
    fn is_at_work(&self, start: (Duration, usize)) -> bool {
        let (work, printed) = self.done_so_far();
        Instant::now() < self.end
            && work < start.0 + WORK
            && printed < start.1 + PRINTED
            && self.rests_now() == Some(false)
    }

    /// Whether the program has nothing to do at this moment, if the system tells.
    fn rests_now(&self) -> Option<bool> {
        self.rests_within(MOMENT, WORK)
    }

    /// Waits until the program has nothing more to do, if the system tells.
    pub(super) fn wait_until_rest(&self) -> Option<bool> {
        self.rests_within(self.patience, Duration::MAX)
    }

    fn rests_within(&self, patience: Duration, work: Duration) -> Option<bool> {
        let server = self.server?;
        // Whoever prints is at work, also while what it has printed waits to be read.
        let printed = || (!server.is_unread()).then(|| server.printed());
        system::wait_until_rest(server.id(), printed, patience, work)
    }

    /// Sees the program come to rest, and not to its end. On a busy machine, one that only waits for its turns looks as if it
    /// were at work: so what counts is how much it has worked.
    pub(super) fn rests(&self, wanted: &str) -> Result<(), Failure> {
        let (sight, came) = match self.rests_within(self.patience * WHOLE, 2 * WORK) {
            Some(true) if self.has_ended() => (Sight::Ended, "its program is gone"),
            Some(true) => return Ok(()),
            Some(false) => (Sight::Busy, "it is at work without a pause"),
            None => return Err(Failure::Unseen("what its program does cannot be seen")),
        };
        Err(self.missed(Failure::missed(wanted, sight, came)))
    }

    /// How much memory the program takes at this moment, in bytes, if the system tells.
    pub(super) fn memory(&self) -> Option<u64> {
        system::memory(self.server?.id())
    }

    /// How long to listen where the system does not tell what a server does.
    pub(super) fn listening(&self) -> Duration {
        let answer = Duration::from_micros(self.answer.load(Ordering::Relaxed));
        LISTEN.max(answer * ANSWERS).min(self.patience)
    }

    /// A failure, and with it whether the program has ended over it. All clients are still there: that they leave
    /// is not what ended it.
    pub(super) fn missed(&self, mut failure: Failure) -> Failure {
        let end =
            self.server.filter(|server| server.wait_for_end(ENDING)).map(|server| {
                match server.exit() {
                    Some(exit) => exit.to_string(),
                    None => "no word".to_owned(),
                }
            });
        failure.change(|missed| missed.end = end);
        failure
    }

    fn trouble(&self, wanted: impl Into<Wanted>, trouble: Trouble) -> Failure {
        self.missed(Failure::trouble(wanted.into(), trouble))
    }
}

/// A client of a script.
pub(super) struct Visitor<'s> {
    session: &'s Session<'s>,
    client: Client,
}

impl Visitor<'_> {
    /// Sends bytes in one piece.
    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.try_to_send(bytes)
            .map_err(|trouble| self.session.trouble("the bytes to be taken", trouble))
    }

    /// The same, where a server may have enough before it has all.
    pub(super) fn try_to_send(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        self.client.send(bytes)
    }

    /// Sends bytes, and waits until the server's program has read them: what comes next comes in another read.
    pub(super) fn send_alone(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.send(bytes)?;
        if self.was_read().is_none() {
            // This system does not say. A server that is faster than twenty of its answers has read by then.
            thread::sleep(self.session.listening());
        }
        Ok(())
    }

    /// Waits until the server's program has read all that was sent. `None`: the system does not say.
    pub(super) fn was_read(&self) -> Option<bool> {
        let was_read = system::wait_until_read(self.both_ends()?, self.session.patience);
        // Where it has told before, the server's end is gone, and nothing more is read from it.
        was_read.or_else(|| self.session.system_tells.load(Ordering::Relaxed).then_some(true))
    }

    /// The two ends of its connection, if it has them still.
    fn both_ends(&self) -> Option<Ends> {
        let (client, server) = self.client.addresses()?;
        Some(Ends { client, server })
    }

    /// Sends bytes in pieces, cut before each of these offsets, each in a read of its own.
    pub(super) fn send_cut(&mut self, bytes: &[u8], cuts: &[usize]) -> Result<(), Failure> {
        let mut sent = 0;
        for &cut in cuts {
            self.send_alone(&bytes[sent..cut])?;
            self.is_not_answered()?;
            sent = cut;
        }
        self.send(&bytes[sent..])
    }

    /// Sees that nothing has come by now: only a part was sent.
    fn is_not_answered(&mut self) -> Result<(), Failure> {
        let Err(Trouble::Unexpected(unit)) = self.client.quiet(Duration::from_millis(1)) else {
            return Ok(());
        };
        let sight = match status(&unit) {
            Some("101") => Sight::Granted,
            Some(_) => Sight::Status,
            None => Sight::Extra,
        };
        let wanted = "no answer before all has come: this was a part, in a read of its own";
        Err(self.missed(Failure::wrong(wanted, sight, &unit)))
    }

    /// Sees that nothing comes while the server has nothing to answer: it has read all that was sent, and rests.
    pub(super) fn hears_nothing(&mut self, wanted: &str) -> Result<(), Failure> {
        match self.listen() {
            Ok(()) => Ok(()),
            Err(Trouble::Unexpected(unit)) if is_aside(&unit) => Ok(()),
            Err(Trouble::Unexpected(unit)) => {
                Err(self.session.missed(Failure::wrong(wanted, Sight::Extra, &unit)))
            }
            Err(trouble) => Err(self.session.trouble(wanted, trouble)),
        }
    }

    /// What has come when the server has read all that was sent, and rests.
    pub(super) fn what_comes(&mut self) -> Option<Unit> {
        match self.listen() {
            Err(Trouble::Unexpected(unit)) => Some(*unit),
            _ => None,
        }
    }

    /// Listens until the server has read all that was sent, and rests; where the system does not tell, for a while.
    fn listen(&mut self) -> Result<(), Trouble> {
        let rests = self.was_read().and_then(|_| self.session.wait_until_rest());
        self.client.quiet(match rests {
            Some(_) => Duration::from_millis(1),
            None => self.session.listening(),
        })
    }

    /// Waits for the next whole unit. A ping or a pong is no answer to anything.
    pub(super) fn unit(&mut self, wanted: impl Into<Wanted>) -> Result<Unit, Failure> {
        let wanted = wanted.into();
        loop {
            match self.next() {
                Ok(unit) if is_aside(&unit) => {}
                Ok(unit) => return Ok(unit),
                Err(trouble) => return Err(self.session.trouble(wanted, trouble)),
            }
        }
    }

    /// Hears something. A server that is at work when patience ends is given some more.
    fn patiently<T>(&mut self, hear: fn(&mut Client) -> Result<T, Trouble>) -> Result<T, Trouble> {
        let start = self.session.done_so_far();
        loop {
            match hear(&mut self.client) {
                Err(Trouble::Silent(..)) if self.session.is_at_work(start) => {}
                heard => return heard,
            }
        }
    }

    /// The next unit, and what the server took for it.
    fn next(&mut self) -> Result<Unit, Trouble> {
        let start = Instant::now();
        let heard = self.patiently(Client::unit);
        if heard.is_ok() {
            let took = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
            self.session.answer.fetch_max(took, Ordering::Relaxed);
        }
        heard
    }

    /// Waits for a response head with this status, and without a fault.
    pub(super) fn head(&mut self, wanted: u16) -> Result<Unit, Failure> {
        let head = self.unit(Wanted::Head(wanted))?;
        match fault_of_form(&head) {
            _ if status(&head) != Some(&wanted.to_string()) => {
                Err(self.missed(Failure::wrong(Wanted::Head(wanted), Sight::Status, &head)))
            }
            Some(fault) => Err(self.faulty(&head, fault)),
            None => Ok(head),
        }
    }

    /// A head that has a fault in its form.
    fn faulty(&self, head: &Unit, fault: &Fault) -> Failure {
        self.missed(Failure::wrong("a head without a fault", Sight::Field, head).with(&fault.why))
    }

    /// Sees the request refused, and the connection closed.
    pub(super) fn is_refused(&mut self) -> Result<(), Failure> {
        self.refusal().map(drop)
    }

    /// The same, and the head that refuses it.
    pub(super) fn refusal(&mut self) -> Result<Unit, Failure> {
        let head = self.unit(Wanted::Refusal)?;
        match status(&head) {
            Some("101") => Err(self.missed(Failure::wrong(Wanted::Refusal, Sight::Granted, &head))),
            Some(code) if code.len() == 3 && code.starts_with(['4', '5']) => {
                match fault_of_form(&head) {
                    Some(fault) => Err(self.faulty(&head, fault)),
                    None => {
                        self.ends("the connection to be closed after the refusal").map(|_| head)
                    }
                }
            }
            _ => Err(self.missed(Failure::wrong(Wanted::Refusal, Sight::Status, &head))),
        }
    }

    /// Sees a head with an error status in this.
    pub(super) fn is_refusal(&self, unit: &Unit, wanted: &str) -> Result<(), Failure> {
        let sight = match status(unit) {
            Some("101") => Sight::Granted,
            Some(code) if code.len() == 3 && code.starts_with(['4', '5']) => return Ok(()),
            Some(_) => Sight::Status,
            None => Sight::Other,
        };
        Err(self.missed(Failure::wrong(wanted, sight, unit)))
    }

    /// Sends a byte again and again, until the server refuses what they make or ends the connection over it. The
    /// longest time between two of them.
    pub(super) fn drips(
        &mut self,
        byte: u8,
        pace: Duration,
        wanted: &str,
    ) -> Result<Duration, Failure> {
        let (start, work) = (Instant::now(), self.session.done_so_far());
        let (mut last, mut longest) = (start, Duration::ZERO);
        loop {
            let heard = self.client.quiet(pace);
            longest = longest.max(last.elapsed());
            match heard {
                Ok(()) => {}
                Err(Trouble::Unexpected(unit)) => {
                    self.is_refusal(&unit, wanted)?;
                    return self.ends(wanted).map(|_| longest);
                }
                Err(Trouble::Ended(..)) => return Ok(longest),
                Err(trouble) => return Err(self.session.trouble(wanted, trouble)),
            }
            last = Instant::now();
            if self.try_to_send(&[byte]).is_err() {
                return Ok(longest);
            }
            if start.elapsed() > self.session.patience && !self.session.is_at_work(work) {
                let came = "it stays open, and takes byte after byte";
                return Err(self.missed(Failure::missed(wanted, Sight::Open, came)));
            }
        }
    }

    /// Waits until the server ends the connection, and hands back what it sent before that.
    pub(super) fn ends(&mut self, wanted: &str) -> Result<Vec<Unit>, Failure> {
        match self.patiently(Client::ended) {
            Ok((_, units)) => Ok(units),
            Err(Trouble::Silent(..)) => {
                let came = match self.what_has_come() {
                    (Some(unit), _) if unit.kind == Kind::Frame => {
                        format!("it stays open; {}", described(&unit))
                    }
                    _ => "it stays open".to_owned(),
                };
                Err(self.missed(Failure::missed(wanted, Sight::Open, came)))
            }
            Err(trouble) => Err(self.session.trouble(wanted, trouble)),
        }
    }

    /// Sees exactly these bytes come, as one unit.
    pub(super) fn brings(&mut self, wanted: Wanted) -> Result<(), Failure> {
        let unit = self.unit(wanted.clone())?;
        match wanted.bytes() {
            Some(bytes) if unit.bytes == bytes => Ok(()),
            _ => Err(self.missed(Failure::wrong(wanted, Sight::Other, &unit))),
        }
    }

    /// Waits for what follows a head: so many bytes, or what has come when the server hangs up. How many they are.
    pub(super) fn body(&mut self, length: Option<usize>) -> Result<usize, Failure> {
        let wanted = match length {
            Some(length) => format!("a page of {length} bytes, as Content-Length says"),
            None => "a page, and the end of the connection".to_owned(),
        };
        match self.client.body(length.unwrap_or(usize::MAX)) {
            Ok(count) => Ok(count),
            Err(trouble) => Err(self.session.trouble(wanted, trouble)),
        }
    }

    /// The same, as text.
    pub(super) fn text_of_body(&mut self, length: Option<usize>) -> Result<String, Failure> {
        self.body(length)?;
        let body = self.what_has_come().0.filter(|unit| unit.kind == Kind::Body);
        Ok(body.map(|unit| String::from_utf8_lossy(&unit.bytes).into_owned()).unwrap_or_default())
    }

    /// Sees that no 101 has come by now.
    pub(super) fn is_not_let_in(&mut self, wanted: &str) -> Result<(), Failure> {
        match self.what_has_come() {
            (Some(unit), _) if status(&unit) == Some("101") => {
                Err(self.missed(Failure::wrong(wanted, Sight::Granted, &unit)))
            }
            _ => Ok(()),
        }
    }

    /// A response head, if the next thing that comes is one, while the server answers what it has read.
    pub(super) fn next_head(&mut self) -> Option<Unit> {
        self.what_comes().filter(|unit| unit.bytes.starts_with(b"HTTP/"))
    }

    /// Says that nothing more will be sent, and goes on listening.
    pub(super) fn has_sent_all(&mut self) {
        self.client.finish_sending();
    }

    /// Leaves without a word, and with nothing unread: whoever leaves something unread leaves by a reset.
    pub(super) fn leave(mut self) {
        self.what_has_come();
        self.client.leave();
    }

    /// Leaves as a process does that is killed.
    pub(super) fn reset(self) {
        self.client.reset();
    }

    /// Sends a text message.
    pub(super) fn says(&mut self, text: &str) -> Result<(), Failure> {
        self.send(&masked_frame(1, text.as_bytes()))
    }

    /// Sends a text message, and sees the server's terminal show it, while the client waits.
    pub(super) fn is_printed(&mut self, text: &str) -> Result<(), Failure> {
        // What is still to be printed of the handshake is not about this message.
        self.session.wait_until_rest();
        let before = self.session.lines()?;
        self.says(text)?;
        self.shows(before, text)
    }

    /// Sees the terminal show a text, in some line after the first `before`, while the client that has said it
    /// waits.
    pub(super) fn shows(&mut self, before: usize, text: &str) -> Result<(), Failure> {
        let failure = match self.session.shows(before, text) {
            Ok(()) => return Ok(()),
            Err(failure @ Failure::Unseen(_)) => return Err(failure),
            Err(failure) => failure,
        };
        // What it has printed says more than what it has sent.
        let is_unprinted =
            matches!(&failure, Failure::Missed(missed) if missed.sight == Sight::Unprinted);
        Err(match self.what_has_come() {
            (_, true) => {
                let came = "it is not shown, and the server ended the connection";
                instead(failure, Sight::Closed, came)
            }
            (Some(unit), false) if is_unprinted && unit.text.as_deref() == Some(text) => {
                instead(failure, Sight::Answered, "it is sent back, and not printed")
            }
            (Some(unit), false) if is_unprinted && unit.kind == Kind::Frame => {
                let came = format!("it is not shown; {}", described(&unit));
                instead(failure, Sight::Misprinted, &came)
            }
            // It prints something else, without a pause.
            _ if self.session.rests_now() == Some(false) => failure,
            _ => {
                self.has_sent_all();
                match self.session.is_shown(before, text) {
                    true => instead(
                        failure,
                        Sight::Late,
                        "it came only when the client had said that it has no more",
                    ),
                    false => failure,
                }
            }
        })
    }

    /// The last unit that has come by now and is no aside, and whether the connection has ended. A reset takes with it what
    /// was not read yet: so the end says more than what came before it.
    fn what_has_come(&mut self) -> (Option<Unit>, bool) {
        let mut last = None;
        loop {
            match self.client.quiet(Duration::from_millis(1)) {
                Err(Trouble::Unexpected(unit)) if is_aside(&unit) => {}
                Err(Trouble::Unexpected(unit)) if unit.complete => last = Some(*unit),
                Err(Trouble::Unexpected(unit)) => return (Some(*unit), false),
                Err(Trouble::Ended(..)) => return (last, true),
                _ => return (last, false),
            }
        }
    }

    /// Sends a text message, and sees it come back whole.
    pub(super) fn is_echoed(&mut self, text: &str) -> Result<(), Failure> {
        self.says(text)?;
        self.hears(text).map(drop)
    }

    /// Sends a text message, and sees it come back, perhaps after what others say.
    pub(super) fn is_echoed_among(&mut self, text: &str) -> Result<(), Failure> {
        self.says(text)?;
        self.hears_among(text)
    }

    /// Sees one text message come, perhaps after what others say.
    pub(super) fn hears_among(&mut self, text: &str) -> Result<(), Failure> {
        loop {
            let wanted = Wanted::Text(text.to_owned());
            let unit = self.unit(wanted.clone())?;
            match &unit.frame {
                Some(frame) if is_right(frame, &unit, text) => return Ok(()),
                Some(frame)
                    if unit.text.as_deref().is_some_and(|said| is_right(frame, &unit, said)) => {}
                _ => return Err(self.missed(Failure::wrong(wanted, Sight::Other, &unit))),
            }
        }
    }

    /// Whatever text message comes next.
    pub(super) fn any_text(&mut self) -> Result<String, Failure> {
        let unit = self.unit("a message")?;
        match &unit.text {
            Some(text) => Ok(text.clone()),
            None => Err(self.missed(Failure::wrong("a message", Sight::Other, &unit))),
        }
    }

    /// A text message, if one comes within a moment.
    pub(super) fn text_by_and_by(&mut self) -> Option<String> {
        match self.client.quiet(SOON) {
            Err(Trouble::Unexpected(unit)) if unit.complete => match is_aside(&unit) {
                true => self.text_by_and_by(),
                false => unit.text,
            },
            _ => None,
        }
    }

    /// Sees one text message come, in one frame that is well-formed.
    pub(super) fn hears(&mut self, text: &str) -> Result<Frame, Failure> {
        let unit = self.unit(Wanted::Text(text.to_owned()))?;
        match &unit.frame {
            Some(frame) if is_right(frame, &unit, text) => Ok(frame.clone()),
            _ => {
                Err(self.missed(Failure::wrong(Wanted::Text(text.to_owned()), Sight::Other, &unit)))
            }
        }
    }

    /// Waits for the next whole unit, a pong among them. A server may ping at any time: that is no answer.
    pub(super) fn unit_or_pong(&mut self, wanted: &Wanted) -> Result<Unit, Failure> {
        loop {
            match self.next() {
                Ok(unit) if is_ping_of_its_own(&unit, wanted) => {}
                Ok(unit) => return Ok(unit),
                Err(trouble) => return Err(self.session.trouble(wanted.clone(), trouble)),
            }
        }
    }

    /// Sees the server ping, by itself, and hands back the payload.
    pub(super) fn hears_ping(&mut self, wanted: &str) -> Result<Vec<u8>, Failure> {
        let unit = self.any_unit(wanted)?;
        match &unit.frame {
            Some(frame) if frame.header.opcode == 0x9 && is_aside(&unit) => {
                Ok(frame.payload.clone())
            }
            _ => Err(self.missed(Failure::wrong(wanted, Sight::Other, &unit))),
        }
    }

    /// Sees the server let go of the connection for good, whoever has said what by then.
    pub(super) fn is_dropped(&mut self, wanted: &str) -> Result<(), Failure> {
        let start = self.session.done_so_far();
        while !self.client.is_dropped() {
            if !self.session.is_at_work(start) {
                let came = "the connection is there: what the client sends is still taken";
                return Err(self.missed(Failure::missed(wanted, Sight::Open, came)));
            }
        }
        Ok(())
    }

    /// Sees a pong come, with this payload.
    pub(super) fn hears_pong(&mut self, payload: &[u8]) -> Result<(), Failure> {
        let wanted = Wanted::Pong(payload.to_vec());
        let unit = self.unit_or_pong(&wanted)?;
        match is_pong(&unit, payload) {
            true => Ok(()),
            false => Err(self.missed(Failure::wrong(wanted, Sight::Other, &unit))),
        }
    }

    /// Sees a Close frame come, with this code if one is given. A server may first send what it had to say.
    pub(super) fn hears_close(&mut self, code: Option<u16>) -> Result<(), Failure> {
        let wanted = Wanted::Close(code);
        loop {
            let unit = self.unit(wanted.clone())?;
            let frame = unit.frame.as_ref().filter(|_| unit.faults.is_empty());
            match frame.map(|frame| (frame.header.opcode, close_code(frame))) {
                Some((1, _)) => {}
                Some((8, came)) if code.is_none() || came == code => return Ok(()),
                _ => return Err(self.missed(Failure::wrong(wanted, Sight::Other, &unit))),
            }
        }
    }

    pub(super) fn missed(&self, failure: Failure) -> Failure {
        self.session.missed(failure)
    }

    /// Waits for the next whole unit, whatever it is: a pong, too.
    pub(super) fn any_unit(&mut self, wanted: impl Into<Wanted>) -> Result<Unit, Failure> {
        self.next().map_err(|trouble| self.session.trouble(wanted, trouble))
    }

    /// Sees the server fail the connection (section 7.1.7): a Close frame with this code, whatever its reason, and the end.
    pub(super) fn is_failed(&mut self, code: u16) -> Result<(), Failure> {
        let what = failed_with(code);
        let mut pong = None;
        let unit = loop {
            match (self.next(), pong.take()) {
                (Ok(unit), _) if is_aside(&unit) => pong = Some(unit),
                (Ok(unit), _) => break unit,
                // The pong was all of its answer.
                (Err(Trouble::Silent(..)), Some(pong)) => break pong,
                (Err(trouble), _) => return Err(self.session.trouble(what, trouble)),
            }
        };
        self.is_failure(&unit, code)
    }

    /// The same, for a server that may be content with the beginning: the rest is sent if it waits for that. One that closes
    /// with something unread resets the connection, and its Close frame may be lost.
    pub(super) fn is_failed_by(
        &mut self,
        beginning: &[u8],
        rest: &[u8],
        code: u16,
    ) -> Result<(), Failure> {
        self.send_alone(beginning)?;
        match self.what_comes() {
            Some(unit) if !is_aside(&unit) => self.is_failure(&unit, code),
            _ => {
                self.send(rest)?;
                self.is_failed(code)
            }
        }
    }

    /// Whether this is the Close frame of a server that fails the connection with this code; then the end has to come.
    fn is_failure(&mut self, unit: &Unit, code: u16) -> Result<(), Failure> {
        match &unit.frame {
            Some(frame) if findings::is_failure(frame, code) && unit.faults.is_empty() => {}
            frame => {
                let sight = match frame {
                    Some(_) if !is_close(unit) => Sight::Taken,
                    _ => Sight::Other,
                };
                let what = failed_with(code);
                let wanted = match is_close(unit) {
                    true => Wanted::Bytes(what, findings::failure(unit, code)),
                    false => what.into(),
                };
                let mut failure = Failure::wrong(wanted, sight, unit);
                if let Some(cause) = findings::of_failure(unit, code) {
                    failure = failure.because(cause);
                }
                return Err(self.missed(failure));
            }
        }
        // A server may wait for the answer. One that does not is gone.
        let _ = self.try_to_send(&masked_frame(8, &code.to_be_bytes()));
        self.ends("the connection to be closed after the Close frame").map(drop)
    }

    /// Sees the connection end, with a Close frame or without, and nothing else come before.
    pub(super) fn is_cut_off(&mut self) -> Result<(), Failure> {
        const WANTED: &str = "a Close frame, or the end of the connection, and no message";
        if self.says_goodbye(WANTED, Sight::Taken)? {
            let _ = self.try_to_send(&masked_frame(8, b""));
            self.ends("the connection to be closed after the Close frame")?;
        }
        Ok(())
    }

    /// Sees a Close frame come, or the end of the connection, and nothing else before, which would be `otherwise`. True if
    /// it was a Close frame.
    pub(super) fn says_goodbye(&mut self, wanted: &str, otherwise: Sight) -> Result<bool, Failure> {
        match self.unit(wanted) {
            Err(Failure::Missed(missed)) if missed.sight == Sight::Closed => Ok(false),
            Err(failure) => Err(failure),
            Ok(unit) if is_close(&unit) => Ok(true),
            Ok(unit) => Err(self.missed(Failure::wrong(wanted, otherwise, &unit))),
        }
    }
}

/// Whether this is a Close frame.
pub(super) fn is_close(unit: &Unit) -> bool {
    unit.frame.as_ref().is_some_and(|frame| frame.header.opcode == 8)
}

/// Whether this is a pong with this payload, as a server sends it.
pub(super) fn is_pong(unit: &Unit, payload: &[u8]) -> bool {
    let is_right =
        |frame: &Frame| frame.header.opcode == 0xA && frame.header.fin && frame.payload == payload;
    unit.frame.as_ref().is_some_and(is_right) && unit.faults.is_empty()
}

/// Whether this is a ping that the server has sent by itself, and not the client's, sent back.
fn is_ping_of_its_own(unit: &Unit, wanted: &Wanted) -> bool {
    let is_own = |frame: &Frame| match wanted {
        Wanted::Pong(payload) => payload.is_empty() || frame.payload != *payload,
        _ => true,
    };
    is_aside(unit)
        && unit.frame.as_ref().is_some_and(|frame| frame.header.opcode == 0x9 && is_own(frame))
}

/// The code of a Close frame, if it has one.
pub(super) fn close_code(frame: &Frame) -> Option<u16> {
    frame.payload.first_chunk().map(|code| u16::from_be_bytes(*code))
}

/// What is wanted of a server that fails a connection.
fn failed_with(code: u16) -> String {
    format!("a Close frame with the code {code}, and the end of the connection")
}

/// The same failure, seen more closely. Lines that were printed stay what is to be explained first.
fn instead(mut failure: Failure, sight: Sight, came: &str) -> Failure {
    failure.change(|missed: &mut Missed| {
        missed.sight = sight;
        missed.came = came.to_owned();
    });
    failure
}

/// Whether this is the text in one frame, as a server sends it, compressed if that was agreed on.
fn is_right(frame: &Frame, unit: &Unit, text: &str) -> bool {
    let header = &frame.header;
    let says = match header.rsv {
        0 => frame.payload == text.as_bytes() && header.length == text.len() as u64,
        _ => unit.inflated.as_deref() == Some(text.as_bytes()),
    };
    says && header.fin
        && header.opcode == 1
        && header.masking_key.is_none()
        && unit.faults.is_empty()
}

/// A ping or a pong: it may come at any time, and answers nothing that a script waits for.
fn is_aside(unit: &Unit) -> bool {
    unit.frame.as_ref().is_some_and(|frame| matches!(frame.header.opcode, 0x9 | 0xA))
        && unit.faults.is_empty()
}

/// What is wrong with the form of a head. Which fields it may have is a promise of its own.
fn fault_of_form(head: &Unit) -> Option<&Fault> {
    head.faults.iter().find(|fault| fault.why.contains("line"))
}
