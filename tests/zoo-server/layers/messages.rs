//! Mistakes with messages, chapter 11.

use ch04_decode::Opcode;
use ch05_reply::TEXT;
use ch06_select::{BINARY, Emit, End, Event, Message};
use ch09_stream::{LONGEST, Layer, Part};
use ch10_control::{CloseCode, Failure, PING, PONG};
use ch11_messages::{CONTINUATION, Utf8};

use super::makes;

/// A fragment that some servers send on as it comes, in bytes.
const LONG: u64 = 10;

/// In front of what puts messages together.
#[derive(Default)]
pub struct Parts<L> {
    layer: L,
    /// The opcode of the message that is open, or was the last one.
    opcode: Option<Opcode>,
    /// Its text, judged once more.
    text: Utf8,
}

impl<L: Layer> Layer for Parts<L> {
    fn take(&mut self, mut part: Part<'_>, emit: Emit<'_>) -> Result<(), End> {
        if part.first && part.header.opcode != CONTINUATION {
            (self.opcode, self.text) = (Some(part.header.opcode), Utf8::default());
        }
        let is_text = self.opcode == Some(TEXT);
        let is_cut_at_end = self.text.take(part.payload).is_ok() && !self.text.is_whole();
        let is_fragmented = part.header.opcode == CONTINUATION || !part.header.fin;
        if makes("long-fragments-sent-on") && !part.header.fin && part.header.length >= LONG {
            emit(Event::Message(Message { opcode: TEXT, payload: (&*part.payload).into() }));
            return Ok(());
        }
        if !self.change(&mut part)? {
            return Ok(());
        }
        let mut is_wrong = false;
        let result = self.layer.take(part, &mut |event| {
            let Event::Message(Message { opcode, payload }) = event else { return emit(event) };
            is_wrong = makes("judged-at-the-end") && is_text && str::from_utf8(&payload).is_err();
            let becomes_text = is_text
                || makes("binary-comes-back-as-text")
                || makes("kind-of-the-last-fragment") && is_fragmented;
            let opcode = if becomes_text { TEXT } else { opcode };
            if !is_wrong {
                emit(Event::Message(Message { opcode, payload }));
            }
        });
        match result {
            Ok(()) if is_wrong => Err(invalid()),
            Err(_) if makes("end-not-asked-for") && is_fragmented && is_cut_at_end => Ok(()),
            result => result.map_err(as_it_fails),
        }
    }
}

impl<L> Parts<L> {
    /// Does to a part what the mistake does. False where it goes no further.
    fn change(&mut self, part: &mut Part<'_>) -> Result<bool, End> {
        let is_text = self.opcode == Some(TEXT);
        let Part { header, payload, first, last } = part;
        let is_continuation = header.opcode == CONTINUATION;
        if makes("each-fragment-a-message") || makes("last-fragment-overwrites") {
            header.opcode = self.opcode.unwrap_or(TEXT);
        }
        if makes("each-fragment-a-message") {
            header.fin = true;
        }
        if makes("judged-by-the-fragment") && is_text && *first && *last {
            str::from_utf8(payload).map_err(|_| invalid())?;
        }
        let is_noncharacter = |three: &[u8]| matches!(three, [0xef, 0xbf, 0xbe | 0xbf]);
        if makes("refuses-noncharacters") && is_text && payload.windows(3).any(is_noncharacter) {
            return Err(invalid());
        }
        if (makes("not-judged") || makes("judged-at-the-end")) && !is_continuation {
            header.opcode = BINARY;
        }
        if makes("waits-for-the-terabyte") {
            header.length = header.length.min(LONGEST as u64);
        }
        let is_left_out = is_continuation
            && !header.fin
            && (makes("limit-for-a-frame") && header.length > LONG
                || makes("fragments-not-counted") && header.length == 0);
        Ok(!is_left_out && (header.fin || !makes("last-fragment-overwrites")))
    }
}

fn invalid() -> End {
    Failure { code: CloseCode::InvalidPayload, why: "a text is UTF-8".into() }.into()
}

/// How a connection ends on text that is not UTF-8.
fn as_it_fails(mut end: End) -> End {
    let code = end.last.get_mut(2..4).filter(|code| **code == 1007_u16.to_be_bytes());
    match code {
        Some(code) if makes("fails-with-1002") => code.copy_from_slice(&1002_u16.to_be_bytes()),
        Some(_) if makes("hangs-up-on-invalid-utf8") => end.last.clear(),
        _ => {}
    }
    end
}

/// In front of what answers control frames: it sees them in the middle of messages.
#[derive(Default)]
pub struct Between<L> {
    layer: L,
    is_inside: bool,
}

impl<L> Between<L> {
    pub fn new(layer: L) -> Self {
        Between { layer, is_inside: false }
    }
}

impl<L: Layer> Layer for Between<L> {
    fn take(&mut self, mut part: Part<'_>, emit: Emit<'_>) -> Result<(), End> {
        match part.header.opcode {
            PING | PONG if self.is_inside && makes("ping-lands-in-the-message") => {
                let ping =
                    Part { header: part.header, payload: &mut part.payload.to_vec(), ..part };
                self.layer.take(ping, emit)?;
                (part.header.opcode, part.header.fin) = (CONTINUATION, false);
            }
            CONTINUATION | TEXT | BINARY => self.is_inside = !part.header.fin,
            _ => {}
        }
        self.layer.take(part, emit)
    }
}
