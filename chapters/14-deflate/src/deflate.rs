//! What leaves compressed: a writer that remembers what it has written (RFC 7692, section 7.2.1).

use ch05_reply::encode;
use ch06_select::{CLOSE, Message, Writer};
use zlib_rs::{Deflate, DeflateFlush};

use crate::offer::{MAX_BITS, MIN_BITS};
use crate::window::{TAIL, slide};
use crate::{Agreement, RSV1};

// ANCHOR: writer
/// Compresses messages, and writes each into one frame.
pub struct DeflateWriter {
    agreed: Agreement,
    /// The end of what was said before, if the next message may repeat it.
    said: Vec<u8>,
}

impl DeflateWriter {
    /// A writer that keeps to what was agreed on.
    pub fn new(agreed: Agreement) -> Self {
        DeflateWriter { agreed, said: Vec::new() }
    }

    fn bits(&self) -> u8 {
        self.agreed.server_bits.unwrap_or(MAX_BITS)
    }
}

/// How much of what was said before a writer keeps, in bytes, for each client.
const KEPT: usize = 4 * 1024;
// ANCHOR_END: writer

// ANCHOR: write
impl Writer for DeflateWriter {
    fn write(&mut self, message: &Message<'_>, out: &mut Vec<u8>) {
        // YOURS: What is compressed, and what stays as it is?
        let Message { opcode, payload } = message;
        let takeover = self.agreed.server_takeover;
        if *opcode >= CLOSE || payload.is_empty() {
            return out.extend(encode(*opcode, payload));
        }
        let smaller = deflated(payload, &self.said, self.bits());
        if smaller.len() >= payload.len() && !takeover {
            return out.extend(encode(*opcode, payload));
        }
        let begin = out.len();
        out.extend(encode(*opcode, &smaller));
        out[begin] |= RSV1 << 4;
        if takeover {
            slide(&mut self.said, payload, KEPT);
        }
        // YOURS_END
    }

    /// Without a memory, everybody whose window has the same size gets the same bytes.
    fn group(&self) -> Option<&'static str> {
        // YOURS: Who gets the same bytes?
        let group = usize::from(self.bits() - MIN_BITS);
        (!self.agreed.server_takeover).then(|| GROUPS[group])
        // YOURS_END
    }
}
// ANCHOR_END: write

// ANCHOR: deflated
/// How hard the compressor tries, from 1 to 9.
const LEVEL: i32 = 6;

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

/// A message compressed, which may repeat what is in `said`, without the four bytes at its end that are
/// always the same.
fn deflated(mut payload: &[u8], said: &[u8], bits: u8) -> Vec<u8> {
    // YOURS: When has all of it come out, and what is cut off?
    let mut deflate = Deflate::new(LEVEL, false, bits);
    // It has not begun, so it takes anything that may be repeated.
    let _ = deflate.set_dictionary(said);
    let (mut out, mut chunk) = (Vec::new(), [0; 4096]);
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
    out.truncate(out.len() - TAIL.len());
    out
    // YOURS_END
}
// ANCHOR_END: deflated
