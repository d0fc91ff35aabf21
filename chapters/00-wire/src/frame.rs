//! Names the bytes of one WebSocket frame (RFC 6455, section 5.2).

use crate::header::{Frame, Header};
use crate::hex::counted;
use crate::messages::{Kept, Messages};
use crate::unit::{Fault, Kind, Part, Side, Unit};

/// Which of a frame's parts the reserved bits are.
const RSV: usize = 1;

/// Names a frame, or as much of one as there is. `bytes` end where the frame ends, or before;
/// `arrived` is how many bytes of it have come, also of those that were not kept.
pub(crate) fn name(side: Side, bytes: &[u8], arrived: usize, messages: &mut Messages) -> Unit {
    let header = Header::read(bytes);
    let mut parts = Vec::from(first_byte(bytes[0]));
    if let Some(&second) = bytes.get(1) {
        parts.extend(second_byte(second));
        parts.extend(extended_length(bytes, second & 0x7f));
    }
    let Some(header) = header else {
        let title = format!("{} frame (its header is not all here)", opcode_name(bytes[0] & 0x0f));
        let mut unit = Unit::new(Kind::Frame, title, bytes, false);
        unit.faults = first_byte_faults(bytes[0], messages);
        unit.parts = parts;
        return unit;
    };
    let key_start = header.size - header.masking_key.map_or(0, |key| key.len());
    if let Some(key) = header.masking_key {
        parts.push(Part::bytes(key_start..header.size, "masking-key", crate::hex(&key)));
    }
    let arrived = arrived - header.size;
    let complete = arrived as u64 >= header.length;
    let payload = unmask(&bytes[header.size..], header.masking_key);
    let compressed = messages.is_compressed(&header);
    if compressed && header.opcode != 0 {
        parts[RSV].note = "the message is compressed".into();
    }
    let title = title(&header, compressed, arrived, complete, &messages.place(&header));
    let mut unit = Unit::new(Kind::Frame, title, bytes, complete);
    unit.faults = first_byte_faults(bytes[0], messages);
    unit.faults.extend(header_faults(side, &header));
    describe_payload(&mut unit, &mut parts, &header, &payload, arrived, messages);
    unit.parts = parts;
    unit.frame = Some(Frame { header, payload });
    unit
}

/// The name that section 11.8 gives an opcode.
pub(crate) fn opcode_name(opcode: u8) -> &'static str {
    match opcode {
        0x0 => "continuation",
        0x1 => "text",
        0x2 => "binary",
        0x8 => "close",
        0x9 => "ping",
        0xA => "pong",
        _ => "reserved",
    }
}

/// A payload without its mask, if it has one.
pub fn unmask(payload: &[u8], key: Option<[u8; 4]>) -> Vec<u8> {
    let Some(key) = key else {
        return payload.to_vec();
    };
    payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect()
}

fn title(header: &Header, compressed: bool, arrived: usize, complete: bool, place: &str) -> String {
    let mut title = format!("{} frame, {}", opcode_name(header.opcode), counted(header.length));
    if header.masking_key.is_some() {
        title += ", masked";
    }
    if compressed {
        title += ", compressed";
    }
    title += place;
    if !header.fin {
        title += ", to be continued";
    }
    if !complete {
        title += &format!(" ({arrived} of them here)");
    }
    title
}

fn first_byte(byte: u8) -> [Part; 3] {
    let opcode = byte & 0x0f;
    [
        Part::bits(0, (0, 1), "FIN", (byte >> 7).to_string()).note(match byte >> 7 {
            1 => "the last frame of its message",
            _ => "more frames of this message follow",
        }),
        Part::bits(0, (1, 4), "RSV", format!("{:03b}", (byte >> 4) & 0x07)),
        Part::bits(0, (4, 8), "opcode", format!("{opcode:x}")).note(opcode_name(opcode)),
    ]
}

fn second_byte(byte: u8) -> [Part; 2] {
    let length = byte & 0x7f;
    [
        Part::bits(1, (0, 1), "MASK", (byte >> 7).to_string()).note(match byte >> 7 {
            1 => "a masking-key follows",
            _ => "not masked",
        }),
        Part::bits(1, (1, 8), "payload length", length.to_string()).note(match length {
            126 => "the next 2 bytes hold it",
            127 => "the next 8 bytes hold it",
            _ => "",
        }),
    ]
}

fn extended_length(bytes: &[u8], short: u8) -> Option<Part> {
    let end = match short {
        126 => 4,
        127 => 10,
        _ => return None,
    };
    let here = end.min(bytes.len());
    if here == 2 {
        return None;
    }
    let value = match here == end {
        true => {
            bytes[2..end].iter().fold(0u64, |sum, &byte| sum << 8 | u64::from(byte)).to_string()
        }
        false => format!("{} of {} bytes here", here - 2, end - 2),
    };
    Some(Part::bytes(2..here, "extended payload length", value))
}

fn first_byte_faults(byte: u8, messages: &Messages) -> Vec<Fault> {
    let (fin, opcode) = (byte & 0x80 != 0, byte & 0x0f);
    let mut faults = Vec::new();
    faults.extend(messages.reserved_fault((byte >> 4) & 0x07, opcode));
    if opcode_name(opcode) == "reserved" {
        faults.push(Fault::new(format!("opcode {opcode:x} is reserved"), "5.2"));
    }
    if opcode & 0x8 != 0 && !fin {
        faults.push(Fault::new("a control frame must not be fragmented", "5.5"));
    }
    faults.extend(messages.fault_before(opcode));
    faults.into_iter().map(|fault| fault.at(0)).collect()
}

fn header_faults(side: Side, header: &Header) -> Vec<Fault> {
    let mut faults = Vec::new();
    match (side, header.masking_key) {
        (Side::Client, None) => faults.push(Fault::new("a client's frame must be masked", "5.1")),
        (Side::Server, Some(_)) => {
            faults.push(Fault::new("a server's frame must not be masked", "5.1"));
        }
        _ => {}
    }
    if header.opcode & 0x8 != 0 && header.length > 125 {
        faults.push(Fault::new("a control frame has at most 125 bytes of payload", "5.5"));
    }
    let length_bytes = header.size - header.masking_key.map_or(0, |key| key.len()) - 2;
    let fewest = match header.length {
        0..=125 => 0,
        126..=0xffff => 2,
        _ => 8,
    };
    if length_bytes > fewest {
        faults.push(Fault::new("the payload length takes more bytes than it needs", "5.2"));
    }
    if header.length >> 63 != 0 {
        faults.push(Fault::new("the first bit of a 64-bit payload length must be 0", "5.2"));
    }
    // MASK and the payload length, or its form, are the second byte.
    faults.into_iter().map(|fault| fault.at(1)).collect()
}

fn describe_payload(
    unit: &mut Unit,
    parts: &mut Vec<Part>,
    header: &Header,
    payload: &[u8],
    arrived: usize,
    messages: &mut Messages,
) {
    let range = header.size..header.size + arrived;
    if header.opcode == 0x8 {
        return describe_close(unit, parts, range, payload);
    }
    let kept = match payload.len() == arrived {
        true if unit.complete => Kept::All,
        true => Kept::SoFar,
        false => Kept::Beginning,
    };
    let compressed = messages.is_compressed(header);
    let text = match compressed {
        true => inflate(unit, header, payload, kept, messages),
        false => messages.take(header, payload, kept, &mut unit.faults),
    };
    if !payload.is_empty() {
        let part = Part::bytes(range, payload_name(header), "");
        parts.push(match &text {
            Some(text) if compressed => {
                part.text(text).note(format!("{arrived} bytes, compressed"))
            }
            Some(text) => part.text(text),
            None if compressed => part.note(format!("{}, compressed", counted(arrived as u64))),
            None => part.note(counted(arrived as u64)),
        });
    }
    unit.set_text(text);
    unit.message = messages.whole_text(header).filter(|_| unit.complete).map(str::to_owned);
}

/// The text of a frame that is part of a compressed message.
fn inflate(
    unit: &mut Unit,
    header: &Header,
    payload: &[u8],
    kept: Kept,
    messages: &mut Messages,
) -> Option<String> {
    unit.inflated = messages.inflate(header, payload, kept, &mut unit.faults);
    let inflated = unit.inflated.as_ref()?;
    let mut faults = Vec::new();
    let text = messages.take(header, inflated, kept, &mut faults);
    // In a compressed frame, no byte of the text has a place of its own.
    unit.faults.extend(faults.into_iter().map(|fault| fault.at(header.size)));
    text
}

fn payload_name(header: &Header) -> &'static str {
    match header.masking_key {
        Some(_) => "payload, masked",
        None => "payload",
    }
}

/// The body of a Close frame: a code, then a reason (section 5.5.1).
fn describe_close(
    unit: &mut Unit,
    parts: &mut Vec<Part>,
    range: std::ops::Range<usize>,
    payload: &[u8],
) {
    let [high, low, reason @ ..] = payload else {
        if payload.len() == 1 && unit.complete {
            unit.faults.push(Fault::new("a close code takes 2 bytes", "5.5.1").at(range.start));
            parts.push(Part::bytes(range, "half a close code", crate::hex(payload)));
        }
        return;
    };
    let code = u16::from_be_bytes([*high, *low]);
    let code_end = range.start + 2;
    parts.push(
        Part::bytes(range.start..code_end, "close code", code.to_string()).note(code_name(code)),
    );
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        let why = format!("close code {code} must not be sent");
        unit.faults.push(Fault::new(why, "7.4").at(range.start));
    }
    if reason.is_empty() {
        return;
    }
    let text = String::from_utf8_lossy(reason).into_owned();
    if unit.complete
        && let Err(error) = std::str::from_utf8(reason)
    {
        let at = code_end + error.valid_up_to();
        unit.faults.push(Fault::new("the reason is not UTF-8", "5.5.1").at(at));
    }
    parts.push(Part::bytes(code_end..range.end, "reason", "").text(&text));
    unit.set_text(Some(text));
}

/// What section 7.4.1 and the registry that it founds call a close code.
fn code_name(code: u16) -> &'static str {
    match code {
        1000 => "normal closure",
        1001 => "going away",
        1002 => "protocol error",
        1003 => "unsupported data",
        1007 => "invalid payload data",
        1008 => "policy violation",
        1009 => "message too big",
        1010 => "mandatory extension",
        1011 => "internal error",
        1012 => "service restart",
        1013 => "try again later",
        1014 => "bad gateway",
        3000..=3999 => "registered with IANA",
        4000..=4999 => "for private use",
        _ => "reserved",
    }
}
