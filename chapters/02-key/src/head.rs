//! The head of an HTTP request: a request line, header fields, an empty line.

use std::fmt;
use std::io::{self, BufRead, Read};

// ANCHOR: read_head
/// The longest head that is read, in bytes. A longer one is refused.
pub const MAX_HEAD: usize = 16 * 1024;

/// How much of a head is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadEnd {
    /// All of it: it ends with its empty line.
    Found,
    /// The reader ended first. If more comes later, go on with the same `head`.
    NotYet,
    /// There is none within [`MAX_HEAD`] bytes, and no more is read.
    TooFar,
}

/// Reads on, line by line, until `head` ends with its empty line; what follows stays unread.
pub fn read_head(reader: &mut impl BufRead, head: &mut Vec<u8>) -> io::Result<HeadEnd> {
    // YOURS: Which line is the last of a head, and what if it never comes?
    while !ends_with_empty_line(head) {
        let room = MAX_HEAD - head.len();
        if room == 0 {
            return Ok(HeadEnd::TooFar);
        }
        if reader.by_ref().take(room as u64).read_until(b'\n', head)? == 0 {
            return Ok(HeadEnd::NotYet);
        }
    }
    Ok(HeadEnd::Found)
    // YOURS_END
}

fn ends_with_empty_line(head: &[u8]) -> bool {
    let before = head.strip_suffix(b"\r\n").or_else(|| head.strip_suffix(b"\n"));
    matches!(before, Some([] | [.., b'\n']))
}
// ANCHOR_END: read_head

// ANCHOR: request
/// A request, as far as an opening handshake needs it.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    /// What is asked for, such as `/chat`.
    pub target: String,
    /// The header fields in order: name and value, without the space around the value.
    pub fields: Vec<(String, String)>,
}

/// Why a request is answered with 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadRequest {
    /// The first line is not `GET`, a target and `HTTP/1.1`.
    NoRequestLine,
    /// A line is not a header field: it has no colon.
    NoField,
    /// The empty line never came.
    NoEnd,
    /// It did not come within [`MAX_HEAD`] bytes.
    TooLong,
    /// There is no `Sec-WebSocket-Key`.
    NoKey,
}
// ANCHOR_END: request

// ANCHOR: parse
impl Request {
    /// Takes a head apart.
    pub fn parse(head: &[u8]) -> Result<Request, BadRequest> {
        // YOURS: Which parts has the first line, and where does a field divide?
        if head.len() >= MAX_HEAD && !ends_with_empty_line(head) {
            return Err(BadRequest::TooLong);
        }
        let head = String::from_utf8_lossy(head);
        let mut lines = head.lines();
        let first: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
        let target = match first[..] {
            ["GET", target, "HTTP/1.1"] if !target.is_empty() => target,
            _ => return Err(BadRequest::NoRequestLine),
        };
        let mut fields = Vec::new();
        for line in lines {
            if line.is_empty() {
                return Ok(Request { target: target.to_owned(), fields });
            }
            let (name, value) = line.split_once(':').ok_or(BadRequest::NoField)?;
            fields.push((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()));
        }
        Err(BadRequest::NoEnd)
        // YOURS_END
    }
    // ANCHOR_END: parse

    // ANCHOR: field
    /// The value of the first field with this name, in whatever case it is written.
    pub fn field(&self, name: &str) -> Option<&str> {
        // YOURS: Which field has this name, in whatever case?
        let mut fields = self.fields.iter();
        fields.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
        // YOURS_END
    }

    /// The key, which makes a request the start of a WebSocket connection.
    pub fn key(&self) -> Result<String, BadRequest> {
        // YOURS: Which field holds the key, and what if it is missing or empty?
        match self.field("Sec-WebSocket-Key") {
            Some(key) if !key.is_empty() => Ok(key.to_owned()),
            _ => Err(BadRequest::NoKey),
        }
        // YOURS_END
    }
}
// ANCHOR_END: field

// ANCHOR: errors
impl fmt::Display for BadRequest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            BadRequest::NoRequestLine => "the first line must be: GET, a target, HTTP/1.1",
            BadRequest::NoField => "a header field must be: a name, a colon, a value",
            BadRequest::NoEnd => "the head must end with an empty line",
            BadRequest::TooLong => "the head must end within 16 KiB",
            BadRequest::NoKey => "there is no Sec-WebSocket-Key: this server speaks WebSocket only",
        })
    }
}

impl std::error::Error for BadRequest {}
// ANCHOR_END: errors
