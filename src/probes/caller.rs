//! A client, held to its promises: its program, and the other end of each connection that it makes.

use std::cell::RefCell;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{ChildStdin, Command};
use std::thread;
use std::time::{Duration, Instant};

use ch00_wire::{Kind, Recorder, Unit, unmasked_frame};
use stage::{Client, ENDING, Server, StartError, Trouble};

use super::missed::{Failure, Wanted, beginning, described};
use super::promises::Sight;
use super::session::{close_code, is_close};
use crate::web::accept::accept_value;

/// How soon to look again whether a client has connected: there is no event that also says that it has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Makes the command of a client that is told where to connect.
pub type Calling = Box<dyn Fn(&str) -> Command + Send + Sync>;

/// What a client says goodbye with of its own accord.
const GOODBYES: [Option<u16>; 3] = [Some(1000), Some(1001), None];

/// One play of a script with a client.
pub struct Reception<'a> {
    command: &'a Calling,
    recorder: Recorder,
    patience: Duration,
    /// Why the client could not be started.
    pub(super) not_started: RefCell<Option<StartError>>,
}

impl<'a> Reception<'a> {
    pub(super) fn new(command: &'a Calling, recorder: Recorder, patience: Duration) -> Self {
        Reception { command, recorder, patience, not_started: RefCell::default() }
    }

    /// Starts the client, and waits until it has connected.
    pub(super) fn guest(&self) -> Result<Guest<'_>, Failure> {
        const NOWHERE: &str = "no address can be had to listen on";
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let listener = listener.map_err(|_| Failure::Unseen(NOWHERE))?;
        let at = listener.local_addr().map_err(|_| Failure::Unseen(NOWHERE))?;
        listener.set_nonblocking(true).map_err(|_| Failure::Unseen(NOWHERE))?;
        let command = (self.command)(&format!("ws://{at}/chat"));
        let (program, input) = Server::calling(at, command, &self.recorder).map_err(|error| {
            *self.not_started.borrow_mut() = Some(error);
            Failure::Unseen("it could not be started")
        })?;
        let door = Door { listener, at, program };
        match door.connection(self, self.patience) {
            Some(end) => Ok(Guest { reception: self, door, input, end }),
            None => {
                let came = format!("nobody connects to ws://{at}{}", door.how_it_is());
                Err(Failure::missed("the client to connect", Sight::Refused, came))
            }
        }
    }

    /// The same, when its opening handshake was answered with 101.
    pub(super) fn member(&self) -> Result<Guest<'_>, Failure> {
        let mut guest = self.guest()?;
        let request = guest.request()?;
        guest.send(granted(&request, "").as_bytes())?;
        Ok(guest)
    }
}

/// A good answer to a request, with these lines more.
pub(super) fn granted(request: &Unit, more: &str) -> String {
    let key = request.value("Sec-WebSocket-Key").unwrap_or_default();
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n{more}\r\n",
        accept_value(key.as_bytes())
    )
}

/// Where the client was told to connect, and its program.
struct Door {
    listener: TcpListener,
    at: SocketAddr,
    program: Server,
}

impl Door {
    /// The next connection. `None`: it does not come in time, or the program has ended.
    fn connection(&self, reception: &Reception, patience: Duration) -> Option<Client> {
        let deadline = Instant::now() + patience;
        loop {
            let has_ended = self.program.has_ended();
            if let Ok((stream, _)) = self.listener.accept() {
                // Some systems hand the listener's mode on.
                stream.set_nonblocking(false).ok()?;
                return Some(Client::accepted(stream, &reception.recorder, reception.patience));
            }
            if has_ended || Instant::now() >= deadline {
                return None;
            }
            thread::sleep(LOOK_AGAIN);
        }
    }

    /// Whether its program has ended, to be said behind something else.
    fn how_it_is(&self) -> String {
        let exit = self.program.wait_for_end(ENDING).then(|| self.program.exit()).flatten();
        exit.map_or_else(String::new, |exit| format!(", and its program has ended, with {exit}"))
    }
}

/// A client that has connected.
pub(super) struct Guest<'a> {
    reception: &'a Reception<'a>,
    door: Door,
    input: Option<ChildStdin>,
    end: Client,
}

impl Guest<'_> {
    /// Where it was told to connect.
    pub(super) fn at(&self) -> SocketAddr {
        self.door.at
    }

    /// Sends it bytes.
    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.end.send(bytes).map_err(|trouble| self.trouble("the bytes to be taken", trouble))
    }

    /// Types a line. A client that does not read it shows that by what it does not send.
    pub(super) fn types(&mut self, line: &str) {
        if let Some(input) = &mut self.input {
            let _ = writeln!(input, "{line}").and_then(|()| input.flush());
        }
    }

    /// There is no other line.
    pub(super) fn ends_input(&mut self) {
        self.input = None;
    }

    /// Waits for the next whole unit. A ping is answered: it is no answer to anything.
    pub(super) fn unit(&mut self, wanted: impl Into<Wanted>) -> Result<Unit, Failure> {
        let wanted = wanted.into();
        loop {
            let unit = self.end.unit().map_err(|trouble| self.trouble(wanted.clone(), trouble))?;
            match unit.frame.as_ref() {
                Some(frame) if frame.header.opcode == 9 => {
                    let pong = unmasked_frame(10, &frame.payload);
                    self.send(&pong)?;
                }
                _ => return Ok(unit),
            }
        }
    }

    /// Waits for its request, which has to be a whole one.
    pub(super) fn request(&mut self) -> Result<Unit, Failure> {
        const WANTED: &str = "a request head: GET, header fields, an empty line";
        let unit = self.unit(WANTED)?;
        match unit.kind {
            Kind::RequestHead => Ok(unit),
            _ => Err(Failure::wrong(WANTED, Sight::Other, &unit)),
        }
    }

    /// Sees it send this text, in one frame.
    pub(super) fn hears(&mut self, text: &str) -> Result<Unit, Failure> {
        let what = format!("one text frame: {:?}", beginning(text));
        let unit = self.unit(what.as_str())?;
        let is_right = unit.frame.as_ref().is_some_and(|frame| {
            let header = &frame.header;
            header.fin && header.opcode == 1 && header.rsv == 0 && frame.payload == text.as_bytes()
        });
        match is_right {
            true => Ok(unit),
            false => Err(wrong_frame(what, 1, text.as_bytes(), Sight::Other, &unit)),
        }
    }

    /// Sees it answer a ping.
    pub(super) fn hears_pong(&mut self, payload: &[u8]) -> Result<(), Failure> {
        let what = format!("a pong with the {} bytes of the ping", payload.len());
        let unit = self.unit(what.as_str())?;
        let is_right = |unit: &Unit| {
            let frame = unit.frame.as_ref().filter(|_| unit.faults.is_empty());
            frame.is_some_and(|frame| frame.header.opcode == 10 && frame.payload == payload)
        };
        match is_right(&unit) {
            true => Ok(()),
            false => Err(wrong_frame(what, 10, payload, Sight::Other, &unit)),
        }
    }

    /// Sees it send a Close frame with this code. What it had to say before may come first.
    pub(super) fn hears_close(&mut self, code: u16) -> Result<(), Failure> {
        let what = format!("a Close frame with the code {code}");
        loop {
            let unit = self.unit(what.as_str())?;
            let frame = unit.frame.as_ref().filter(|_| unit.faults.is_empty());
            match frame.map(|frame| (frame.header.opcode, close_code(frame))) {
                Some((8, Some(came))) if came == code => return Ok(()),
                Some((1 | 2 | 10, _)) => {}
                _ => {
                    return Err(wrong_frame(what, 8, &code.to_be_bytes(), Sight::Other, &unit));
                }
            }
        }
    }

    /// Sees it say goodbye of its own accord.
    pub(super) fn hears_goodbye(&mut self) -> Result<(), Failure> {
        const WANTED: &str = "a Close frame, with the code 1000 or none";
        let unit = self.unit(WANTED)?;
        let code = unit.frame.as_ref().and_then(close_code);
        match is_close(&unit) && unit.faults.is_empty() && GOODBYES.contains(&code) {
            true => Ok(()),
            false => {
                let payload = 1000_u16.to_be_bytes();
                Err(wrong_frame(WANTED.to_owned(), 8, &payload, Sight::Other, &unit))
            }
        }
    }

    /// Sees it give the connection up, and send nothing but a Close frame.
    pub(super) fn gives_up(&mut self) -> Result<(), Failure> {
        const WANTED: &str = "the end of the connection, and no message";
        // A client that takes the connection for an open one sends this.
        self.types("Li Jing");
        loop {
            match self.end.unit() {
                Ok(unit) if is_close(&unit) => {}
                Ok(unit) => return Err(Failure::wrong(WANTED, Sight::Taken, &unit)),
                Err(Trouble::Ended(..)) => return Ok(()),
                // Without a 101, nobody knows where the message ends that it has begun.
                Err(Trouble::Silent(_, Some(unit))) => {
                    return Err(Failure::wrong(WANTED, Sight::Taken, &unit));
                }
                Err(Trouble::Silent(..)) => {
                    return Err(Failure::missed(WANTED, Sight::Open, "it stays open"));
                }
                Err(trouble) => return Err(self.trouble(WANTED, trouble)),
            }
        }
    }

    /// Sees it leave the end of TCP to us: for a moment it does not hang up.
    pub(super) fn waits_for_our_end(&mut self, moment: Duration) -> Result<(), Failure> {
        const WANTED: &str = "the client to wait until the server closes TCP";
        match self.end.quiet(moment) {
            Ok(()) => Ok(()),
            Err(Trouble::Ended(..)) => {
                Err(Failure::missed(WANTED, Sight::Closed, "the client closed it first"))
            }
            Err(Trouble::Unexpected(unit)) => Err(Failure::wrong(WANTED, Sight::Extra, &unit)),
            Err(trouble) => Err(self.trouble(WANTED, trouble)),
        }
    }

    /// Sees it print a text, on a line after the first `before`.
    pub(super) fn prints(&mut self, before: usize, text: &str) -> Result<(), Failure> {
        let program = &self.door.program;
        if program.wait_for(before, self.reception.patience, |line| line.contains(text)).is_some() {
            return Ok(());
        }
        let lines = program.lines_from(before);
        let (sight, came) = match lines.as_slice() {
            [] => (Sight::Unprinted, "it shows nothing new".to_owned()),
            [.., last] => (Sight::Misprinted, format!("its last line is: {}", beginning(last))),
        };
        let came = came + &self.door.how_it_is();
        Err(Failure::missed(Wanted::Printed(text.to_owned()), sight, came))
    }

    /// How many lines it has printed.
    pub(super) fn lines(&self) -> usize {
        self.door.program.line_count()
    }

    /// Closes its connection, and sees its program end.
    pub(super) fn ends(self) -> Result<(), Failure> {
        let Guest { reception, door, end, input } = self;
        end.leave();
        let has_ended = door.program.wait_for_end(reception.patience);
        drop(input);
        match has_ended {
            true => Ok(()),
            false => {
                let wanted = "the program to end, as the conversation is over";
                Err(Failure::missed(wanted, Sight::Open, "it goes on"))
            }
        }
    }

    /// Cuts its connection, and counts how often it comes back within a while; each time it is cut off again.
    pub(super) fn comes_back(self, within: Duration, at_most: usize) -> usize {
        let Guest { reception, door, end, input: _input } = self;
        end.leave();
        let deadline = Instant::now() + within;
        let left = || deadline.saturating_duration_since(Instant::now());
        let back = || door.connection(reception, left()).map(Client::leave);
        std::iter::from_fn(back).take(at_most).count()
    }

    fn trouble(&self, wanted: impl Into<Wanted>, trouble: Trouble) -> Failure {
        let came = match &trouble {
            Trouble::Ended(_, None) => "the client ended the connection".to_owned(),
            Trouble::Silent(_, None) => "nothing came".to_owned(),
            _ => return Failure::trouble(wanted.into(), trouble),
        };
        let came = came + &self.door.how_it_is();
        let sight = if let Trouble::Ended(..) = trouble { Sight::Closed } else { Sight::Silent };
        Failure::missed(wanted, sight, came)
    }
}

/// A frame that is not the one that was wanted, beside that one under the same masking-key.
pub(super) fn wrong_frame(
    what: String,
    opcode: u8,
    payload: &[u8],
    sight: Sight,
    unit: &Unit,
) -> Failure {
    let key = unit.frame.as_ref().and_then(|frame| frame.header.masking_key);
    let right = client_frame(opcode, payload, key.unwrap_or_default());
    let came = described(unit);
    Failure::wrong(Wanted::Bytes(what, right), sight, unit).with(came)
}

/// A client's frame, as it is on the wire.
pub(super) fn client_frame(opcode: u8, payload: &[u8], key: [u8; 4]) -> Vec<u8> {
    let mut frame = unmasked_frame(opcode, payload);
    let size = frame.len() - payload.len();
    frame[1] |= 0x80;
    let masked = payload.iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]);
    let masked: Vec<u8> = masked.collect();
    [&frame[..size], &key, &masked].concat()
}
