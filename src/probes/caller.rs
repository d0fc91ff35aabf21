//! A client, held to its promises: its program, and the other end of each connection that it makes.

use std::cell::RefCell;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{ChildStdin, Command};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use ch00_wire::{Frame, Kind, Recorder, Side, Stream, Unit, counted, unmasked_frame};
use stage::{Client, ENDING, Server, StartError, Trouble};

use super::STARTING;
use super::missed::{Failure, Wanted, beginning, described};
use super::promises::Sight;
use super::session::{close_code, is_close};
use crate::web::accept::accept_value;

/// How soon to look again whether a client has connected: there is no event that also says that it has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Makes the command of a client that is told where to connect.
pub type Calling = Box<dyn Fn(&str) -> Command + Send + Sync>;

/// What a client says goodbye with of its own accord.
const GOODBYES: [Option<u16>; 2] = [Some(1000), None];

/// Makes Python flush each line by itself. What such a shell hides would be seen by everybody else.
const UNBUFFERED: &str = "PYTHONUNBUFFERED";

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
        let mut command = (self.command)(&format!("ws://{at}/chat"));
        command.env_remove(UNBUFFERED);
        let (program, input) = Server::calling(at, command, &self.recorder).map_err(|error| {
            *self.not_started.borrow_mut() = Some(error);
            Failure::Unseen("it could not be started")
        })?;
        let door = Door { listener, at, program };
        match door.connection(self, STARTING) {
            Some(end) => Ok(Guest { reception: self, door, input: Some(typist(input)), end }),
            None => Err(door.nobody_came()),
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

/// Types the lines that it is told for a client. A line may be longer than a pipe, and its reader slow.
fn typist(input: Option<ChildStdin>) -> Sender<String> {
    let (typed, lines) = mpsc::channel::<String>();
    thread::spawn(move || {
        let mut input = input?;
        // A client that does not read shows that by what it does not send.
        lines.iter().try_for_each(|line| writeln!(input, "{line}").ok())?;
        input.flush().ok()
    });
    typed
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

    /// The client did not connect.
    fn nobody_came(&self) -> Failure {
        const WANTED: &str = "the client to connect";
        let came = format!("nobody connects to ws://{}{}", self.at, self.how_it_is());
        match self.program.exit() {
            None => Failure::missed(WANTED, Sight::Refused, came),
            Some(exit) => {
                let step = if exit.status.success() { "over" } else { "failed" };
                Failure::missed(WANTED, Sight::Ended, came).step(step)
            }
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
    input: Option<Sender<String>>,
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

    /// Types a line.
    pub(super) fn types(&mut self, line: &str) {
        if let Some(input) = &self.input {
            // A client that has ended hears nothing more.
            let _ = input.send(line.to_owned());
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
        let what = match text.len() {
            0..=80 => format!("one text frame: {text:?}"),
            length => {
                format!("one text frame of {}: {:?}", counted(length as u64), beginning(text))
            }
        };
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
        self.hears_close_before(code, |_| false)
    }

    /// The same, before a frame that says that it goes on.
    pub(super) fn hears_close_before(
        &mut self,
        code: u16,
        goes_on: impl Fn(&Frame) -> bool,
    ) -> Result<(), Failure> {
        let what = format!("a Close frame with the code {code}");
        loop {
            let unit = self.unit(what.as_str())?;
            let frame = unit.frame.as_ref().filter(|_| unit.faults.is_empty());
            if frame.is_some_and(&goes_on) {
                return Err(wrong_frame(what, 8, &code.to_be_bytes(), Sight::Taken, &unit));
            }
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
        let is_whole = is_close(&unit) && unit.faults.is_empty();
        if is_whole && GOODBYES.contains(&code) {
            return Ok(());
        }
        let payload = 1000_u16.to_be_bytes();
        let failure = wrong_frame(WANTED.to_owned(), 8, &payload, Sight::Other, &unit);
        match is_whole {
            true => Err(failure.because(
                "1000 says that all is said; any other code says that something is wrong, or \
                 that a page is left (1001)",
            )),
            false => Err(failure),
        }
    }

    /// Answers its goodbye, after one text more, and sees it print that: it has gone on reading.
    pub(super) fn hears_last_word(&mut self, text: &str) -> Result<(), Failure> {
        const WANTED: &str = "the client to read on until the server's Close frame";
        let before = self.lines();
        let goodbye = unmasked_frame(8, &1000_u16.to_be_bytes());
        let sent = self.end.send(&[unmasked_frame(1, text.as_bytes()), goodbye].concat());
        let Err(unprinted) = self.prints(before, text) else { return Ok(()) };
        let patience = self.reception.patience;
        let is_gone = sent.is_err() || matches!(self.end.quiet(patience), Err(Trouble::Ended(..)));
        match is_gone {
            true => {
                let came = "the client closed it first".to_owned() + &self.door.how_it_is();
                Err(Failure::missed(WANTED, Sight::Closed, came))
            }
            false => Err(unprinted),
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
                // Without a 101, nobody knows where the message ends that it has begun.
                Ok(unit) => return Err(goes_on(WANTED, &unit)),
                Err(Trouble::Silent(_, Some(unit))) => return Err(goes_on(WANTED, &unit)),
                Err(Trouble::Ended(..)) => return Ok(()),
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

    /// Sees it print a text on standard output, on a line after the first `before`.
    pub(super) fn prints(&mut self, before: usize, text: &str) -> Result<(), Failure> {
        let program = &self.door.program;
        if program.wait_for_stdout(before, self.reception.patience, |line| line.contains(text)) {
            return Ok(());
        }
        let (sight, came) = match program.stdout_from(before).last() {
            None => (Sight::Unprinted, "it prints nothing new".to_owned()),
            Some(last) => (Sight::Misprinted, format!("its last line is: {}", beginning(last))),
        };
        let came = came + &self.door.how_it_is();
        let failure = Failure::missed(Wanted::Printed(text.to_owned()), sight, came);
        let is_elsewhere = program.lines_from(0).iter().any(|line| line.contains(text));
        match is_elsewhere && sight == Sight::Unprinted {
            true => Err(failure.because("the text is printed on standard error")),
            false => Err(failure),
        }
    }

    /// Sees it have printed these texts on standard output, and no more before the last of them.
    pub(super) fn has_printed_only(&mut self, texts: &[&str]) -> Result<(), Failure> {
        let last = texts.last().copied().unwrap_or_default();
        self.prints(0, last)?;
        let lines = self.door.program.stdout_from(0);
        let Some((line, text)) = lines.iter().zip(texts).find(|(line, text)| line != *text) else {
            return Ok(());
        };
        let step = if line.contains(text) { "around" } else { "more" };
        let came = format!("standard output has the line: {}", beginning(line));
        let wanted = format!("the line {text:?} on standard output, and nothing else");
        Err(Failure::missed(wanted, Sight::Misprinted, came).step(step))
    }

    /// How many lines it has printed on standard output.
    pub(super) fn lines(&self) -> usize {
        self.door.program.stdout_count()
    }

    /// The first line that it prints on standard output after the first `before`.
    pub(super) fn next_line(&self, before: usize) -> Option<String> {
        let program = &self.door.program;
        program.wait_for_stdout(before, self.reception.patience, |_| true);
        program.stdout_from(before).into_iter().next()
    }

    /// Closes its connection, and sees that its program has printed nothing after the first `before` lines.
    pub(super) fn leaves_in_silence(self, before: usize) -> Result<(), Failure> {
        let Guest { reception, door, end, input: _input } = self;
        end.leave();
        // Its output ends with it; one that goes on has had its time.
        door.program.wait_for_end(reception.patience);
        match door.program.stdout_from(before).first() {
            None => Ok(()),
            Some(line) => {
                let came = format!("it prints: {}", beginning(line));
                Err(Failure::missed("nothing on standard output", Sight::Misprinted, came))
            }
        }
    }

    /// Closes its connection, and sees its program end, without another connection.
    pub(super) fn ends(self) -> Result<(), Failure> {
        const WANTED: &str = "the program to end, as the conversation is over";
        let Guest { reception, door, end, input } = self;
        end.leave();
        let again = door.connection(reception, reception.patience);
        let has_ended = door.program.has_ended();
        drop(input);
        match (again, has_ended) {
            (Some(_), _) => Err(Failure::missed(WANTED, Sight::Extra, "it connects again")),
            (None, true) => Ok(()),
            (None, false) => Err(Failure::missed(WANTED, Sight::Open, "it goes on")),
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

/// A client takes the connection for an open one: it sends something.
fn goes_on(wanted: &'static str, unit: &Unit) -> Failure {
    if unit.frame.is_some() {
        return Failure::wrong(wanted, Sight::Taken, unit);
    }
    // Before a 101, no frame has its name.
    let first = Stream::of_frames(Side::Client).feed(&unit.bytes).into_iter().next();
    let is_frame = first.is_some_and(|unit| unit.frame.is_some());
    let what = match is_frame {
        true => "a frame".to_owned(),
        false => counted(unit.bytes.len() as u64),
    };
    Failure::missed(wanted, Sight::Taken, format!("{what} came: the client goes on"))
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
