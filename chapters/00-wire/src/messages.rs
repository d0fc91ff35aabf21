//! What one direction's frames add up to: whether a message is open, and whether its text is UTF-8.

use crate::header::Header;
use crate::unit::Fault;

/// The state of one direction between frames.
#[derive(Clone, Debug, Default)]
pub(crate) struct Messages {
    /// The opcode of the message whose last frame has not come.
    open: Option<u8>,
    /// The bytes of a character that the last frame cut: three at most.
    cut: Vec<u8>,
    /// Bytes of the open message were not kept, so it is not judged.
    unjudged: bool,
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

    /// What is wrong with a frame of this opcode at this point (section 5.4).
    pub(crate) fn fault_before(&self, opcode: u8) -> Option<Fault> {
        if self.closing {
            return Some(Fault::new("nothing may follow a Close frame", "5.5.1"));
        }
        match (opcode, self.open) {
            (0x0, None) => Some(Fault::new("there is no message to continue", "5.4")),
            (0x1 | 0x2, Some(_)) => {
                Some(Fault::new("the message before has not ended: opcode 0 continues it", "5.4"))
            }
            _ => None,
        }
    }

    /// The text of a frame, if it is one. Faults of its encoding are added once all of it is here.
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
        if whole && valid < bytes.len() && !ends_cut {
            faults.push(Fault::new("the text is not UTF-8", "8.1"));
        }
        if whole {
            self.cut = if ends_cut { bytes[valid..].to_vec() } else { Vec::new() };
        }
        let shown = if ends_cut || !whole { &bytes[..valid] } else { &bytes[..] };
        Some(String::from_utf8_lossy(shown).into_owned())
    }

    /// The frame is over: what is open after it?
    pub(crate) fn end_frame(&mut self, header: &Header) {
        match header.opcode {
            0x8 => self.end(),
            opcode if opcode & 0x8 != 0 => {}
            _ if header.fin => self.open = None,
            0x0 => {}
            opcode => self.open = Some(opcode),
        }
    }
}
