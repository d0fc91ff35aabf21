//! Mistakes with rules, chapter 12.

use ch06_select::{CLOSE, Emit, End, Event};
use ch09_stream::{Header, Layer, Part};
use ch10_control::{CloseCode, Failure, PONG, answer};
use ch11_messages::CONTINUATION;
use ch12_strict::{Frame, RULES, Rule};

use super::makes;

/// The opcode of a text frame.
const TEXT: u8 = 1;

/// In front of the rules.
#[derive(Default)]
pub struct Rules<L> {
    in_message: bool,
    /// The rule that the frame breaks whose payload is waited for.
    waiting: Option<Rule>,
    /// A Close frame has been sent.
    failed: bool,
    layer: L,
}

impl<L> Rules<L> {
    pub fn new(layer: L) -> Self {
        Rules { in_message: false, waiting: None, failed: false, layer }
    }

    /// The rule that a frame breaks.
    fn broken(&self, part: &Part<'_>) -> Option<Rule> {
        let Part { header, payload, .. } = part;
        let frame = Frame { header, payload, in_message: self.in_message, agreed: 0b100 };
        // RSV1 is left to the layer behind this one, which knows what was agreed on. What chapter 10 looks at is its own.
        let is_older =
            header.masking_key.is_none() || header.opcode >= CLOSE && header.length > 125;
        let found = RULES.into_iter().find(|rule| (rule.is_broken)(&frame));
        found.filter(|_| !is_older)
    }

    /// A mistake with a frame that begins.
    fn mistake(&mut self, part: &mut Part<'_>, emit: Emit<'_>) -> Result<Next, End> {
        let broken = self.broken(part);
        let says = broken.map_or("", |rule| rule.says);
        let header = &mut part.header;
        let is_close = header.opcode == CLOSE;
        if makes("bits-not-looked-at") {
            header.rsv = 0;
        } else if makes("any-opcode-is-text") && matches!(header.opcode.0, 3..=7) {
            header.opcode.0 = TEXT;
        } else if makes("any-control-is-a-pong") && matches!(header.opcode.0, 11..=15) {
            header.opcode = PONG;
        } else if makes("any-form-of-length") {
            header.extended = shortest(header);
        } else if makes("too-long-in-any-case") && header.length >> 63 != 0 {
            let why = "a message is too long".into();
            return Err(Failure { code: CloseCode::TooBig, why }.into());
        } else if makes("fragments-of-control") && header.opcode >= CLOSE {
            header.fin = true;
        } else if makes("continues-nothing") && says.starts_with("a continuation") {
            return Ok(Next::Skip);
        } else if makes("appends-to-what-is-open") && says.starts_with("a message begins") {
            header.opcode = CONTINUATION;
        } else if makes("half-a-code-is-none") && is_close && header.length == 1 {
            return Err(answer(b""));
        } else if makes("sends-back-any-code") && says.starts_with("a close code") {
            return Err(answer(part.payload));
        } else if makes("codes-of-2011") && is_close && is_of_later(part.payload) {
            return Err(Failure::protocol_error("a close code that is not known").into());
        } else if makes("reason-unread") && says.starts_with("the reason") {
            return Err(answer(part.payload));
        } else if makes("hangs-up-on-rules") && broken.is_some() {
            return Err(says.into());
        } else if makes("all-is-well") && broken.is_some() {
            return Err(End { last: b"\x88\x02\x03\xe8".to_vec(), why: says.to_owned() });
        } else if makes("judges-whole-frames") && !part.last && header.length >> 63 == 0 {
            self.waiting = broken;
        } else if makes("goes-on-after-goodbye") && broken.is_some() && part.last {
            let code = broken.map_or(CloseCode::ProtocolError, |rule| rule.code);
            let failure = Failure { code, why: says.into() };
            emit(Event::Send(&End::from(failure).last));
            self.failed = true;
            return Ok(Next::Skip);
        }
        Ok(Next::Pass)
    }
}

/// What becomes of a part.
#[derive(PartialEq, Eq)]
enum Next {
    Pass,
    Skip,
}

impl<L: Layer> Layer for Rules<L> {
    fn take(&mut self, mut part: Part<'_>, emit: Emit<'_>) -> Result<(), End> {
        if self.failed && part.header.opcode == CLOSE {
            return Err("it says goodbye, too".into());
        }
        if part.first && self.mistake(&mut part, emit)? == Next::Skip {
            return Ok(());
        }
        if let Some(rule) = self.waiting {
            let failure = Failure { code: rule.code, why: rule.says.into() };
            return if part.last { Err(failure.into()) } else { Ok(()) };
        }
        if part.first && part.header.opcode < CLOSE {
            self.in_message = !part.header.fin;
        }
        self.layer.take(part, emit)
    }
}

/// How many bytes behind the second one a payload length needs.
fn shortest(header: &Header) -> usize {
    match header.length {
        0..=125 => 0,
        126..=0xffff => 2,
        _ => 8,
    }
}

/// Whether this is a code that was registered after the RFC.
fn is_of_later(payload: &[u8]) -> bool {
    let code = payload.first_chunk().map_or(0, |code| u16::from_be_bytes(*code));
    (1012..=1014).contains(&code)
}
