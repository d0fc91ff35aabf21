//! Frames of two ages, and what can be wrong with them.

use super::Zoo;
use super::room::Age;

/// Takes one read for one frame. `None`: it is none, or not all of one.
pub fn decode(zoo: &Zoo, bytes: &[u8]) -> Option<Vec<u8>> {
    let second = match zoo.makes("bits-in-the-wrong-order") {
        // MASK is taken for the last bit, and the length for the first seven.
        true => bytes.get(1)?.rotate_right(1),
        false => *bytes.get(1)?,
    };
    let mut length = usize::from(second & 0x7f);
    if zoo.makes("mask-bit-in-the-length") {
        length = usize::from(second);
    }
    let long = if zoo.makes("marker-taken-for-a-length") { 0 } else { length };
    let at = match long {
        126 => 4,
        127 => 10,
        _ => 2,
    };
    if at > 2 {
        let bytes = bytes.get(2..at)?;
        let add = |sum: usize, byte: &u8| sum << 8 | usize::from(*byte);
        length = match zoo.makes("length-little-endian") {
            true => bytes.iter().rev().fold(0, add),
            false => bytes.iter().fold(0, add),
        };
    }
    if at == 10 && length > bytes.len() && zoo.makes("long-length-ends-all") {
        std::process::exit(1);
    }
    if second & 0x80 == 0 {
        let taken = zoo.makes("takes-what-is-not-masked");
        return taken.then(|| bytes.get(at..at + length).map(<[u8]>::to_vec))?;
    }
    let key = bytes.get(at..at + 4)?;
    let start = if zoo.makes("key-from-the-wrong-place") { at } else { at + 4 };
    let mut payload = bytes.get(start..start.checked_add(length)?)?;
    if zoo.makes("all-that-came") {
        payload = &bytes[start..];
    }
    let is_left = length.is_multiple_of(2) && zoo.makes("even-lengths-masked");
    if is_left || zoo.makes("not-unmasked") {
        return Some(payload.to_vec());
    }
    Some(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect())
}

/// A message for a client.
pub fn encode(zoo: &Zoo, age: Age, text: &[u8]) -> Vec<u8> {
    match age {
        Age::Older if !zoo.makes("frames-of-today") => {
            [&[0x00], String::from_utf8_lossy(text).as_bytes(), &[0xff]].concat()
        }
        _ if zoo.makes("pieces-of-125") && text.len() > 125 => {
            text.chunks(125).flat_map(|piece| encode_newer(zoo, piece)).collect()
        }
        _ => encode_newer(zoo, text),
    }
}

fn encode_newer(zoo: &Zoo, text: &[u8]) -> Vec<u8> {
    let escaped;
    let mut text = text;
    if zoo.makes("escapes-html") {
        escaped = String::from_utf8_lossy(text).replace('&', "&amp;").replace('<', "&lt;");
        text = escaped.as_bytes();
    }
    let longer;
    if zoo.makes("array-too-long") {
        longer = [text, &[0; 6]].concat();
        text = &longer;
    }
    if zoo.makes("no-frame-around-it") {
        return text.to_vec();
    }
    let length = match zoo.makes("length-in-characters") {
        true => String::from_utf8_lossy(text).chars().count(),
        false => text.len(),
    };
    let mut frame = vec![match () {
        _ if zoo.makes("fin-forgotten") => 0x01,
        _ if zoo.makes("sent-as-binary") => 0x82,
        _ => 0x81,
    }];
    match length {
        0..=125 => frame.push(length as u8),
        _ if zoo.makes("length-in-one-byte") => frame.push(length as u8),
        _ if zoo.makes("reply-little-endian") => {
            frame.push(126);
            frame.extend((length as u16).to_le_bytes());
        }
        126..=65_535 => {
            frame.push(126);
            frame.extend((length as u16).to_be_bytes());
        }
        _ => {
            frame.push(127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    if text.len().is_multiple_of(2) && zoo.makes("replies-masked-at-even-lengths") {
        // A masking-key of zeros leaves the text as it is.
        frame[1] |= 0x80;
        frame.extend([0; 4]);
    }
    frame.extend(text);
    frame
}
