//! What a probe's script may do, and how it says what it missed.

use std::cell::Cell;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use ch00_wire::{Fault, Frame, Header, Kind, Recorder, Unit, masked_frame, request, rfc_key_line};
use stage::{Client, Server, Trouble};

/// How long a script listens where nothing may come.
pub(super) const PACE: Duration = Duration::from_millis(250);

/// Mistakes that the bytes themselves tell.
const FIRST_BYTE: &str = "a first byte other than 81: FIN 1, RSV 000, opcode 1";
const LENGTH: &str = "the length of the text in characters, in the wrong one of the three forms, or with \
    its bytes in the wrong order";
const NO_FRAME: &str = "the text is sent without a frame around it";
const STAYS_OPEN: &str = "a refusal, and no close after it, or a reader that still holds the connection \
    (makefile in Python)";
const ANSWERED: &str = "the message is answered, and not printed";
const LATE: &str = "the read waits for more than has come, or what is printed is not flushed: it came only when \
    the client had said that it has no more";
const CHARACTER: &str =
    "text is written in place of bytes: as a character, 81 takes two bytes, c2 81";
const MASKED: &str = "the client's frame is sent back as it came, with its mask";

/// A server, and what a script needs to talk to it.
pub struct Bench<'a> {
    address: SocketAddr,
    server: Option<&'a Server>,
    recorder: Recorder,
    patience: Duration,
    /// How long the server may take until it listens.
    starting: Duration,
    reached: Cell<bool>,
}

/// What a script missed.
#[derive(Debug)]
pub enum Failure {
    /// Something else came, or nothing.
    Missed {
        /// What should have come.
        expected: String,
        /// What came instead.
        came: String,
        /// The unit that came, and the first wrong byte in it, where there is one.
        wrong: Option<(Box<Unit>, usize)>,
        /// The likely mistake, where what came tells more than the probe's own guess.
        often: Option<&'static str>,
        /// Whether the program has ended over it.
        ended: bool,
    },
    /// The script has to see the server's terminal, and there is none to see.
    NoTerminal,
}

impl Failure {
    pub(super) fn missed(expected: impl Into<String>, came: impl Into<String>) -> Failure {
        Failure::Missed {
            expected: expected.into(),
            came: came.into(),
            wrong: None,
            often: None,
            ended: false,
        }
    }

    /// A unit came that is not what was expected, from the byte at `wrong` on.
    pub(super) fn wrong(expected: impl Into<String>, unit: &Unit, wrong: usize) -> Failure {
        Failure::missed(expected, format!("{} came", unit.title)).at(unit, wrong)
    }

    /// Says more closely what came.
    pub(super) fn with(mut self, came_instead: String) -> Failure {
        if let Failure::Missed { came, .. } = &mut self {
            *came = came_instead;
        }
        self
    }

    fn at(mut self, unit: &Unit, at: usize) -> Failure {
        if let Failure::Missed { wrong, .. } = &mut self {
            *wrong = Some((Box::new(unit.clone()), at));
        }
        self
    }

    /// The program has ended over it.
    pub(super) fn in_the_end(mut self) -> Failure {
        if let Failure::Missed { ended, .. } = &mut self {
            *ended = true;
        }
        self
    }

    /// Names the likely mistake, in place of the probe's own guess.
    pub(super) fn because(mut self, mistake: &'static str) -> Failure {
        if let Failure::Missed { often, .. } = &mut self {
            *often = Some(mistake);
        }
        self
    }

    fn trouble(expected: &str, trouble: Trouble) -> Failure {
        match trouble {
            Trouble::Unexpected(unit) => Failure::wrong(expected, &unit, 0),
            Trouble::Silent(_, Some(unit)) | Trouble::Ended(_, Some(unit)) => {
                let came = format!("only a part came: {}", unit.title);
                let failure = Failure::missed(expected, came).at(&unit, unit.bytes.len());
                match unfinished(&unit) {
                    Some(often) => failure.because(often),
                    None => failure,
                }
            }
            trouble => Failure::missed(expected, trouble.to_string()),
        }
    }
}

/// Names what was expected where a script waits in vain.
pub(super) trait Wanted<T> {
    fn wanted(self, what: &str) -> Result<T, Failure>;
}

impl<T> Wanted<T> for Result<T, Trouble> {
    fn wanted(self, what: &str) -> Result<T, Failure> {
        self.map_err(|trouble| Failure::trouble(what, trouble))
    }
}

impl<'a> Bench<'a> {
    pub(super) fn new(
        address: SocketAddr,
        server: Option<&'a Server>,
        recorder: Recorder,
        patience: Duration,
        starting: Duration,
    ) -> Self {
        Bench { address, server, recorder, patience, starting, reached: Cell::new(false) }
    }

    /// A client that has connected.
    pub(super) fn client(&self) -> Result<Client, Failure> {
        let deadline = Instant::now() + self.starting;
        loop {
            match Client::connect(self.address, &self.recorder, self.patience) {
                Err(Trouble::Refused(_)) if self.is_starting() && Instant::now() < deadline => {
                    // There is no event for "it listens now": asking again is the only way.
                    thread::sleep(Duration::from_millis(10));
                }
                Ok(client) => {
                    self.reached.set(true);
                    return Ok(client);
                }
                refused => return refused.wanted("the connection to be taken"),
            }
        }
    }

    /// Where the server listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How long to wait for something that has to come.
    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    /// Whether the server has not been reached, and still may be.
    fn is_starting(&self) -> bool {
        !self.reached.get() && self.server.is_some_and(|server| !server.has_ended())
    }

    /// Whether a client has connected.
    pub(super) fn was_reached(&self) -> bool {
        self.reached.get()
    }

    /// A client whose opening handshake has succeeded.
    pub(super) fn open(&self) -> Result<Client, Failure> {
        self.handshake(&rfc_key_line()).map(|(client, _)| client)
    }

    /// A client whose request, with this line for its key, has been answered with 101.
    pub(super) fn handshake(&self, key_line: &str) -> Result<(Client, Unit), Failure> {
        let mut client = self.client()?;
        client.send(&request(key_line)).wanted("the request to be taken")?;
        let answer = client.unit().wanted("a response head: 101")?;
        if status(&answer) != Some("101") {
            return Err(Failure::wrong("a response head: 101", &answer, "HTTP/1.1 ".len()));
        }
        // Of the accept value, the probe that knows the right one says more.
        let is_of_accept = |fault: &Fault| {
            let part = fault.at.and_then(|at| answer.part_at(at));
            fault.section == "4.2.2" && part.is_some_and(|part| is_accept(&part.name))
        };
        match answer.faults.iter().find(|fault| !is_of_accept(fault)) {
            Some(_) => Err(Failure::wrong("a head without a fault", &answer, 0)
                .because("a line that ends with \\n alone: the ✗ above says what is wrong")),
            None => Ok((client, answer)),
        }
    }

    /// Sends bytes that are no opening handshake, and sees them answered with 400, and hung up on.
    pub(super) fn refused(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut client = self.client()?;
        client.send(bytes).wanted("the request to be taken")?;
        let answer = client.unit().wanted("a response head: 400")?;
        if status(&answer) != Some("400") {
            return Err(Failure::wrong("a response head: 400", &answer, "HTTP/1.1 ".len()));
        }
        self.closes(&mut client, "the connection to be closed after the 400")
            .map_err(|failure| failure.because(STAYS_OPEN))
    }

    /// Sees the server close the connection.
    pub(super) fn closes(&self, client: &mut Client, expected: &str) -> Result<(), Failure> {
        match client.ended() {
            Err(Trouble::Silent(waited, _)) => {
                let came = format!("it stayed open for {} ms", waited.as_millis());
                Err(Failure::missed(expected, came))
            }
            ended => ended.wanted(expected).map(drop),
        }
    }

    /// Sees that a request is not refused: answered with 101, or kept waiting until the client leaves.
    /// Silence alone proves little: let something follow that a server answers which is still there.
    pub(super) fn not_refused(&self, mut client: Client) -> Result<(), Failure> {
        let expected = "a 101, or silence: the request is a good one";
        match client.quiet(PACE) {
            Ok(()) => client.finish_sending(),
            Err(Trouble::Unexpected(unit)) if status(&unit) == Some("101") => return Ok(()),
            Err(trouble) => return Err(Failure::trouble(expected, trouble)),
        }
        let (_, answer) =
            client.ended().wanted("the connection to be closed, now that I have left")?;
        match answer.first() {
            Some(unit) if status(unit) != Some("101") => Err(Failure::wrong(expected, unit, 0)),
            _ => Ok(()),
        }
    }

    /// Sends bytes in two pieces, so far apart that the server reads twice.
    pub(super) fn send_in_two(
        &self,
        client: &mut Client,
        bytes: &[u8],
        cut: usize,
    ) -> Result<(), Failure> {
        client.send_cut(bytes, &[cut], PACE).wanted("silence until the second piece has come")
    }

    /// Sends a text message, and sees the server's terminal show it.
    pub(super) fn prints(&self, client: &mut Client, text: &str) -> Result<(), Failure> {
        let before = self.lines()?;
        client.send(&masked_frame(1, text.as_bytes())).wanted("the frame to be taken")?;
        self.shows_in_time(client, before, text)
    }

    /// Sees the terminal show a text, in some line after the first `before`, while the client that has said it
    /// waits.
    pub(super) fn shows_in_time(
        &self,
        client: &mut Client,
        before: usize,
        text: &str,
    ) -> Result<(), Failure> {
        self.shows(before, text).map_err(|failure| match client.quiet(PACE) {
            // What did come is recorded, and may say more than the terminal.
            Err(Trouble::Unexpected(unit)) if unit.text.as_deref() == Some(text) => {
                failure.because(ANSWERED)
            }
            _ => {
                client.finish_sending();
                match self.is_shown(before, text, PACE) {
                    true => failure.because(LATE),
                    false => failure,
                }
            }
        })
    }

    /// How many lines the terminal shows; [`Failure::NoTerminal`] where it cannot be seen.
    pub(super) fn lines(&self) -> Result<usize, Failure> {
        self.server.map(Server::line_count).ok_or(Failure::NoTerminal)
    }

    /// Sees the terminal show a text, in some line after the first `before`.
    pub(super) fn shows(&self, before: usize, text: &str) -> Result<(), Failure> {
        let server = self.server.ok_or(Failure::NoTerminal)?;
        if self.is_shown(before, text, self.patience) {
            return Ok(());
        }
        let came = match server.lines_from(before).as_slice() {
            [] => "it printed nothing more, or did not flush it".to_owned(),
            [.., last] => format!("its last line is: {last}"),
        };
        Err(Failure::missed(format!("the terminal to show {:?}", cut(text)), cut(&came)))
    }

    /// Sees that no line after the first `before` has a control character.
    pub(super) fn shows_no_control(&self, before: usize) -> Result<(), Failure> {
        let lines = self.server.ok_or(Failure::NoTerminal)?.lines_from(before);
        match lines.iter().find(|line| line.replace('\t', "").contains(char::is_control)) {
            Some(line) => Err(Failure::missed(
                "a terminal without control characters",
                format!("it shows {}", cut(line)),
            )),
            None => Ok(()),
        }
    }

    /// Sees the terminal show two texts in one line after the first `before`.
    pub(super) fn shows_on_one_line(
        &self,
        before: usize,
        [first, second]: [&str; 2],
    ) -> Result<(), Failure> {
        let server = self.server.ok_or(Failure::NoTerminal)?;
        let has_both =
            |line: &str| line.split_once(first).is_some_and(|(_, behind)| behind.contains(second));
        match server.wait_for(before, self.patience, has_both) {
            Some(_) => Ok(()),
            None => {
                let expected = format!("the terminal to show {first} and {second} on one line");
                Err(Failure::missed(expected, "they are on several, or not there"))
            }
        }
    }

    /// Whether the terminal shows a text in time, in some line after the first `before`; also true where it
    /// cannot be seen.
    pub(super) fn is_heard(&self, before: usize, text: &str, patience: Duration) -> bool {
        self.server.is_none() || self.is_shown(before, text, patience)
    }

    fn is_shown(&self, before: usize, text: &str, patience: Duration) -> bool {
        let wanted = |line: &str| line.contains(text);
        self.server.is_some_and(|server| server.wait_for(before, patience, wanted).is_some())
    }

    /// Sends a text message, and sees it come back whole.
    pub(super) fn echoes(&self, client: &mut Client, text: &str) -> Result<(), Failure> {
        client.send(&masked_frame(1, text.as_bytes())).wanted("the frame to be taken")?;
        self.hears(client, text).map(drop)
    }

    /// Sends a text message, and sees it come back, perhaps after what others say.
    pub(super) fn echoes_among(&self, client: &mut Client, text: &str) -> Result<(), Failure> {
        client.send(&masked_frame(1, text.as_bytes())).wanted("the frame to be taken")?;
        let expected = format!("a text frame: {text:?}");
        // Others may say much, but not without end.
        let deadline = Instant::now() + self.patience * 10;
        while client.unit().wanted(&expected)?.text.as_deref() != Some(text) {
            if Instant::now() > deadline {
                return Err(Failure::missed(expected, "other messages came without end"));
            }
        }
        Ok(())
    }

    /// Sees one text message come, in one frame that is well-formed.
    pub(super) fn hears(&self, client: &mut Client, text: &str) -> Result<Frame, Failure> {
        let expected = format!("one text frame of {} bytes: {:?}", text.len(), cut(text));
        let begins = |unit: &Unit| !text.is_empty() && unit.bytes.starts_with(text.as_bytes());
        let heard = client.unit();
        if let Some(unit) = began(&heard).filter(|unit| unit.bytes.starts_with(&[0xc2, 0x81])) {
            return Err(Failure::wrong(expected, unit, 0).because(CHARACTER));
        }
        let unit = match heard {
            Err(Trouble::Silent(_, Some(unit)) | Trouble::Ended(_, Some(unit)))
                if begins(&unit) =>
            {
                return Err(Failure::wrong(expected, &unit, 0).because(NO_FRAME));
            }
            Err(Trouble::Silent(_, Some(unit)) | Trouble::Ended(_, Some(unit)))
                if Header::read(&unit.bytes).is_some_and(|h| h.length != text.len() as u64) =>
            {
                let wrong = wrong_in_header(&unit, text);
                return Err(Failure::wrong(expected, &unit, wrong).because(LENGTH));
            }
            unit => unit.wanted(&expected)?,
        };
        let Some(frame) = unit.frame.clone() else {
            return Err(Failure::wrong(expected, &unit, 0));
        };
        if !(frame.header.fin && frame.header.opcode == 1 && frame.header.rsv == 0) {
            return Err(Failure::wrong(expected, &unit, 0).because(FIRST_BYTE));
        }
        if frame.header.masking_key.is_some() {
            return Err(Failure::wrong(expected, &unit, 1).because(MASKED));
        }
        let differs = frame.payload.iter().zip(text.as_bytes()).position(|(a, b)| a != b);
        if let Some(at) = differs {
            return Err(Failure::wrong(expected, &unit, frame.header.size + at));
        }
        if frame.header.length != text.len() as u64 {
            let whole = frame.header.length < 126 && text.len() > 125;
            let often = if whole { "a message cut into pieces" } else { LENGTH };
            let wrong = wrong_in_header(&unit, text);
            return Err(Failure::wrong(expected, &unit, wrong).because(often));
        }
        match unit.faults.first() {
            Some(fault) => Err(Failure::wrong("a frame without a fault", &unit, 1)
                .with(fault.why.clone())
                .because(LENGTH)),
            None => Ok(frame),
        }
    }
}

/// The first byte that is not as in the header of one text frame of a server.
fn wrong_in_header(unit: &Unit, text: &str) -> usize {
    // A client's frame has the same header, but for the mask.
    let mut right = masked_frame(1, text.as_bytes());
    right[1] &= 0x7f;
    right.iter().zip(&unit.bytes).position(|(right, came)| right != came).unwrap_or(1)
}

/// What came, whole or in part.
fn began(heard: &Result<Unit, Trouble>) -> Option<&Unit> {
    match heard {
        Ok(unit) => Some(unit),
        Err(Trouble::Silent(_, unit) | Trouble::Ended(_, unit)) => unit.as_deref(),
        Err(_) => None,
    }
}

/// The likely mistake where a unit begins and does not end.
fn unfinished(unit: &Unit) -> Option<&'static str> {
    match unit.kind {
        Kind::ResponseHead if unit.faults.is_empty() => {
            Some("the empty line at the end is missing")
        }
        Kind::ResponseHead => Some("lines that end with \\n alone: \\r\\n is required"),
        Kind::Unknown => Some("an answer without a status line, or a text without a frame"),
        _ => None,
    }
}

fn is_accept(field: &str) -> bool {
    field.eq_ignore_ascii_case("Sec-WebSocket-Accept")
}

/// The status code of a response head.
pub(super) fn status(unit: &Unit) -> Option<&str> {
    unit.value("status line")?.split(' ').nth(1)
}

/// The beginning of a text, for a message.
pub(super) fn cut(text: &str) -> String {
    match text.chars().count() {
        0..=80 => text.to_owned(),
        _ => text.chars().take(80).chain(['…']).collect(),
    }
}
