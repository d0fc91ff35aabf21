//! What leaves compressed: a writer that remembers what it has written (RFC 7692, section 7.2.1).

use ch05_reply::encode;
use ch06_select::{CLOSE, Message, Writer};
use zlib_rs::{Deflate, DeflateFlush};

use crate::offer::{MAX_BITS, MIN_BITS};
use crate::spare::{Spare, Window};
use crate::window::{TAIL, slide};
use crate::{Agreement, RSV1};

// ANCHOR: writer
/// Compresses messages, and writes each into one frame.
pub struct DeflateWriter {
    agreed: Agreement,
    /// The next message may repeat what is in it.
    window: Option<Window>,
    /// Its end.
    said: Vec<u8>,
}

impl DeflateWriter {
    /// A writer that keeps to what was agreed on.
    pub fn new(agreed: Agreement) -> Self {
        let window = agreed.server_takeover.then(Window::new);
        DeflateWriter { agreed, window, said: Vec::new() }
    }

    fn bits(&self) -> u8 {
        self.agreed.server_bits.unwrap_or(MAX_BITS)
    }

    /// Which of the sizes that a window may have: from 9 bits on.
    fn size(&self) -> usize {
        usize::from(self.bits() - MIN_BITS)
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
        let smaller = self.deflated(payload);
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
        (!self.agreed.server_takeover).then(|| GROUPS[self.size()])
        // YOURS_END
    }
}
// ANCHOR_END: write

// ANCHOR: compressor
/// How hard the compressor tries, from 1 to 9.
const LEVEL: i32 = 2;

const SIZES: usize = 7;

/// A group for each size of a window.
const GROUPS: [&str; SIZES] = [
    "deflated, 9 bits",
    "deflated, 10 bits",
    "deflated, 11 bits",
    "deflated, 12 bits",
    "deflated, 13 bits",
    "deflated, 14 bits",
    "deflated, 15 bits",
];

thread_local! {
    /// A compressor for each size of a window.
    static SPARE: [Spare<Deflate>; SIZES] = const { [const { Spare::new() }; SIZES] };
}

impl DeflateWriter {
    /// A compressor that knows what may be repeated.
    fn compressor(&self) -> Deflate {
        // YOURS: What does it have to be told?
        let mut deflate = match SPARE.with(|spare| spare[self.size()].take(self.window)) {
            Some((deflate, true)) => return deflate,
            Some((mut deflate, false)) => {
                deflate.reset();
                deflate
            }
            None => Deflate::new(LEVEL, false, self.bits()),
        };
        // It has not begun, so it takes anything that may be repeated.
        let _ = deflate.set_dictionary(&self.said);
        deflate
        // YOURS_END
    }
}
// ANCHOR_END: compressor

// ANCHOR: deflated
impl DeflateWriter {
    /// A message compressed, without the four bytes at its end that are always the same.
    fn deflated(&self, mut payload: &[u8]) -> Vec<u8> {
        // YOURS: When has all of it come out, and what is cut off?
        let mut deflate = self.compressor();
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
        SPARE.with(|spare| spare[self.size()].give(deflate, self.window));
        out.truncate(out.len() - TAIL.len());
        out
        // YOURS_END
    }
}
// ANCHOR_END: deflated
