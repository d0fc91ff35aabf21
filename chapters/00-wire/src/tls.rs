//! Names the records of TLS (RFC 8446, section 5.1): how long each is, and what it says while it may still be read.

use crate::hex::{counted, hex};
use crate::unit::{Fault, Kind, Part, Unit};

/// Type, version, length.
const HEADER: usize = 5;
const CHANGE_CIPHER_SPEC: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;
/// The most that the length may say.
const LONGEST: usize = 16 * 1024 + 256;
/// What a fault in these bytes is held against.
const RFC: &str = "RFC 8446, section 5.1";

/// Whether a connection that begins like this speaks TLS: a type, and the first half of a version.
pub(crate) fn begins(bytes: &[u8]) -> bool {
    matches!(bytes, [CHANGE_CIPHER_SPEC..=APPLICATION_DATA, 3, ..])
}

/// The size of the record at the beginning, once its header is here.
pub(crate) fn size(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk::<HEADER>().map(|header| (HEADER + length(*header)) as u64)
}

fn length([.., high, low]: [u8; HEADER]) -> usize {
    usize::from(u16::from_be_bytes([high, low]))
}

/// Names a record, or as much of it as there is. `secret`: this side has changed to its keys, and is heard by nobody
/// else; then it does, with this record or one before it.
///
/// Only bytes that have a meaning are kept. Nobody but the two sides can read the others, and they are different each
/// time.
pub(crate) fn name(bytes: &[u8], secret: &mut bool) -> Unit {
    let Some(header) = bytes.first_chunk::<HEADER>() else {
        return Unit::new(Kind::Record, "TLS record (its header is not all here)", bytes, false);
    };
    let (length, body) = (length(*header), &bytes[HEADER..]);
    let is_whole = body.len() == length;
    *secret |= header[0] == APPLICATION_DATA;
    let told = if *secret { None } else { told(header[0], body) };
    let kept = told.as_ref().map_or(0, |told| told.end);
    let what = told.as_ref().map_or_else(|| kind(header[0]), |told| &told.value);
    let mut title = format!("TLS record: {what}, {}", counted(length as u64));
    if !is_whole {
        title += &format!(" ({} here)", counted(body.len() as u64));
    }
    let mut unit = Unit::new(Kind::Record, title, &bytes[..HEADER + kept], is_whole);
    unit.parts = vec![
        Part::bytes(0..1, "content type", header[0].to_string()).note(kind(header[0])),
        Part::bytes(1..3, "version", hex(&header[1..3])).note("it decides nothing any more"),
        Part::bytes(3..5, "length", length.to_string()),
    ];
    unit.parts.extend(told.map(|mut told| {
        told.shift(HEADER);
        told
    }));
    if body.len() > kept {
        let name = if *secret { "encrypted" } else { "not shown" };
        let rest = Part::bytes(HEADER + kept..bytes.len(), name, "");
        unit.parts.push(rest.note(counted((body.len() - kept) as u64)));
    }
    unit.skipped(body.len() - kept);
    *secret |= header[0] == CHANGE_CIPHER_SPEC;
    if length > LONGEST {
        unit.faults.push(Fault::new("the record is longer than a record may be", RFC).at(3));
    }
    unit
}

/// What the beginning of a record says that is not encrypted.
fn told(content: u8, body: &[u8]) -> Option<Part> {
    match (content, body) {
        (HANDSHAKE, [kind, _, _, _, ..]) => {
            Some(Part::bytes(0..4, "message and its length", message(*kind)))
        }
        (ALERT, [level, description]) => {
            let level = if *level == 1 { "warning" } else { "fatal" };
            let text = format!("{level} alert {description}, {}", alert(*description));
            Some(Part::bytes(0..2, "level and description", text))
        }
        (CHANGE_CIPHER_SPEC, [_]) => {
            Some(Part::bytes(0..1, "message", "change_cipher_spec").note("from here on, encrypted"))
        }
        _ => None,
    }
}

fn kind(content: u8) -> &'static str {
    match content {
        CHANGE_CIPHER_SPEC => "change_cipher_spec",
        ALERT => "alert",
        HANDSHAKE => "handshake",
        APPLICATION_DATA => "application data",
        _ => "of an unknown type",
    }
}

fn message(kind: u8) -> &'static str {
    match kind {
        1 => "ClientHello",
        2 => "ServerHello",
        4 => "NewSessionTicket",
        11 => "Certificate",
        12 => "ServerKeyExchange",
        14 => "ServerHelloDone",
        16 => "ClientKeyExchange",
        20 => "Finished",
        22 => "CertificateStatus",
        _ => "another handshake message",
    }
}

fn alert(description: u8) -> &'static str {
    match description {
        0 => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        40 => "handshake_failure",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        50 => "decode_error",
        51 => "decrypt_error",
        70 => "protocol_version",
        80 => "internal_error",
        109 => "missing_extension",
        120 => "no_application_protocol",
        _ => "by its number in RFC 8446, section 6",
    }
}
