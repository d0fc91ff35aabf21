//! Answers that are not a WebSocket's: what an operator asks for, and what a client is sent away with.

use ch02_key::Request;
use ch06_select::End;
use ch13_door::answer;

use crate::Counters;

// ANCHOR: answer
/// For a client that has not asked for anything within its time (RFC 9110, section 15.5.9).
pub(crate) fn too_late() -> End {
    answer("408 Request Timeout", "", "the handshake took too long")
}

/// For a client that may try again later (section 15.6.4).
pub(crate) fn no_room(why: &str) -> End {
    answer("503 Service Unavailable", "Retry-After: 10\r\n", why)
}
// ANCHOR_END: answer

// ANCHOR: report
/// What an operator asks for, if the head of a request does.
pub(crate) fn report(head: &[u8], counters: &Counters) -> Option<End> {
    // YOURS: Which two targets are an operator's, and what is the answer?
    match Request::parse(head).ok()?.target.as_str() {
        "/metrics" => {
            let why = "the report is sent".to_owned();
            Some(End { why, ..answer("200 OK", "", counters.text().trim_end()) })
        }
        "/health" => Some(answer("200 OK", "", "ok")),
        _ => None,
    }
    // YOURS_END
}
// ANCHOR_END: report

// ANCHOR: code
/// The status or the close code that a client is sent away with. 1006 is what a client is told that
/// gets none, and it never crosses the wire (RFC 6455, section 7.4.1).
pub(crate) fn code(last: &[u8]) -> u16 {
    match *last {
        [b'H', b'T', b'T', b'P', _, _, _, _, _, a, b, c, ..] => {
            [a, b, c].iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'))
        }
        [0x88, 2..=125, high, low, ..] => u16::from_be_bytes([high, low]),
        [0x88, ..] | [0xff, 0x00] => 1005,
        _ => 1006,
    }
}
// ANCHOR_END: code
