//! Names the bytes of 2010: what follows the heads of the older handshake, and the older frames
//! (draft Hixie-76).

use crate::hex::{counted, hex};
use crate::messages::Messages;
use crate::unit::{Fault, Kind, Part, Unit};

/// Ends a text.
const END: u8 = 0xff;
/// What a fault in these bytes is held against.
const DRAFT: &str = "Hixie-76";

/// Whether what begins with this type byte has a length, and not an end.
fn has_length(type_byte: u8) -> bool {
    type_byte & 0x80 != 0
}

/// The size of the frame at the beginning, once its bytes tell.
pub(crate) fn size(bytes: &[u8]) -> Option<u64> {
    let (&first, rest) = bytes.split_first()?;
    if !has_length(first) {
        return rest.iter().position(|&byte| byte == END).map(|at| at as u64 + 2);
    }
    let (length, size) = length(rest)?;
    Some(length.unwrap_or(u64::MAX).saturating_add(1 + size as u64))
}

/// How many of `bytes`, which were not kept, belong to a frame without an end so far. `None`: all.
pub(crate) fn end_of_rest(type_byte: u8, bytes: &[u8]) -> Option<usize> {
    match has_length(type_byte) {
        true => None,
        false => bytes.iter().position(|&byte| byte == END).map(|at| at + 1),
    }
}

/// A length of seven bits a byte, where 64 bits hold it, and how many bytes it takes: the last one
/// has its high bit clear.
fn length(bytes: &[u8]) -> Option<(Option<u64>, usize)> {
    let last = bytes.iter().position(|byte| byte & 0x80 == 0)?;
    let add = |sum: u64, byte: &u8| sum.checked_mul(128)?.checked_add(u64::from(byte & 0x7f));
    Some((bytes[..=last].iter().try_fold(0, add), last + 1))
}

/// Names the 8 bytes that follow a client's head, or the 16 that follow a server's.
pub(crate) fn name_challenge(bytes: &[u8], whole: usize) -> Unit {
    let complete = bytes.len() == whole;
    let (title, name) = match whole {
        8 => ("eight bytes that belong to the keys", "key3"),
        _ => ("sixteen bytes that answer the keys", "MD5 of both numbers and key3"),
    };
    let mut title = title.to_owned();
    if !complete {
        title += &format!(" ({} of them here)", bytes.len());
    }
    let mut unit = Unit::new(Kind::Challenge, title, bytes, complete);
    let part = Part::bytes(0..bytes.len(), name, "");
    unit.parts = vec![match printable(bytes) {
        Some(text) => part.text(text),
        None => Part { value: hex(bytes), ..part },
    }];
    unit
}

fn printable(bytes: &[u8]) -> Option<&str> {
    let is_plain = bytes.iter().all(|byte| (b' '..=b'~').contains(byte));
    std::str::from_utf8(bytes).ok().filter(|_| is_plain)
}

/// Names an older frame, or as much of one as there is. `bytes` is what was kept of it, and `arrived`
/// how many bytes have come.
pub(crate) fn name(bytes: &[u8], arrived: usize, complete: bool, messages: &mut Messages) -> Unit {
    let after_goodbye = messages.has_ended();
    let mut unit = match has_length(bytes[0]) {
        true => name_with_length(bytes, arrived, complete, messages),
        false => name_text(bytes, arrived, complete),
    };
    if after_goodbye {
        unit.faults.push(Fault::new("nothing may follow a Close frame", DRAFT).at(0));
    }
    unit
}

fn name_text(bytes: &[u8], arrived: usize, complete: bool) -> Unit {
    let is_text = bytes[0] == 0x00;
    let data_end = if complete { arrived - 1 } else { arrived };
    let kept = &bytes[1..data_end.min(bytes.len())];
    let count = data_end - 1;
    let what = if is_text { "older text frame" } else { "older frame of a type to be ignored" };
    let mut title = format!("{what}, {}", counted(count as u64));
    if !complete {
        title += " (its end has not come)";
    }
    let mut unit = Unit::new(Kind::HixieFrame, title, bytes, complete);
    let note = if is_text { "a text, up to the byte ff" } else { "ignored, up to the byte ff" };
    unit.parts.push(Part::bytes(0..1, "type", hex(&bytes[..1])).note(note));
    if count > 0 {
        let text = String::from_utf8_lossy(kept);
        unit.parts.push(Part::bytes(1..data_end, "data", "").text(&text));
    }
    if complete {
        unit.parts.push(Part::bytes(data_end..arrived, "end", "ff"));
    }
    if is_text {
        let all_kept = kept.len() == count;
        if complete
            && all_kept
            && let Err(error) = std::str::from_utf8(kept)
        {
            let at = 1 + error.valid_up_to();
            unit.faults.push(Fault::new("the text is not UTF-8", DRAFT).at(at));
        }
        unit.set_text(Some(String::from_utf8_lossy(kept).into_owned()));
    }
    unit
}

fn name_with_length(bytes: &[u8], arrived: usize, complete: bool, messages: &mut Messages) -> Unit {
    let declared = length(&bytes[1..]);
    let closes = bytes[0] == END && declared.is_some_and(|(length, _)| length == Some(0));
    let title = match declared {
        Some(_) if closes => "Close frame of 2010".to_owned(),
        Some((Some(length), _)) => format!("older frame to be skipped, {}", counted(length)),
        Some((None, _)) => "older frame to be skipped, of a length beyond 64 bits".to_owned(),
        None => "older frame (its length is not all here)".to_owned(),
    };
    let mut unit = Unit::new(Kind::HixieFrame, title, bytes, complete);
    let type_note = if closes { "goodbye" } else { "a length follows" };
    unit.parts.push(Part::bytes(0..1, "type", hex(&bytes[..1])).note(type_note));
    let Some((length, size)) = declared else {
        if arrived > 1 {
            unit.parts.push(Part::bytes(1..arrived, "length", "").note("seven bits a byte"));
        }
        return unit;
    };
    let data_start = 1 + size;
    let value = length.map_or("beyond 64 bits".to_owned(), |length| length.to_string());
    unit.parts.push(Part::bytes(1..data_start, "length", value));
    if arrived > data_start {
        let part = Part::bytes(data_start..arrived, "data", "");
        let count = counted((arrived - data_start) as u64);
        unit.parts.push(part.note(format!("{count} to be skipped")));
    }
    if size > 1 && bytes[1] == 0x80 {
        unit.faults.push(Fault::new("the length takes more bytes than it needs", DRAFT).at(1));
    }
    if length.is_none() {
        unit.faults.push(Fault::new("the length does not fit in 64 bits", DRAFT).at(1));
    }
    if closes {
        messages.end();
    }
    unit
}
