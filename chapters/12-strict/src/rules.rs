//! The rules of frames, in one table (RFC 6455, sections 5.1, 5.2, 5.4, 5.5 and 7.4).

use ch04_decode::Opcode;
use ch06_select::CLOSE;
use ch09_stream::{Header, MAX_CONTROL};
use ch10_control::CloseCode::{self, InvalidPayload, ProtocolError};
use ch11_messages::CONTINUATION;

// ANCHOR: rule
/// What a rule looks at: a frame that begins.
#[derive(Debug)]
pub struct Frame<'a> {
    /// Its header.
    pub header: &'a Header,
    /// Its payload, as far as it is here: that of a control frame is whole.
    pub payload: &'a [u8],
    /// A message has begun before it, and is not whole.
    pub in_message: bool,
    /// The reserved bits that an extension may set on the first frame of a message.
    pub agreed: u8,
}

/// A rule that a client keeps, or its connection is failed.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The section of the RFC that has it.
    pub section: &'static str,
    /// What it says.
    pub says: &'static str,
    /// The code of the Close frame that answers a frame that breaks it.
    pub code: CloseCode,
    /// Whether a frame breaks it.
    pub is_broken: fn(&Frame) -> bool,
}

const fn rule(
    code: CloseCode,
    section: &'static str,
    says: &'static str,
    is_broken: fn(&Frame) -> bool,
) -> Rule {
    Rule { section, says, code, is_broken }
}
// ANCHOR_END: rule

// ANCHOR: rules
/// Every rule, in the order in which they are looked at.
pub const RULES: [Rule; 12] = [
    rule(ProtocolError, "5.1", "a client masks its frames", |frame| {
        frame.header.masking_key.is_none()
    }),
    rule(ProtocolError, "5.2", "a reserved bit is 0, unless an extension uses it", |frame| {
        frame.header.rsv & !frame.may_be_set() != 0
    }),
    rule(ProtocolError, "5.2", "the opcodes 3 to 7 and 11 to 15 are reserved", |frame| {
        matches!(frame.header.opcode, Opcode(3..=7 | 11..=15))
    }),
    rule(ProtocolError, "5.2", "a payload length takes the shortest of its three forms", |frame| {
        frame.header.extended > shortest(frame.header.length)
    }),
    rule(ProtocolError, "5.2", "the first bit of a payload length is 0", |frame| {
        frame.header.length >> 63 != 0
    }),
    rule(ProtocolError, "5.5", "a control frame has at most 125 bytes", |frame| {
        frame.is_control() && frame.header.length > MAX_CONTROL
    }),
    rule(ProtocolError, "5.5", "a control frame is not fragmented", |frame| {
        frame.is_control() && !frame.header.fin
    }),
    rule(ProtocolError, "5.4", "a continuation frame continues a message", |frame| {
        frame.header.opcode == CONTINUATION && !frame.in_message
    }),
    rule(ProtocolError, "5.4", "a message begins when the one before it is whole", |frame| {
        frame.begins_message() && frame.in_message
    }),
    rule(ProtocolError, "5.5.1", "a Close frame has no payload, or a code of two bytes", |frame| {
        frame.header.opcode == CLOSE && frame.payload.len() == 1
    }),
    rule(ProtocolError, "7.4", "a close code is one that may be sent", |frame| {
        frame.close_code().is_some_and(|code| !may_be_sent(code))
    }),
    rule(InvalidPayload, "5.5.1", "the reason of a Close frame is UTF-8", |frame| {
        frame.close_code().is_some() && str::from_utf8(&frame.payload[2..]).is_err()
    }),
];
// ANCHOR_END: rules

// ANCHOR: terms
impl Frame<'_> {
    pub(crate) fn is_control(&self) -> bool {
        self.header.opcode >= CLOSE
    }

    fn begins_message(&self) -> bool {
        !self.is_control() && self.header.opcode != CONTINUATION
    }

    /// Which of the reserved bits have a meaning here.
    fn may_be_set(&self) -> u8 {
        // YOURS: On which frames may an extension set its bits?
        if self.begins_message() { self.agreed } else { 0 }
        // YOURS_END
    }

    fn close_code(&self) -> Option<u16> {
        // YOURS: Which frames have a close code, and where is it?
        let code = self.payload.first_chunk().filter(|_| self.header.opcode == CLOSE)?;
        Some(u16::from_be_bytes(*code))
        // YOURS_END
    }
}

/// How many bytes behind the second one a payload length needs.
fn shortest(length: u64) -> usize {
    // YOURS: Up to which length are seven bits enough, and up to which two bytes?
    match length {
        0..=125 => 0,
        126..=0xffff => 2,
        _ => 8,
    }
    // YOURS_END
}

/// The codes that section 7.4.1 defines for the wire, those that were registered with IANA later (1012 to
/// 1014), and those of section 7.4.2 for libraries and applications. 1005, 1006 and 1015 are never sent.
fn may_be_sent(code: u16) -> bool {
    // YOURS: Which codes may cross the wire?
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
    // YOURS_END
}
// ANCHOR_END: terms
