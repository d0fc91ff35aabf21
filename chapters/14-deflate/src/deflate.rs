//! What leaves compressed: a writer that remembers what it has written (RFC 7692, section 7.2.1).

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use ch05_reply::encode;
use ch06_select::{CLOSE, Message, Writer};
use zlib_rs::{Deflate, DeflateFlush};

use crate::offer::{MAX_BITS, MIN_BITS};
use crate::window::{TAIL, slide};
use crate::{Agreement, RSV1};

// ANCHOR: writer
/// Compresses messages, and writes each into one frame.
pub struct DeflateWriter {
    bits: u8,
    /// What the next message may repeat, if it may repeat anything.
    memory: Option<Memory>,
}

/// What was said before.
struct Memory {
    /// No other memory has this number.
    number: u64,
    /// The end of it.
    said: Vec<u8>,
}

impl DeflateWriter {
    /// A writer that keeps to what was agreed on.
    pub fn new(agreed: Agreement) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let memory = || Memory { number: NEXT.fetch_add(1, Ordering::Relaxed), said: Vec::new() };
        DeflateWriter {
            bits: agreed.server_bits.unwrap_or(MAX_BITS),
            memory: agreed.server_takeover.then(memory),
        }
    }

    /// Which of the sizes that a window may have: from 9 bits on.
    fn size(&self) -> usize {
        usize::from(self.bits - MIN_BITS)
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
        if *opcode >= CLOSE || payload.is_empty() {
            return out.extend(encode(*opcode, payload));
        }
        let smaller = self.deflated(payload);
        if smaller.len() >= payload.len() && self.memory.is_none() {
            return out.extend(encode(*opcode, payload));
        }
        let begin = out.len();
        out.extend(encode(*opcode, &smaller));
        out[begin] |= RSV1 << 4;
        if let Some(memory) = &mut self.memory {
            slide(&mut memory.said, payload, KEPT);
        }
        // YOURS_END
    }

    /// Without a memory, everybody whose window has the same size gets the same bytes.
    fn group(&self) -> Option<&'static str> {
        // YOURS: Who gets the same bytes?
        self.memory.is_none().then(|| GROUPS[self.size()])
        // YOURS_END
    }
}
// ANCHOR_END: write

// ANCHOR: compressor
/// How hard the compressor tries, from 1 to 9: 6 is usual, and takes twice the time for a few hundredths
/// fewer bytes.
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

/// A compressor that nobody uses, and the number of the memory that it has in its window.
type Spare = (Deflate, Option<u64>);

thread_local! {
    /// One for each size of a window.
    static SPARE: [Cell<Option<Spare>>; SIZES] = const { [const { Cell::new(None) }; SIZES] };
}

impl DeflateWriter {
    /// A compressor that knows what may be repeated.
    fn compressor(&self) -> Deflate {
        // YOURS: What does it have to be told?
        let (mut deflate, known) = SPARE
            .with(|spare| spare[self.size()].take())
            .unwrap_or_else(|| (Deflate::new(LEVEL, false, self.bits), None));
        if known.is_some() && known == self.number() {
            return deflate;
        }
        deflate.reset();
        if let Some(memory) = &self.memory {
            // It has not begun, so it takes anything that may be repeated.
            let _ = deflate.set_dictionary(&memory.said);
        }
        deflate
        // YOURS_END
    }

    fn number(&self) -> Option<u64> {
        self.memory.as_ref().map(|memory| memory.number)
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
        SPARE.with(|spare| spare[self.size()].set(Some((deflate, self.number()))));
        out.truncate(out.len() - TAIL.len());
        out
        // YOURS_END
    }
}
// ANCHOR_END: deflated
