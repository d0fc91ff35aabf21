//! Why a request is refused, and the whole answer to it.

use ch06_select::End;

// ANCHOR: refusal
/// Why a request is refused: a status, and words for the person who reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// 400: it is malformed, for this reason.
    Bad(&'static str),
    /// 403: it comes from the page of another origin.
    Forbidden,
    /// 426: it is of a version that this server does not speak.
    OtherVersion,
    /// 431: its head is too long, or has too many fields.
    TooLarge,
}
// ANCHOR_END: refusal

// ANCHOR: parts
impl Refusal {
    /// Status, header fields that belong to it, and why.
    fn parts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Refusal::Bad(why) => ("400 Bad Request", "", why),
            Refusal::Forbidden => ("403 Forbidden", "", "this origin may not come in"),
            Refusal::OtherVersion => {
                let fields =
                    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";
                ("426 Upgrade Required", fields, "this server speaks version 13")
            }
            Refusal::TooLarge => {
                ("431 Request Header Fields Too Large", "", "the head is too large")
            }
        }
    }
}

impl From<Refusal> for End {
    fn from(refusal: Refusal) -> Self {
        let (status, fields, why) = refusal.parts();
        answer(status, fields, why)
    }
}

/// A whole answer by HTTP, after which the connection ends.
pub fn answer(status: &str, fields: &str, body: &str) -> End {
    let last = format!(
        "HTTP/1.1 {status}\r\n\
         {fields}\
         Content-Type: text/plain\r\n\
         Content-Length: {}\r\n\
         Connection: close\r\n\
         \r\n\
         {body}\n",
        body.len() + 1
    );
    End { last: last.into(), why: format!("{}: {body}", &status[..3]) }
}
// ANCHOR_END: parts
