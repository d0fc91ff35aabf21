//! The header of a frame (RFC 6455, section 5.2), as far as it is here.

use ch04_decode::Opcode;

// ANCHOR: header
/// What stands in front of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// FIN: this is the last frame of its message.
    pub fin: bool,
    /// The three reserved bits, as a number from 0 to 7: RSV1 is 4.
    pub rsv: u8,
    /// What the frame is for.
    pub opcode: Opcode,
    /// What the payload is masked with, if MASK is 1.
    pub masking_key: Option<[u8; 4]>,
    /// The payload length, in bytes.
    pub length: u64,
    /// How many bytes hold the payload length behind the second byte: 0, 2 or 8.
    pub extended: usize,
}

/// What bytes come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// A whole header, of so many bytes.
    Done(Header, usize),
    /// At least so many bytes more are needed.
    NeedMore(usize),
}
// ANCHOR_END: header

// ANCHOR: decode
impl Header {
    /// Decodes the header at the beginning of `bytes`. Any bytes are a header: whether it is an
    /// allowed one, others judge.
    pub fn decode(bytes: &[u8]) -> Decoded {
        // YOURS: How long is this header, and is all of it here?
        let [first, second, ..] = *bytes else { return Decoded::NeedMore(2 - bytes.len()) };
        let masked = second & 0x80 != 0;
        let short = second & 0x7f;
        let extended = match short {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let key_at = 2 + extended;
        let size = key_at + if masked { 4 } else { 0 };
        if bytes.len() < size {
            return Decoded::NeedMore(size - bytes.len());
        }
        let header = Header {
            fin: first & 0x80 != 0,
            rsv: first >> 4 & 0b111,
            opcode: Opcode(first & 0x0f),
            masking_key: bytes[key_at..size].first_chunk().copied(),
            length: if extended == 0 { short.into() } else { big_endian(&bytes[2..key_at]) },
            extended,
        };
        Decoded::Done(header, size)
        // YOURS_END
    }
}

/// The number that these bytes are, the most significant one first.
fn big_endian(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte))
}
// ANCHOR_END: decode
