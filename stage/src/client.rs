//! A scripted client: it sends what it is told, cut where it is told, and waits for what comes back.

use std::collections::VecDeque;
use std::fmt;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use ch00_wire::{Closing, Frame, Recorder, Side, Unit, short_hex};

/// One connection to the server under observation; all that crosses it goes to a [`Recorder`].
pub struct Client {
    stream: TcpStream,
    recorder: Recorder,
    number: usize,
    patience: Duration,
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
        }
    }
}

impl std::error::Error for Trouble {}

impl Client {
    /// Connects. Every later wait for something to come ends after `patience`.
    pub fn connect(
        server: SocketAddr,
        recorder: &Recorder,
        patience: Duration,
    ) -> Result<Client, Trouble> {
        let stream = TcpStream::connect_timeout(&server, patience)
            .and_then(|stream| {
                stream.set_nodelay(true)?;
                stream.set_write_timeout(Some(patience))?;
                Ok(stream)
            })
            .map_err(|error| Trouble::Refused(error.kind()))?;
        Ok(Client {
            stream,
            recorder: recorder.clone(),
            number: recorder.new_client(),
            patience,
            complete: VecDeque::new(),
            growing: None,
            ended: None,
        })
    }

    /// Sends bytes in one piece.
    pub fn send(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        self.recorder.bytes(self.number, Side::Client, bytes);
        match self.stream.write_all(bytes) {
            Ok(()) => Ok(()),
            Err(error) if is_timeout(&error) => Err(Trouble::Silent(self.patience, None)),
            Err(_) => Err(Trouble::Ended(Closing::Reset, None)),
        }
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
        let deadline = Instant::now() + self.patience;
        loop {
            if let Some(unit) = self.complete.pop_front() {
                return Ok(unit);
            }
            self.read(deadline)?;
        }
    }

    /// Waits for the next frame; anything else is [`Trouble::Unexpected`].
    pub fn frame(&mut self) -> Result<Frame, Trouble> {
        let unit = self.unit()?;
        unit.frame.clone().ok_or_else(|| Trouble::Unexpected(Box::new(unit)))
    }

    /// Waits until the server ends the connection, and hands back what it sent before that, a
    /// unit that never became whole among it.
    pub fn ended(&mut self) -> Result<(Closing, Vec<Unit>), Trouble> {
        let deadline = Instant::now() + self.patience;
        while self.ended.is_none() {
            match self.read(deadline) {
                Ok(()) | Err(Trouble::Ended(..)) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        let how = self.ended.unwrap_or(Closing::Closed);
        Ok((how, self.complete.drain(..).chain(self.growing.take()).collect()))
    }

    /// Listens for a while; anything that comes is [`Trouble::Unexpected`].
    pub fn quiet(&mut self, pace: Duration) -> Result<(), Trouble> {
        if self.complete.is_empty() && self.growing.is_none() {
            match self.read(Instant::now() + pace) {
                Err(Trouble::Silent(_, None)) => return Ok(()),
                Err(trouble) => return Err(trouble),
                Ok(()) => {}
            }
        }
        match self.complete.pop_front().or_else(|| self.growing.clone()) {
            Some(unit) => Err(Trouble::Unexpected(Box::new(unit))),
            None => Ok(()),
        }
    }

    /// Says that nothing more will be sent, and goes on listening.
    pub fn finish_sending(&mut self) {
        // A connection that is gone already has nothing more to say either.
        let _ = self.stream.shutdown(Shutdown::Write);
        self.recorder.closed(self.number, Side::Client, Closing::Closed);
    }

    /// Leaves without a word, as it does wherever a script ends.
    pub fn leave(self) {}

    /// Leaves as a process does that is killed: with a reset.
    pub fn reset(self) {
        // Without it the connection still ends, only politely.
        let _ = socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
        self.recorder.closed(self.number, Side::Client, Closing::Reset);
    }

    /// One read, before the deadline.
    fn read(&mut self, deadline: Instant) -> Result<(), Trouble> {
        if let Some(how) = self.ended {
            return Err(Trouble::Ended(how, self.growing.clone().map(Box::new)));
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let _ = self.stream.set_read_timeout(Some(left.max(Duration::from_millis(1))));
        let mut buffer = [0; 16 * 1024];
        match self.stream.read(&mut buffer) {
            Ok(0) => self.end(Closing::Closed),
            Ok(count) => self.receive(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            Err(error) if is_timeout(&error) => {
                Err(Trouble::Silent(self.patience, self.growing.clone().map(Box::new)))
            }
            Err(_) => self.end(Closing::Reset),
        }
    }

    fn receive(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        self.growing = None;
        for unit in self.recorder.bytes(self.number, Side::Server, bytes) {
            match unit.complete {
                true => self.complete.push_back(unit),
                false => self.growing = Some(unit),
            }
        }
        Ok(())
    }

    fn end(&mut self, how: Closing) -> Result<(), Trouble> {
        self.ended = Some(how);
        self.recorder.closed(self.number, Side::Server, how);
        Err(Trouble::Ended(how, self.growing.clone().map(Box::new)))
    }
}

impl Drop for Client {
    /// The server sees the end of a script as it sees anybody leave. If an end was recorded before, that one
    /// counts.
    fn drop(&mut self) {
        self.recorder.closed(self.number, Side::Client, Closing::Closed);
    }
}

/// Whether a read or a write took longer than it may: systems call that by two names.
fn is_timeout(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
