//! One frame from a client (RFC 6455, section 5.2): bytes in, payload out.

use std::fmt;

// ANCHOR: frame
/// What a frame is for: 1 is text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Opcode(pub u8);

/// What one frame says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// FIN: this is the last frame of its message.
    pub fin: bool,
    /// What the frame is for.
    pub opcode: Opcode,
    /// The payload, unmasked.
    pub payload: Vec<u8>,
}

/// Why bytes are not a client's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The bytes end inside the header.
    HeaderCutShort,
    /// The bytes end inside the payload: as many were declared, so many are here.
    PayloadCutShort {
        /// The payload length that the header declares.
        declared: u64,
        /// How many bytes of it there are.
        here: usize,
    },
    /// MASK is 0, which is for servers only (section 5.1).
    NotMasked,
}
// ANCHOR_END: frame

// ANCHOR: decode
/// Decodes the frame at the beginning of `bytes`. Nothing is read that is not there, and nothing
/// is allocated because a header declares it.
pub fn decode(bytes: &[u8]) -> Result<Frame, DecodeError> {
    // YOURS: Which bits and bytes stand in front of the payload?
    let [first, second, rest @ ..] = bytes else {
        return Err(DecodeError::HeaderCutShort);
    };
    let (declared, rest) = payload_length(second & 0x7f, rest)?;
    if second & 0x80 == 0 {
        return Err(DecodeError::NotMasked);
    }
    let (key, rest) = rest.split_first_chunk().ok_or(DecodeError::HeaderCutShort)?;
    let masked = usize::try_from(declared)
        .ok()
        .and_then(|length| rest.get(..length))
        .ok_or(DecodeError::PayloadCutShort { declared, here: rest.len() })?;
    let payload = unmask(masked, *key);
    Ok(Frame { fin: first & 0x80 != 0, opcode: Opcode(first & 0x0f), payload })
    // YOURS_END
}
// ANCHOR_END: decode

// ANCHOR: payload_length
/// The payload length in its three forms, and the bytes after it: 0 to 125 stand for themselves,
/// 126 says that the next 2 bytes hold it, 127 that the next 8 do. Both are big-endian.
fn payload_length(short: u8, rest: &[u8]) -> Result<(u64, &[u8]), DecodeError> {
    // YOURS: Where is the length, in each of its three forms?
    let long = match short {
        126 => rest
            .split_first_chunk()
            .map(|(length, rest)| (u64::from(u16::from_be_bytes(*length)), rest)),
        127 => rest.split_first_chunk().map(|(length, rest)| (u64::from_be_bytes(*length), rest)),
        _ => Some((u64::from(short), rest)),
    };
    long.ok_or(DecodeError::HeaderCutShort)
    // YOURS_END
}
// ANCHOR_END: payload_length

// ANCHOR: unmask
/// Undoes the mask, or does it: byte *i* of the payload XOR byte *i* mod 4 of the masking-key
/// (section 5.3).
pub fn unmask(payload: &[u8], key: [u8; 4]) -> Vec<u8> {
    // YOURS: Which byte of the key belongs to which byte of the payload?
    payload.iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]).collect()
    // YOURS_END
}
// ANCHOR_END: unmask

// ANCHOR: errors
impl fmt::Display for DecodeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::HeaderCutShort => out.write_str("it ends inside its header"),
            DecodeError::PayloadCutShort { declared, here } => {
                write!(out, "it declares {declared} bytes of payload, and {here} came with it")
            }
            DecodeError::NotMasked => out.write_str("it is not masked"),
        }
    }
}

impl std::error::Error for DecodeError {}
// ANCHOR_END: errors
