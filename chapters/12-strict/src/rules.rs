//! The rules of frames, in one table (RFC 6455, sections 5.2, 5.4, 5.5 and 7.4).

use ch05_reply::TEXT;
use ch06_select::{BINARY, CLOSE};
use ch09_stream::{Header, MAX_CONTROL};
use ch10_control::{CloseCode, PONG};
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
    /// The code of the Close frame that a client gets who breaks it.
    pub code: CloseCode,
    /// Whether a frame breaks it.
    pub is_broken: fn(&Frame) -> bool,
}

const fn protocol(
    section: &'static str,
    says: &'static str,
    is_broken: fn(&Frame) -> bool,
) -> Rule {
    Rule { section, says, code: CloseCode::ProtocolError, is_broken }
}
// ANCHOR_END: rule

// ANCHOR: rules
/// Every rule, in the order in which they are looked at.
pub const RULES: [Rule; 11] = [
    protocol("5.2", "a reserved bit is 0, unless an extension gives it a meaning", |frame| {
        frame.header.rsv & !frame.may_be_set() != 0
    }),
    protocol("5.2", "the opcodes 3 to 7 and 11 to 15 are reserved", |frame| {
        ![CONTINUATION, TEXT, BINARY].contains(&frame.header.opcode)
            && !(CLOSE..=PONG).contains(&frame.header.opcode)
    }),
    protocol("5.2", "a payload length takes the shortest of its three forms", |frame| match frame
        .header
        .extended
    {
        2 => frame.header.length < 126,
        8 => frame.header.length <= u64::from(u16::MAX),
        _ => false,
    }),
    protocol("5.2", "the first bit of a payload length is 0", |frame| {
        frame.header.length >> 63 != 0
    }),
    protocol("5.5", "a control frame has at most 125 bytes", |frame| {
        frame.is_control() && frame.header.length > MAX_CONTROL
    }),
    protocol("5.5", "a control frame is not fragmented", |frame| {
        frame.is_control() && !frame.header.fin
    }),
    protocol("5.4", "there is no message to continue", |frame| {
        frame.header.opcode == CONTINUATION && !frame.in_message
    }),
    protocol("5.4", "a message begins when the one before it is whole", |frame| {
        frame.begins_message() && frame.in_message
    }),
    protocol("5.5.1", "a Close frame has no payload, or a code of two bytes", |frame| {
        frame.header.opcode == CLOSE && frame.payload.len() == 1
    }),
    protocol("7.4", "a close code is one that may be sent", |frame| {
        frame.close_code().is_some_and(|code| !may_be_sent(code))
    }),
    Rule {
        section: "5.5.1",
        says: "the reason of a Close frame is UTF-8",
        code: CloseCode::InvalidPayload,
        is_broken: |frame| {
            frame.close_code().is_some() && str::from_utf8(&frame.payload[2..]).is_err()
        },
    },
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
        if self.begins_message() { self.agreed } else { 0 }
    }

    fn close_code(&self) -> Option<u16> {
        let code = self.payload.first_chunk().filter(|_| self.header.opcode == CLOSE)?;
        Some(u16::from_be_bytes(*code))
    }
}

/// The codes that section 7.4.1 defines for the wire, those that were registered with IANA later (1012 to
/// 1014), and those of section 7.4.2 for libraries and applications. 1005, 1006 and 1015 are never sent.
fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}
// ANCHOR_END: terms
