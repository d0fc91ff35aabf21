//! The header of a WebSocket frame, read from its bytes (RFC 6455, section 5.2).

/// What the first 2 to 14 bytes of a frame say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// FIN: the last frame of its message.
    pub fin: bool,
    /// RSV1 to RSV3, as the three low bits of a number.
    pub rsv: u8,
    /// What the payload is.
    pub opcode: u8,
    /// The masking-key, where MASK is set.
    pub masking_key: Option<[u8; 4]>,
    /// The payload length that is declared, in bytes.
    pub length: u64,
    /// How many bytes the header itself takes.
    pub size: usize,
}

/// A frame, as far as it has arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Its header.
    pub header: Header,
    /// Its payload, unmasked.
    pub payload: Vec<u8>,
}

impl Header {
    // ANCHOR: read
    /// Reads a header; `None` while bytes of it are missing.
    pub fn read(bytes: &[u8]) -> Option<Header> {
        let (&first, &second) = (bytes.first()?, bytes.get(1)?);
        let (length, length_end) = match second & 0x7f {
            126 => (u64::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)), 4),
            127 => (u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?), 10),
            short => (u64::from(short), 2),
        };
        let masked = second & 0x80 != 0;
        let size = length_end + if masked { 4 } else { 0 };
        let masking_key = match masked {
            true => Some(bytes.get(length_end..size)?.try_into().ok()?),
            false => None,
        };
        Some(Header {
            fin: first & 0x80 != 0,
            rsv: (first >> 4) & 0x07,
            opcode: first & 0x0f,
            masking_key,
            length,
            size,
        })
    }
    // ANCHOR_END: read
}
