//! What a script missed: what should have come, what came, and how the program was left.

use ch00_wire::{Kind, Side, Stream, Unit, counted, masked_frame};
use stage::Trouble;

use super::promises::Sight;

/// How a response begins, up to its status.
pub(super) const HTTP: &str = "HTTP/1.1 ";

/// What a script waits for.
#[derive(Clone, Debug)]
pub(super) enum Wanted {
    /// A whole response head with this status.
    Head(u16),
    /// A refusal, and the end: a response head with an error status, 400 at best.
    Refusal,
    /// A field of the head that came, with its name and value.
    Field(&'static str, String),
    /// A server's text frame with this text.
    Text(String),
    /// Exactly these bytes, and what they are.
    Bytes(String, Vec<u8>),
    /// A pong with this payload.
    Pong(Vec<u8>),
    /// A Close frame, with this code if it matters.
    Close(Option<u16>),
    /// A line of the terminal with this text in it.
    Printed(String),
    /// Anything else, in words.
    Words(String),
}

impl From<&str> for Wanted {
    fn from(words: &str) -> Wanted {
        Wanted::Words(words.to_owned())
    }
}

impl From<String> for Wanted {
    fn from(words: String) -> Wanted {
        Wanted::Words(words)
    }
}

impl Wanted {
    /// In words.
    pub(super) fn words(&self) -> String {
        match self {
            Wanted::Head(status) => format!("a response head with the status {status}"),
            Wanted::Refusal => {
                "a refusal: a response head with an error status, such as 400, and the end"
                    .to_owned()
            }
            Wanted::Field(name, value) => format!("{name}: {value}"),
            Wanted::Text(text) => {
                format!("one text frame of {}: {:?}", counted(text.len() as u64), beginning(text))
            }
            Wanted::Bytes(what, _) => what.clone(),
            Wanted::Pong(payload) => {
                format!("a pong with the {} bytes of the ping", payload.len())
            }
            Wanted::Close(None) => "a Close frame".to_owned(),
            Wanted::Close(Some(code)) => format!("a Close frame with the code {code}"),
            Wanted::Printed(text) => format!("the terminal to show {:?}", beginning(text)),
            Wanted::Words(words) => words.clone(),
        }
    }

    /// The bytes that should have come, as far as they are known.
    pub(super) fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Wanted::Head(status) => Some(format!("{HTTP}{status} ").into_bytes()),
            Wanted::Refusal => Some(format!("{HTTP}400 ").into_bytes()),
            Wanted::Field(name, value) => Some(format!("{name}: {value}\r\n").into_bytes()),
            Wanted::Text(text) => Some(server_frame(text)),
            Wanted::Bytes(_, bytes) => Some(bytes.clone()),
            Wanted::Pong(payload) => Some([&[0x8a, payload.len() as u8], &payload[..]].concat()),
            Wanted::Close(None) => Some(vec![0x88]),
            Wanted::Close(Some(code)) => {
                let [high, low] = code.to_be_bytes();
                Some(vec![0x88, 2, high, low])
            }
            Wanted::Printed(_) | Wanted::Words(_) => None,
        }
    }
}

/// What a script missed.
#[derive(Debug)]
pub struct Missed {
    /// The step of the script, where it has several.
    pub(super) step: Option<&'static str>,
    pub(super) wanted: Wanted,
    /// What was seen instead, in a word.
    pub(super) sight: Sight,
    /// The same, told to a reader.
    pub(super) came: String,
    /// The promise, by its id, that has to be kept before anything can be said of this one.
    pub(super) unless: Option<&'static str>,
    /// The unit that came.
    pub(super) unit: Option<Box<Unit>>,
    /// Where in the unit the first wrong byte is.
    pub(super) wrong: Option<usize>,
    /// A cause that the script itself has read from the bytes.
    pub(super) cause: Option<&'static str>,
    /// What the server has printed since the script began to look.
    pub(super) printed: Vec<String>,
    /// How the program has ended, if it has.
    pub(super) end: Option<String>,
}

/// Why a script could not be played to its end.
#[derive(Debug)]
pub enum Failure {
    /// The promise is not kept.
    Missed(Box<Missed>),
    /// Whether it is kept cannot be seen from here, for this reason.
    Unseen(&'static str),
}

impl Failure {
    /// Something else was seen than what was wanted.
    pub(super) fn missed(
        wanted: impl Into<Wanted>,
        sight: Sight,
        came: impl Into<String>,
    ) -> Failure {
        Failure::Missed(Box::new(Missed {
            step: None,
            wanted: wanted.into(),
            sight,
            came: came.into(),
            unless: None,
            unit: None,
            wrong: None,
            cause: None,
            printed: Vec::new(),
            end: None,
        }))
    }

    /// A unit came that is not what was wanted.
    pub(super) fn wrong(wanted: impl Into<Wanted>, sight: Sight, unit: &Unit) -> Failure {
        let wanted = wanted.into();
        let wrong = first_wrong(&wanted, unit);
        let mut failure = Failure::missed(wanted, sight, described(unit));
        failure.change(|missed| {
            missed.unit = Some(Box::new(unit.clone()));
            missed.wrong = wrong;
        });
        failure
    }

    /// What a client waited for did not come.
    pub(super) fn trouble(wanted: Wanted, trouble: Trouble) -> Failure {
        match trouble {
            Trouble::Refused(_) => Failure::missed(wanted, Sight::Refused, trouble.to_string()),
            Trouble::Unexpected(unit) => Failure::wrong(wanted, Sight::Other, &unit),
            Trouble::Silent(_, Some(unit)) => Failure::part(wanted, Sight::Part, &unit),
            Trouble::Ended(_, Some(unit)) => Failure::part(wanted, Sight::Cut, &unit),
            Trouble::Silent(_, None) => Failure::missed(wanted, Sight::Silent, "nothing came"),
            Trouble::Ended(_, None) => Failure::missed(wanted, Sight::Closed, trouble.to_string()),
            trouble => Failure::missed(wanted, Sight::Extra, trouble.to_string()),
        }
    }

    fn part(wanted: Wanted, sight: Sight, unit: &Unit) -> Failure {
        if frame_without_head(unit).is_some() {
            return Failure::wrong(wanted, Sight::Other, unit);
        }
        let end = if sight == Sight::Cut { ", and then the end" } else { ", and no more" };
        Failure::wrong(wanted, sight, unit)
            .with(format!("only a part came: {}{end}", described(unit)))
    }

    /// Says more closely what came.
    pub(super) fn with(mut self, came: impl Into<String>) -> Failure {
        self.change(|missed| missed.came = came.into());
        self
    }

    /// Says at which byte of the unit it went wrong.
    pub(super) fn at(mut self, wrong: usize) -> Failure {
        self.change(|missed| missed.wrong = Some(wrong));
        self
    }

    /// Says which client's request it was.
    pub(super) fn to(mut self, client: &str) -> Failure {
        self.change(|missed| missed.came = format!("{}, to the request of {client}", missed.came));
        self
    }

    /// Says at which step of the script it happened.
    pub(super) fn step(mut self, step: &'static str) -> Failure {
        self.change(|missed| missed.step = Some(step));
        self
    }

    /// Says that nothing was missed if this promise is broken: it says the same.
    pub(super) fn unless(mut self, id: &'static str) -> Failure {
        self.change(|missed| missed.unless = Some(id));
        self
    }

    /// The promise, by its id, that has to be kept before this is a failure.
    pub fn needs(&self) -> Option<&'static str> {
        match self {
            Failure::Missed(missed) => missed.unless,
            Failure::Unseen(_) => None,
        }
    }

    /// Names what the script has read from the bytes.
    pub(super) fn because(mut self, cause: &'static str) -> Failure {
        self.change(|missed| missed.cause = Some(cause));
        self
    }

    pub(super) fn change(&mut self, change: impl FnOnce(&mut Missed)) {
        if let Failure::Missed(missed) = self {
            change(missed);
        }
    }
}

impl Missed {
    /// Everything that was seen: a program may have ended over it, too.
    pub(super) fn sights(&self) -> Vec<Sight> {
        match self.end {
            // That the connection ended is then no mistake of its own.
            Some(_) => vec![Sight::Ended],
            None => vec![self.sight],
        }
    }
}

/// The frame in which a server sends a text.
pub(super) fn server_frame(text: &str) -> Vec<u8> {
    // A client's frame has the same header, but for the mask.
    let masked = masked_frame(1, text.as_bytes());
    let header = masked.len() - text.len() - 4;
    let mut frame = [&masked[..header], text.as_bytes()].concat();
    frame[1] &= 0x7f;
    frame
}

/// The status code of a response head.
pub(super) fn status(unit: &Unit) -> Option<&str> {
    unit.value("status line")?.split(' ').nth(1)
}

/// A unit in words, with what it says.
pub(super) fn described(unit: &Unit) -> String {
    if let (Kind::ResponseHead, Some(line)) = (unit.kind, unit.value("status line")) {
        return format!("a response head came: {line}");
    }
    if let Some(frame) = frame_without_head(unit) {
        return format!("{}, and no response head before it", described(&frame));
    }
    let said = match (unit.value("close code"), unit.value("reason")) {
        (None, _) => String::new(),
        (Some(code), None) => format!(", with the code {code}"),
        (Some(code), Some(reason)) => format!(", with the code {code} and the reason {reason}"),
    };
    format!("{} came{said}", unit.title)
}

/// The frame that came where a response head was to come, if it is a whole one without a fault.
pub(super) fn frame_without_head(unit: &Unit) -> Option<Unit> {
    if unit.kind != Kind::Unknown {
        return None;
    }
    let first = Stream::of_frames(Side::Server).feed(&unit.bytes).into_iter().next()?;
    is_whole_frame(&first).then_some(first)
}

/// Whether this is a frame, all of it, and without a fault.
pub(super) fn is_whole_frame(unit: &Unit) -> bool {
    unit.frame.is_some() && unit.complete && unit.faults.is_empty()
}

/// The first byte of a unit that is not as wanted.
fn first_wrong(wanted: &Wanted, unit: &Unit) -> Option<usize> {
    if let Some(at) = bare_line_feed(unit) {
        return Some(at);
    }
    match wanted {
        Wanted::Head(_) | Wanted::Refusal if unit.kind == Kind::ResponseHead => match unit.complete
        {
            true => Some(HTTP.len()),
            false => Some(unit.bytes.len()),
        },
        Wanted::Words(_) | Wanted::Printed(_) | Wanted::Field(..) => Some(0),
        _ => {
            let wanted = wanted.bytes()?;
            let differs = unit.bytes.iter().zip(&wanted).position(|(came, wanted)| came != wanted);
            Some(differs.unwrap_or(wanted.len().min(unit.bytes.len())))
        }
    }
}

/// Where a line of a head ends without the carriage return that belongs there.
pub(super) fn bare_line_feed(unit: &Unit) -> Option<usize> {
    if unit.kind != Kind::ResponseHead {
        return None;
    }
    let is_bare =
        |at: &usize| unit.bytes[*at] == b'\n' && (*at == 0 || unit.bytes[at - 1] != b'\r');
    (0..unit.bytes.len()).find(is_bare)
}

/// The beginning of a text, for a message.
pub(super) fn beginning(text: &str) -> String {
    match text.chars().count() {
        0..=80 => text.to_owned(),
        _ => text.chars().take(80).chain(['…']).collect(),
    }
}
