//! How a connection ends: a Close frame, its code and its reason (RFC 6455, sections 5.5.1 and 7).

use std::borrow::Cow;

use ch01_listen::on_one_line;
use ch05_reply::encode;
use ch06_select::{CLOSE, End};

// ANCHOR: close_code
/// Why a server of ours says goodbye first (section 7.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseCode {
    /// The server stops.
    GoingAway = 1001,
    /// What came breaks a rule of the protocol.
    ProtocolError = 1002,
    /// A text is not UTF-8.
    InvalidPayload = 1007,
    /// What came breaks a rule of this server.
    PolicyViolation = 1008,
    /// A message is too long.
    TooBig = 1009,
}

/// Why a connection is failed (section 7.1.7): the code and the reason go to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The code of the Close frame.
    pub code: CloseCode,
    /// Its reason: what is over 123 bytes is cut off.
    pub why: Cow<'static, str>,
}

impl Failure {
    /// A rule of the protocol is broken.
    pub fn protocol_error(why: impl Into<Cow<'static, str>>) -> Self {
        Failure { code: CloseCode::ProtocolError, why: why.into() }
    }
}

// ANCHOR_END: close_code

// ANCHOR: failure
/// A control frame has 125 bytes for its payload, and the code takes two of them.
const LONGEST_REASON: usize = 123;

impl From<Failure> for End {
    fn from(Failure { code, why }: Failure) -> Self {
        // YOURS: What is in the payload of a Close frame, in which order?
        let is_room = |at: &usize| *at <= LONGEST_REASON && why.is_char_boundary(*at);
        let room = (0..=why.len()).rfind(is_room).unwrap_or(0);
        let payload = [&(code as u16).to_be_bytes(), &why.as_bytes()[..room]].concat();
        End { last: encode(CLOSE, &payload), why: format!("{}: {why}", code as u16) }
        // YOURS_END
    }
}
// ANCHOR_END: failure

// ANCHOR: answer
/// The answer to a Close frame with this payload: a Close frame with the same code.
pub fn answer(payload: &[u8]) -> End {
    // YOURS: What is in the payload of a Close frame, and what is sent back?
    let Some((code, reason)) = payload.split_first_chunk() else {
        return End { last: encode(CLOSE, b""), why: "it says goodbye".to_owned() };
    };
    let why = format!("it says goodbye: {} {}", u16::from_be_bytes(*code), on_one_line(reason));
    End { last: encode(CLOSE, code), why: why.trim_end().to_owned() }
    // YOURS_END
}
// ANCHOR_END: answer
