//! Messages: the payloads of one frame or of many (RFC 6455, sections 5.4 and 5.6).

use std::borrow::Cow;

use ch04_decode::Opcode;
use ch05_reply::TEXT;
use ch06_select::{BINARY, Emit, End, Event, Message};
use ch09_stream::{LONGEST, Layer, Part};
use ch10_control::{CloseCode, Failure};

use crate::utf8::{Utf8, is_text};

// ANCHOR: messages
/// The opcode of every fragment of a message but the first (section 5.4).
pub const CONTINUATION: Opcode = Opcode(0x0);

/// The most fragments that a message may have. Empty ones count too: they cost time, and bring nothing.
pub const MAX_FRAGMENTS: usize = 128 * 1024;

/// Puts messages together from the frames that they come in.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Messages {
    /// The message whose last fragment has not come.
    open: Option<Begun>,
}

#[derive(Debug, PartialEq, Eq)]
struct Begun {
    opcode: Opcode,
    /// What has come of it before.
    payload: Vec<u8>,
    fragments: usize,
    utf8: Utf8,
}
// ANCHOR_END: messages

// ANCHOR: take
impl Layer for Messages {
    fn take(&mut self, part: Part<'_>, emit: Emit<'_>) -> Result<(), End> {
        // YOURS: To which message does this part belong, and is it the last of it?
        let header = part.header;
        if self.open.is_none() && header.opcode != CONTINUATION && is_whole(&part) {
            emit(Event::Message(at_once(&part)?));
            return Ok(());
        }
        let mut begun = match self.open.take() {
            _ if part.first && header.opcode != CONTINUATION => Begun::new(header.opcode),
            Some(begun) => begun,
            // A fragment of no message: chapter 12 says what that means.
            None => return Ok(()),
        };
        begun.fragments += usize::from(part.first);
        begun.is_bounded(&part)?;
        begun.is_text_so_far(part.payload)?;
        if part.last && header.fin {
            emit(Event::Message(begun.end(part.payload)?));
        } else {
            begun.keep(&part);
            self.open = Some(begun);
        }
        Ok(())
        // YOURS_END
    }
}

/// Whether this is all of a frame, and its message has no other.
fn is_whole(part: &Part<'_>) -> bool {
    part.first && part.last && part.header.fin
}

/// A message that is here at once, as most are: it is not copied, and nothing has to be remembered.
fn at_once<'a>(part: &'a Part<'_>) -> Result<Message<'a>, Failure> {
    let begun = Begun::new(part.header.opcode);
    begun.is_bounded(part)?;
    if begun.opcode == TEXT && !is_text(part.payload) {
        return Err(NOT_UTF8);
    }
    Ok(Message { opcode: begun.opcode, payload: Cow::Borrowed(part.payload) })
}
// ANCHOR_END: take

// ANCHOR: begun
impl Begun {
    fn new(opcode: Opcode) -> Self {
        let opcode = if opcode == BINARY { BINARY } else { TEXT };
        Begun { opcode, payload: Vec::new(), fragments: 0, utf8: Utf8::default() }
    }

    /// A frame that declares too much is refused before it comes.
    fn is_bounded(&self, part: &Part<'_>) -> Result<(), Failure> {
        // YOURS: How long may a message be, and how many fragments may it have?
        let declared = if part.first { part.header.length } else { 0 };
        let coming = declared.max(part.payload.len() as u64);
        if coming > (LONGEST - self.payload.len()) as u64 {
            let why = format!("a message has at most {LONGEST} bytes").into();
            return Err(Failure { code: CloseCode::TooBig, why });
        }
        if self.fragments > MAX_FRAGMENTS {
            let why = format!("a message has at most {MAX_FRAGMENTS} fragments").into();
            return Err(Failure { code: CloseCode::PolicyViolation, why });
        }
        Ok(())
        // YOURS_END
    }
}
// ANCHOR_END: begun

// ANCHOR: text
impl Begun {
    fn is_text_so_far(&mut self, payload: &[u8]) -> Result<(), Failure> {
        match self.opcode == TEXT && self.utf8.take(payload).is_err() {
            true => Err(NOT_UTF8),
            false => Ok(()),
        }
    }

    /// The whole message, of which this is the last part.
    fn end(mut self, rest: &[u8]) -> Result<Message<'static>, Failure> {
        // YOURS: May a text end here, and where are its bytes?
        if !self.utf8.is_whole() {
            return Err(NOT_UTF8);
        }
        self.payload.extend_from_slice(rest);
        Ok(Message { opcode: self.opcode, payload: Cow::Owned(self.payload) })
        // YOURS_END
    }
}

impl Begun {
    /// Makes room as bytes arrive: twice as much as there is, but no more than the frame declares.
    fn keep(&mut self, part: &Part<'_>) {
        let declared = part.header.length as usize;
        let more = self.payload.len().min(declared.saturating_sub(self.payload.len()));
        if self.payload.capacity() - self.payload.len() < part.payload.len() {
            self.payload.reserve_exact(more.max(part.payload.len()));
        }
        self.payload.extend_from_slice(part.payload);
    }
}

const NOT_UTF8: Failure =
    Failure { code: CloseCode::InvalidPayload, why: Cow::Borrowed("a text is UTF-8") };
// ANCHOR_END: text
