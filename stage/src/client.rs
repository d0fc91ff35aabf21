//! A scripted client, or the other end of one: it sends what it is told, cut where it is told, and waits for what comes
//! back.

use std::collections::VecDeque;
use std::fmt;
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use ch00_wire::{Closing, Frame, Recorder, Side, Unit, masked_frame, short_hex};
use socket2::{Domain, Socket, Type};

/// How many bytes a client takes in all, unless it is told otherwise: far more than any conversation of the
/// course has, and far less than a memory.
const TAKEN: usize = 4 * 1024 * 1024;
/// How many units a client keeps that nobody has asked for: names take more room than the bytes they name.
const UNITS: usize = 10_000;

/// How soon to knock again at a connection whose other end may be gone: no event says so.
const KNOCK_AGAIN: Duration = Duration::from_millis(10);

/// One connection to the server under observation; all that crosses it goes to a [`Recorder`].
///
/// Whatever the server does, each call comes back: in its patience, or by the moment that was named with
/// [`Client::until`], and before more bytes have come than [`Client::at_most`] allows.
pub struct Client {
    stream: TcpStream,
    recorder: Recorder,
    /// The side that it plays.
    plays: Side,
    number: usize,
    patience: Duration,
    until: Option<Instant>,
    at_most: usize,
    received: usize,
    complete: VecDeque<Unit>,
    growing: Option<Unit>,
    ended: Option<Closing>,
}

/// Why what the script waited for did not come.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// Nobody listens there.
    Refused(ErrorKind),
    /// Nothing more came in time; perhaps a unit began and did not end.
    Silent(Duration, Option<Box<Unit>>),
    /// The server ended the connection first; perhaps in the middle of a unit.
    Ended(Closing, Option<Box<Unit>>),
    /// Something came where nothing, or something else, should have.
    Unexpected(Box<Unit>),
    /// More came than a client takes.
    TooMuch {
        /// It takes so many bytes.
        bytes: usize,
        /// And keeps so many units that nobody has asked for yet.
        units: usize,
    },
    /// The moment has come that [`Client::until`] names; perhaps a unit began and did not end.
    OutOfTime(Option<Box<Unit>>),
}

impl fmt::Display for Trouble {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Refused(why) => write!(out, "could not connect: {why}"),
            Trouble::Silent(waited, None) => {
                write!(out, "nothing came back in {} ms", waited.as_millis())
            }
            Trouble::Silent(waited, Some(unit)) => {
                let here = short_hex(&unit.bytes);
                write!(out, "only {here} came in {} ms: {}", waited.as_millis(), unit.title)
            }
            Trouble::Ended(how, unit) => {
                let verb = if *how == Closing::Closed { "closed" } else { "reset" };
                write!(out, "the server {verb} the connection")?;
                match unit {
                    Some(unit) => write!(out, " in the middle of {}", unit.title),
                    None => Ok(()),
                }
            }
            Trouble::Unexpected(unit) => {
                write!(out, "{} came: {}", unit.title, short_hex(&unit.bytes))
            }
            Trouble::TooMuch { bytes, units } => {
                let kib = bytes / 1024;
                write!(out, "more than {kib} KiB came, or more than {units} frames, and no end")
            }
            Trouble::OutOfTime(None) => {
                write!(out, "nothing more came before this conversation's time was over")
            }
            Trouble::OutOfTime(Some(unit)) => {
                let here = short_hex(&unit.bytes);
                write!(
                    out,
                    "only {here} came before this conversation's time was over: {}",
                    unit.title
                )
            }
        }
    }
}

impl std::error::Error for Trouble {}

impl Client {
    /// Connects. Every later wait for something to come, or to be taken, ends after `patience`.
    pub fn connect(
        server: SocketAddr,
        recorder: &Recorder,
        patience: Duration,
    ) -> Result<Client, Trouble> {
        Client::connect_from(None, server, recorder, patience)
    }

    /// The same, from this address of the machine.
    pub fn connect_from(
        from: Option<IpAddr>,
        server: SocketAddr,
        recorder: &Recorder,
        patience: Duration,
    ) -> Result<Client, Trouble> {
        let stream =
            open(from, server, patience).map_err(|error| Trouble::Refused(error.kind()))?;
        Ok(Client::on(stream, Side::Client, recorder, patience))
    }

    /// The server's end of a connection that a program under observation has made: it plays the server. Where an error
    /// speaks of the server, it is that program.
    pub fn accepted(stream: TcpStream, recorder: &Recorder, patience: Duration) -> Client {
        // Without it, what is sent only comes later.
        let _ = stream.set_nodelay(true);
        Client::on(stream, Side::Server, recorder, patience)
    }

    fn on(stream: TcpStream, plays: Side, recorder: &Recorder, patience: Duration) -> Client {
        Client {
            stream,
            recorder: recorder.clone(),
            plays,
            number: recorder.new_client(),
            patience,
            until: None,
            at_most: TAKEN,
            received: 0,
            complete: VecDeque::new(),
            growing: None,
            ended: None,
        }
    }

    /// The side that it hears.
    fn hears(&self) -> Side {
        match self.plays {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        }
    }

    /// Lets every wait end by this moment, however much patience is left: it is the end of the whole
    /// conversation, which may have many waits.
    pub fn until(mut self, moment: Instant) -> Client {
        self.until = Some(moment);
        self
    }

    /// Lets so many bytes come in all, and no more.
    pub fn at_most(mut self, bytes: usize) -> Client {
        self.at_most = bytes;
        self
    }

    /// Sends bytes in one piece.
    pub fn send(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        self.recorder.bytes(self.number, self.plays, bytes);
        let deadline = self.deadline(self.patience);
        let mut rest = bytes;
        while !rest.is_empty() {
            let _ = self.stream.set_write_timeout(Some(left_until(deadline)));
            match self.stream.write(rest) {
                // A server that takes a byte now and then could hold us up for ever.
                Ok(count) if count < rest.len() && Instant::now() >= deadline => {
                    return Err(self.silent(None));
                }
                Ok(count) => rest = &rest[count..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) => return Err(self.silent(None)),
                Err(_) => return Err(Trouble::Ended(Closing::Reset, None)),
            }
        }
        Ok(())
    }

    /// Sends bytes in pieces, cut before each offset in `cuts`, and listens for `pace` in between.
    /// An answer in between is an error: the server could not have read all of the question.
    pub fn send_cut(
        &mut self,
        bytes: &[u8],
        cuts: &[usize],
        pace: Duration,
    ) -> Result<(), Trouble> {
        let mut sent = 0;
        for &cut in cuts {
            self.send(&bytes[sent..cut])?;
            self.quiet(pace)?;
            sent = cut;
        }
        self.send(&bytes[sent..])
    }

    /// Waits for the next whole unit that the server sends.
    pub fn unit(&mut self) -> Result<Unit, Trouble> {
        self.wait(self.patience, |client| client.complete.pop_front())
    }

    /// Waits for the next frame; anything else is [`Trouble::Unexpected`].
    pub fn frame(&mut self) -> Result<Frame, Trouble> {
        let unit = self.unit()?;
        unit.frame.clone().ok_or_else(|| Trouble::Unexpected(Box::new(unit)))
    }

    /// Waits until the server ends the connection, and hands back what it sent before that, a
    /// unit that never became whole among it.
    pub fn ended(&mut self) -> Result<(Closing, Vec<Unit>), Trouble> {
        let how = match self.wait(self.patience, |client| client.ended) {
            Ok(how) | Err(Trouble::Ended(how, _)) => how,
            Err(trouble) => return Err(trouble),
        };
        Ok((how, self.complete.drain(..).chain(self.growing.take()).collect()))
    }

    /// Listens for a while; anything that comes is [`Trouble::Unexpected`].
    pub fn quiet(&mut self, pace: Duration) -> Result<(), Trouble> {
        let came =
            |client: &mut Client| client.complete.pop_front().or_else(|| client.growing.clone());
        match self.wait(pace, came) {
            Ok(unit) => Err(Trouble::Unexpected(Box::new(unit))),
            Err(Trouble::Silent(_, None)) => Ok(()),
            Err(trouble) => Err(trouble),
        }
    }

    /// The two ends of the connection, its own first; `None` where it is gone.
    pub fn addresses(&self) -> Option<(SocketAddr, SocketAddr)> {
        Some((self.stream.local_addr().ok()?, self.stream.peer_addr().ok()?))
    }

    /// Waits until so many bytes have followed a head that grants no frames, or the server ends the connection. How
    /// many they are.
    pub fn body(&mut self, length: usize) -> Result<usize, Trouble> {
        let came =
            |client: &Client| client.growing.as_ref().map_or(0, |unit| unit.end - unit.start);
        let whole = self.wait(self.patience, |client| {
            let came = came(client);
            (came >= length || client.ended.is_some()).then_some(came)
        });
        match whole {
            Err(Trouble::Ended(..)) => Ok(came(self)),
            whole => whole,
        }
    }

    /// Says that nothing more will be sent, and goes on listening.
    pub fn finish_sending(&mut self) {
        // A connection that is gone already has nothing more to say either.
        let _ = self.stream.shutdown(Shutdown::Write);
        self.recorder.closed(self.number, self.plays, Closing::Closed);
    }

    /// Waits until the server has let go of the connection for good, and not only said its last word: what is sent to
    /// nobody, the system answers with a reset. It knocks with pongs, which say nothing and are not recorded.
    pub fn is_dropped(&mut self) -> bool {
        let deadline = self.deadline(self.patience);
        let _ = self.stream.set_write_timeout(Some(KNOCK_AGAIN));
        loop {
            match self.stream.write(&masked_frame(0xa, b"")) {
                Err(error) if error.kind() != ErrorKind::Interrupted && !is_timeout(&error) => {
                    return true;
                }
                _ if Instant::now() >= deadline => return false,
                _ => thread::sleep(KNOCK_AGAIN),
            }
        }
    }

    /// Leaves without a word, as it does wherever a script ends.
    pub fn leave(self) {}

    /// Leaves as a process does that is killed: with a reset.
    pub fn reset(self) {
        // Without it the connection still ends, only politely.
        let _ = socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
        self.recorder.closed(self.number, self.plays, Closing::Reset);
    }

    /// Reads until `seen` finds what it wants. What has come by the deadline counts, also on a machine that
    /// is too busy to let us look in time: so there is one read after it, and no more.
    fn wait<T>(
        &mut self,
        patience: Duration,
        mut seen: impl FnMut(&mut Client) -> Option<T>,
    ) -> Result<T, Trouble> {
        let deadline = self.deadline(patience);
        loop {
            if let Some(found) = seen(self) {
                return Ok(found);
            }
            let is_last = Instant::now() >= deadline;
            self.read(deadline)?;
            if is_last {
                return seen(self).ok_or_else(|| self.silent(self.growing.clone()));
            }
        }
    }

    fn deadline(&self, patience: Duration) -> Instant {
        let deadline = Instant::now() + patience;
        self.until.map_or(deadline, |until| until.min(deadline))
    }

    /// What was waited for did not come in time: in its own, or in that of the whole conversation.
    fn silent(&self, growing: Option<Unit>) -> Trouble {
        let growing = growing.map(Box::new);
        match self.until {
            Some(until) if Instant::now() >= until => Trouble::OutOfTime(growing),
            _ => Trouble::Silent(self.patience, growing),
        }
    }

    /// One read, which waits until the deadline.
    fn read(&mut self, deadline: Instant) -> Result<(), Trouble> {
        if let Some(how) = self.ended {
            return Err(Trouble::Ended(how, self.growing.clone().map(Box::new)));
        }
        if self.received > self.at_most || self.complete.len() > UNITS {
            return Err(Trouble::TooMuch { bytes: self.at_most, units: UNITS });
        }
        let _ = self.stream.set_read_timeout(Some(left_until(deadline)));
        let mut buffer = [0; 16 * 1024];
        match self.stream.read(&mut buffer) {
            Ok(0) => self.end(Closing::Closed),
            Ok(count) => self.receive(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            Err(error) if is_timeout(&error) => Err(self.silent(self.growing.clone())),
            Err(_) => self.end(Closing::Reset),
        }
    }

    fn receive(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        self.received += bytes.len();
        self.growing = None;
        for unit in self.recorder.bytes(self.number, self.hears(), bytes) {
            match unit.complete {
                true => self.complete.push_back(unit),
                false => self.growing = Some(unit),
            }
        }
        Ok(())
    }

    fn end(&mut self, how: Closing) -> Result<(), Trouble> {
        self.ended = Some(how);
        self.recorder.closed(self.number, self.hears(), how);
        Err(Trouble::Ended(how, self.growing.clone().map(Box::new)))
    }
}

impl Drop for Client {
    /// The server sees the end of a script as it sees anybody leave. If an end was recorded before, that one
    /// counts.
    fn drop(&mut self) {
        self.recorder.closed(self.number, self.plays, Closing::Closed);
    }
}

/// A connection, from this address of the machine if one is named.
fn open(
    from: Option<IpAddr>,
    server: SocketAddr,
    patience: Duration,
) -> std::io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(server), Type::STREAM, None)?;
    if let Some(from) = from {
        socket.bind(&SocketAddr::from((from, 0)).into())?;
    }
    socket.connect_timeout(&server.into(), patience)?;
    let stream = TcpStream::from(socket);
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A timeout for a read or a write: systems know none of zero.
fn left_until(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1))
}

/// Whether a read or a write took longer than it may: systems call that by two names.
fn is_timeout(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
