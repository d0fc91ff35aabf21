//! The vocabulary: what a piece of the wire is called, and what its bytes mean.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::header::Frame;
use crate::hex::hex;

/// How many of a unit's bytes leave the program as data; the rest is counted in [`Unit::omitted`].
pub(crate) const SHOWN_AS_DATA: usize = 4096;
/// How many characters of a text stand in the value of its part.
const SHOWN_AS_VALUE: usize = 48;

/// One of the two ends of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The end that opened the connection.
    Client,
    /// The end that accepted it.
    Server,
}

impl fmt::Display for Side {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Side::Client => "client",
            Side::Server => "server",
        })
    }
}

/// What kind of thing a [`Unit`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// An HTTP request, up to its empty line.
    #[serde(rename = "request head")]
    RequestHead,
    /// An HTTP response, up to its empty line.
    #[serde(rename = "response head")]
    ResponseHead,
    /// One WebSocket frame (RFC 6455, section 5.2).
    #[serde(rename = "frame")]
    Frame,
    /// What follows the heads of the older handshake: 8 bytes of the client, 16 of the server.
    #[serde(rename = "challenge")]
    Challenge,
    /// One frame of 2010 (draft Hixie-76).
    #[serde(rename = "older frame")]
    HixieFrame,
    /// One record of TLS (RFC 8446).
    #[serde(rename = "TLS record")]
    Record,
    /// What follows the head of a response that did not upgrade.
    #[serde(rename = "body")]
    Body,
    /// Bytes that are none of these.
    #[serde(rename = "unknown")]
    Unknown,
}

/// What is wrong with some bytes, where, and which section of RFC 6455 says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// One sentence.
    pub why: String,
    /// A section's number, such as `5.1`, or the name of another document.
    pub section: String,
    /// The byte at which it is wrong, as an offset in its direction's stream, if it has a place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<usize>,
}

/// Where to read about a section: its number, and in which document it is.
pub fn source(section: &str) -> String {
    match section.starts_with(|c: char| c.is_ascii_digit()) {
        true => format!("RFC 6455, section {section}"),
        false => section.to_owned(),
    }
}

impl Fault {
    pub(crate) fn new(why: impl Into<String>, section: &str) -> Self {
        Fault { why: why.into(), section: section.into(), at: None }
    }

    pub(crate) fn at(self, at: usize) -> Self {
        Fault { at: Some(at), ..self }
    }

    fn shift(&mut self, by: usize) {
        self.at = self.at.map(|at| at + by);
    }
}

/// A name for some bytes of a unit, or for some bits of one byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Where it begins, as an offset in its direction's stream.
    pub start: usize,
    /// Where it ends: the first byte that is not part of it.
    pub end: usize,
    /// From which bit up to, not with, which one; bit 0 is the most significant, as in the RFC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bits: Option<(u8, u8)>,
    /// What the RFC calls it.
    pub name: String,
    /// Its value, as a person reads it.
    pub value: String,
    /// What the value means, where it is not plain.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl Part {
    pub(crate) fn bytes(range: Range<usize>, name: &str, value: impl Into<String>) -> Self {
        Part {
            start: range.start,
            end: range.end,
            bits: None,
            name: name.into(),
            value: value.into(),
            note: String::new(),
        }
    }

    pub(crate) fn bits(at: usize, bits: (u8, u8), name: &str, value: impl Into<String>) -> Self {
        Part { bits: Some(bits), ..Part::bytes(at..at + 1, name, value) }
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// A text as the value: its beginning, and its length where that is not all.
    pub(crate) fn text(self, text: &str) -> Self {
        let count = text.chars().count();
        if count <= SHOWN_AS_VALUE {
            return Part { value: format!("\"{text}\""), ..self };
        }
        let start: String = text.chars().take(SHOWN_AS_VALUE).collect();
        Part { value: format!("\"{start}…\""), note: format!("{count} characters"), ..self }
    }

    pub(crate) fn shift(&mut self, by: usize) {
        self.start += by;
        self.end += by;
    }
}

/// A head, a frame, or whatever else came, with its bytes named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// What it is.
    pub kind: Kind,
    /// A short description, such as `text frame, 7 bytes, masked`.
    pub title: String,
    /// Where it begins, as an offset in its direction's stream.
    pub start: usize,
    /// Where it ends, as far as it has arrived.
    pub end: usize,
    /// Whether all of it has arrived.
    pub complete: bool,
    /// The bytes in hexadecimal, the first 4,096 of them.
    pub hex: String,
    /// How many bytes `hex` leaves out.
    pub omitted: usize,
    /// The lengths of the reads in which it arrived, where they were more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pieces: Vec<usize>,
    /// Its text, unmasked, where it has one: the first 4,096 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What the whole message says of which it is the last fragment, where that is a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What is wrong with it.
    pub faults: Vec<Fault>,
    /// Its bytes by name, in order.
    pub parts: Vec<Part>,
    /// The bytes themselves, as far as the instrument kept them.
    #[serde(skip)]
    pub bytes: Vec<u8>,
    /// What a frame says that is compressed (RFC 7692), where it can be followed.
    #[serde(skip)]
    pub inflated: Option<Vec<u8>>,
    /// The frame, where it is one.
    #[serde(skip)]
    pub frame: Option<Frame>,
}

impl Unit {
    /// A unit that begins at offset 0, with its parts still to come.
    pub(crate) fn new(kind: Kind, title: impl Into<String>, bytes: &[u8], complete: bool) -> Self {
        let shown = bytes.len().min(SHOWN_AS_DATA);
        Unit {
            kind,
            title: title.into(),
            start: 0,
            end: bytes.len(),
            complete,
            hex: hex(&bytes[..shown]),
            omitted: bytes.len() - shown,
            pieces: Vec::new(),
            text: None,
            message: None,
            faults: Vec::new(),
            parts: Vec::new(),
            bytes: bytes.to_vec(),
            inflated: None,
            frame: None,
        }
    }

    /// The value of the first part with this name, in whatever case: a header field's value, say.
    pub fn value(&self, name: &str) -> Option<&str> {
        let mut parts = self.parts.iter();
        parts.find(|part| part.name.eq_ignore_ascii_case(name)).map(|part| part.value.as_str())
    }

    /// The part that a byte belongs to, which is given as an offset in the stream.
    pub fn part_at(&self, at: usize) -> Option<&Part> {
        self.parts.iter().find(|part| part.start <= at && at < part.end)
    }

    pub(crate) fn set_text(&mut self, text: Option<String>) {
        self.text = text.map(|text| text.chars().take(SHOWN_AS_DATA).collect());
    }

    /// Says that the unit was longer than what was kept of it.
    pub(crate) fn skipped(&mut self, bytes: usize) {
        self.end += bytes;
        self.omitted += bytes;
    }

    /// Moves the unit, which was named as if it began at 0, to its place in the stream.
    pub(crate) fn shift(&mut self, by: usize) {
        self.start += by;
        self.end += by;
        self.parts.iter_mut().for_each(|part| part.shift(by));
        self.faults.iter_mut().for_each(|fault| fault.shift(by));
    }
}
