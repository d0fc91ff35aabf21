//! What one direction's frames add up to: whether a message is open, and whether its text is UTF-8.

use crate::deflate::{Inflater, Window};
use crate::header::Header;
use crate::unit::{Fault, SHOWN_AS_DATA};

/// The first of the three reserved bits.
const RSV1: u8 = 0b100;

/// The state of one direction between frames.
#[derive(Clone, Debug, Default)]
pub(crate) struct Messages {
    /// The opcode of the message whose last frame has not come.
    open: Option<u8>,
    /// How many of its fragments have come.
    fragments: usize,
    /// What they say together: the first 4,096 characters.
    said: String,
    /// The bytes of a character that the last frame cut: three at most.
    cut: Vec<u8>,
    /// Bytes of the open message were not kept, so it is not judged.
    unjudged: bool,
    /// What inflates, if permessage-deflate was agreed on (RFC 7692).
    deflate: Option<Inflater>,
    /// The open message is compressed.
    compressed: bool,
    closing: bool,
}

/// How much of a frame's payload there is to look at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// All of it.
    All,
    /// What has arrived so far.
    SoFar,
    /// The beginning: what came later was counted and thrown away.
    Beginning,
}

impl Messages {
    /// A Close frame has come: nothing may follow it.
    pub(crate) fn end(&mut self) {
        self.closing = true;
    }

    /// Whether a Close frame has come.
    pub(crate) fn has_ended(&self) -> bool {
        self.closing
    }

    /// Both ends have agreed on permessage-deflate, or have not.
    pub(crate) fn agree_on_deflate(&mut self, agreed: Option<Window>) {
        self.deflate = agreed.map(Inflater::new);
    }

    /// What is wrong with a frame of this opcode at this point (section 5.4).
    pub(crate) fn fault_before(&self, opcode: u8) -> Option<Fault> {
        let why = match (opcode, self.open) {
            _ if self.closing => {
                return Some(Fault::new("nothing may follow a Close frame", "5.5.1"));
            }
            (0x0, None) => "there is no message to continue",
            (0x1 | 0x2, Some(_)) => "the message before has not ended: opcode 0 continues it",
            _ => return None,
        };
        Some(Fault::new(why, "5.4"))
    }

    /// What is wrong with the reserved bits of a frame, as the three low bits of a number (section 5.2).
    pub(crate) fn reserved_fault(&self, rsv: u8, opcode: u8) -> Option<Fault> {
        if rsv == 0 {
            return None;
        }
        let why = match (self.deflate.is_some(), rsv, opcode) {
            (false, ..) => "a reserved bit is set, and no extension was agreed on",
            (true, RSV1, 0x1 | 0x2) => return None,
            (true, RSV1, _) => {
                let why = "only a message's first frame says that it is compressed";
                return Some(Fault::new(why, "RFC 7692, section 6"));
            }
            (true, ..) => "a reserved bit is set that the extension does not use",
        };
        Some(Fault::new(why, "5.2"))
    }

    /// Whether a frame is part of a compressed message (RFC 7692, section 6).
    pub(crate) fn is_compressed(&self, header: &Header) -> bool {
        match header.opcode {
            0x0 => self.compressed,
            0x1 | 0x2 => self.deflate.is_some() && header.rsv & RSV1 != 0,
            _ => false,
        }
    }

    /// Which fragment of the open message a frame is, or that it comes between two of them.
    pub(crate) fn place(&self, header: &Header) -> String {
        let Some(open) = self.open else { return String::new() };
        let kind = if open == 0x1 { "a text" } else { "a binary message" };
        let last = if header.fin { ", the last" } else { "" };
        match header.opcode {
            0x0 => format!(", fragment {} of {kind}{last}", self.fragments + 1),
            opcode if opcode & 0x8 != 0 => ", between two fragments".to_owned(),
            _ => String::new(),
        }
    }

    /// What all fragments of a text say together, when this frame is the last of several, and has been taken.
    pub(crate) fn whole_text(&self, header: &Header) -> Option<&str> {
        let is_last = header.opcode == 0x0 && header.fin && self.open == Some(0x1);
        (is_last && !self.unjudged && !self.compressed).then_some(&self.said)
    }

    /// The text of a frame, if it is one, whose payload is inflated if it was compressed. Faults of its encoding are
    /// added once all of it is here.
    pub(crate) fn take(
        &mut self,
        header: &Header,
        payload: &[u8],
        kept: Kept,
        faults: &mut Vec<Fault>,
    ) -> Option<String> {
        if header.opcode & 0x8 != 0 {
            return std::str::from_utf8(payload).ok().filter(|t| !t.is_empty()).map(str::to_owned);
        }
        if header.opcode != 0 {
            self.cut.clear();
            self.said.clear();
            self.unjudged = false;
        }
        let opcode = if header.opcode == 0 { self.open? } else { header.opcode };
        if opcode != 0x1 {
            return None;
        }
        // Of bytes that were not kept, nobody knows whether they were UTF-8.
        self.unjudged |= kept == Kept::Beginning;
        let whole = kept == Kept::All && !self.unjudged;
        let bytes = [self.cut.as_slice(), payload].concat();
        let (valid, only_cut) = match std::str::from_utf8(&bytes) {
            Ok(text) => (text.len(), false),
            Err(error) => (error.valid_up_to(), error.error_len().is_none()),
        };
        let ends_cut = only_cut && !header.fin;
        // A byte that is wrong is so before the rest of its frame has come.
        let is_wrong = match kept {
            Kept::All => !ends_cut,
            Kept::SoFar => !only_cut,
            Kept::Beginning => false,
        };
        if is_wrong && !self.unjudged && valid < bytes.len() {
            // A character that an earlier frame began is wrong from this payload's first byte on, or at the end of a
            // frame without a payload.
            let at = header.size + valid.saturating_sub(self.cut.len());
            let at = at.min(header.size + payload.len() - 1);
            faults.push(Fault::new("the text is not UTF-8", "8.1").at(at));
        }
        if whole {
            self.cut = if ends_cut { bytes[valid..].to_vec() } else { Vec::new() };
        }
        let shown = if ends_cut || !whole { &bytes[..valid] } else { &bytes[..] };
        let text = String::from_utf8_lossy(shown).into_owned();
        let room = SHOWN_AS_DATA - self.said.chars().count();
        self.said.extend(text.chars().take(room));
        Some(text)
    }

    /// What a whole frame of a compressed message says.
    pub(crate) fn inflate(
        &mut self,
        header: &Header,
        payload: &[u8],
        kept: Kept,
        faults: &mut Vec<Fault>,
    ) -> Option<Vec<u8>> {
        let inflater = self.deflate.as_mut()?;
        if kept != Kept::All {
            inflater.lose();
            return None;
        }
        inflater.inflate(payload, (header.opcode != 0, header.fin), header.size, faults)
    }

    /// The frame is over: what is open after it?
    pub(crate) fn end_frame(&mut self, header: &Header) {
        self.compressed = match header.opcode & 0x8 {
            0 => !header.fin && self.is_compressed(header),
            _ => self.compressed,
        };
        match header.opcode {
            0x8 => self.end(),
            opcode if opcode & 0x8 != 0 => {}
            _ if header.fin => self.open = None,
            0x0 => self.fragments += 1,
            opcode => (self.open, self.fragments) = (Some(opcode), 1),
        }
    }
}
