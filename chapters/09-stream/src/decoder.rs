//! The decoder: bytes as they come, parts of frames as they are.

use ch06_select::CLOSE;

use crate::{Decoded, Header};

// ANCHOR: part
/// A frame, or as much of its payload as has come.
#[derive(Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// The frame's header: the same for each of its parts.
    pub header: Header,
    /// The next bytes of its payload, unmasked.
    pub payload: &'a mut [u8],
    /// No part of this frame came before.
    pub first: bool,
    /// No part of this frame comes after.
    pub last: bool,
}

/// Makes parts of frames from bytes, however these are cut.
#[derive(Debug, Default)]
pub struct Decoder {
    /// The beginning of a header that is not whole yet.
    begun: Vec<u8>,
    /// The frame whose payload is coming, and how much of that has come.
    frame: Option<(Header, u64)>,
    /// As much of a control frame's payload as came before.
    control: Vec<u8>,
}

/// Byte by byte: nearly always there is none, and to compare nothing, the C library takes longer.
impl PartialEq for Decoder {
    fn eq(&self, other: &Self) -> bool {
        let Decoder { begun, frame, control } = self;
        *frame == other.frame && begun.iter().eq(&other.begun) && control.iter().eq(&other.control)
    }
}
// ANCHOR_END: part

// ANCHOR: header
/// The longest payload of a control frame, in bytes (section 5.5).
pub const MAX_CONTROL: u64 = 125;

impl Decoder {
    /// Takes bytes up to the end of a header, and says how many.
    fn take_header(&mut self, bytes: &[u8]) -> (usize, Option<Header>) {
        // YOURS: Where does the header end: in these bytes, or later?
        let mut used = 0;
        loop {
            match Header::decode(&self.begun) {
                Decoded::Done(header, _) => {
                    (self.begun, self.control) = (Vec::new(), Vec::new());
                    return (used, Some(header));
                }
                Decoded::NeedMore(_) if used == bytes.len() => return (used, None),
                Decoded::NeedMore(more) => {
                    let next = bytes.len().min(used + more);
                    self.begun.extend_from_slice(&bytes[used..next]);
                    used = next;
                }
            }
        }
        // YOURS_END
    }
}
// ANCHOR_END: header

// ANCHOR: unmask
/// Undoes the mask of a part of a payload, in place. `came`: how many bytes of the payload came before.
pub fn unmask(payload: &mut [u8], key: [u8; 4], came: u64) {
    // YOURS: Which byte of the key comes first?
    let mut key = key;
    key.rotate_left((came % 4) as usize);
    let (words, rest) = payload.as_chunks_mut();
    for word in words {
        *word = (u32::from_ne_bytes(*word) ^ u32::from_ne_bytes(key)).to_ne_bytes();
    }
    rest.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
    // YOURS_END
}
// ANCHOR_END: unmask

// ANCHOR: decode
impl Decoder {
    /// Takes bytes up to the end of a frame, and says how many, and what they are. The payload is
    /// unmasked where it lies. A control frame comes whole, any other in parts as they arrive.
    pub fn decode<'a>(&'a mut self, bytes: &'a mut [u8]) -> (usize, Option<Part<'a>>) {
        // YOURS: What of these bytes belongs to the frame that is coming?
        if *self == Decoder::default()
            && let Decoded::Done(header, size) = Header::decode(bytes)
            && header.length <= (bytes.len() - size) as u64
        {
            let end = size + header.length as usize;
            let payload = &mut bytes[size..end];
            header.masking_key.into_iter().for_each(|key| unmask(payload, key, 0));
            return (end, Some(Part { header, payload, first: true, last: true }));
        }
        let (used, begins, (header, came)) = match self.frame.take() {
            Some(frame) => (0, false, frame),
            None => match self.take_header(bytes) {
                (used, Some(header)) => (used, true, (header, 0)),
                (used, None) => return (used, None),
            },
        };
        let unread = &mut bytes[used..];
        let left = header.length - came;
        let here = usize::try_from(left).map_or(unread.len(), |left| left.min(unread.len()));
        let payload = &mut unread[..here];
        if let Some(key) = header.masking_key {
            unmask(payload, key, came);
        }
        let last = here as u64 == left;
        if !last {
            self.frame = Some((header, came + here as u64));
        }
        let part = match header.opcode >= CLOSE && header.length <= MAX_CONTROL {
            true => self.whole(Part { header, payload, first: true, last }),
            false => Some(Part { header, payload, first: begins, last }),
        };
        (used + here, part)
        // YOURS_END
    }
}
// ANCHOR_END: decode

// ANCHOR: whole
impl Decoder {
    /// A control frame, if this part of it is the last.
    fn whole<'a>(&'a mut self, part: Part<'a>) -> Option<Part<'a>> {
        // YOURS: What came before this part, and where is it now?
        if part.last && part.payload.len() as u64 == part.header.length {
            return Some(part);
        }
        self.control.extend_from_slice(part.payload);
        part.last.then(|| Part { payload: &mut self.control, ..part })
        // YOURS_END
    }
}
// ANCHOR_END: whole
