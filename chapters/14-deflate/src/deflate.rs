//! What leaves compressed: a writer that remembers what it has written (RFC 7692, section 7.2.1).

use ch05_reply::encode;
use ch06_select::{CLOSE, Message, Writer};
use zlib_rs::{Deflate, DeflateFlush};

use crate::Agreement;

// ANCHOR: writer
/// Compresses messages, and writes each into one frame.
pub struct DeflateWriter {
    agreed: Agreement,
    /// Knows what was written before. It is made for the first message, because it is large.
    deflate: Option<Deflate>,
}

impl DeflateWriter {
    /// A writer that keeps to what was agreed on.
    pub fn new(agreed: Agreement) -> Self {
        DeflateWriter { agreed, deflate: None }
    }
}

impl Writer for DeflateWriter {
    fn write(&mut self, message: &Message<'_>, out: &mut Vec<u8>) {
        // YOURS: What is compressed, and what stays as it is?
        if message.opcode >= CLOSE || message.payload.is_empty() {
            return out.extend(encode(message.opcode, &message.payload));
        }
        let bits = self.agreed.server_bits;
        let deflate = self.deflate.get_or_insert_with(|| Deflate::new(LEVEL, false, bits));
        let begin = out.len();
        out.extend(encode(message.opcode, &deflated(deflate, &message.payload)));
        out[begin] |= RSV1_BIT;
        if !self.agreed.server_takeover {
            self.deflate = None;
        }
        // YOURS_END
    }

    /// Without a window, everybody whose window has the same size gets the same bytes.
    fn group(&self) -> Option<&'static str> {
        // YOURS: Who gets the same bytes?
        let bits = usize::from(self.agreed.server_bits);
        (!self.agreed.server_takeover).then(|| GROUPS[bits - 9])
        // YOURS_END
    }
}
// ANCHOR_END: writer

// ANCHOR: deflated
/// How hard the compressor tries, from 1 to 9.
const LEVEL: i32 = 6;

/// RSV1 in the first byte of a frame: the message is compressed.
const RSV1_BIT: u8 = 0x40;

/// A group for each size of a window, from 9 bits on.
const GROUPS: [&str; 7] = [
    "deflated, 9 bits",
    "deflated, 10 bits",
    "deflated, 11 bits",
    "deflated, 12 bits",
    "deflated, 13 bits",
    "deflated, 14 bits",
    "deflated, 15 bits",
];

/// A message compressed, without the four bytes at its end that are always the same.
fn deflated(deflate: &mut Deflate, mut payload: &[u8]) -> Vec<u8> {
    // YOURS: When has all of it come out, and what is cut off?
    let mut out = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let (read, made) = (deflate.total_in(), deflate.total_out());
        let done = deflate.compress(payload, &mut chunk, DeflateFlush::SyncFlush);
        done.expect("the compressor is as it was made");
        payload = &payload[(deflate.total_in() - read) as usize..];
        let made = (deflate.total_out() - made) as usize;
        out.extend_from_slice(&chunk[..made]);
        if made < chunk.len() {
            break;
        }
    }
    out.truncate(out.len() - 4);
    out
    // YOURS_END
}
// ANCHOR_END: deflated
