//! Inflates what was compressed, to show it (RFC 7692). It is another implementation of DEFLATE than the chapters
//! use, so that each is a witness of the other.

use std::fmt;

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_HAS_MORE_INPUT, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use crate::unit::{Fault, Side};

/// What the sender has cut off the end of a message.
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];
/// The largest window, in bits.
const LARGEST: u8 = 15;
/// How much is inflated of one message, in bytes.
const MOST: usize = 16 * 1024 * 1024;
/// How often a message may go on after a block that says it is the last.
const MOST_ENDS: usize = 1024;
/// How many bytes are made at once.
const STEP: usize = 16 * 1024;

/// What both ends have agreed on (section 7.1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Deflate {
    client: Window,
    server: Window,
}

/// How one side compresses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Window {
    /// A message may repeat what an earlier one said.
    is_kept: bool,
    /// It has 2 to the power of so many bytes.
    bits: u8,
}

impl Deflate {
    /// Reads what a response says behind the extension's name.
    pub(crate) fn read(member: &str) -> Deflate {
        let has = |name: &str| member.split(';').any(|word| word.trim() == name);
        let bits = |name: &str| {
            let values = member.split(';').filter_map(|word| word.split_once('='));
            let mut named = values.filter(|(other, _)| other.trim() == name);
            let value =
                named.next().and_then(|(_, value)| value.trim().trim_matches('"').parse().ok());
            value.filter(|bits| (8..=LARGEST).contains(bits)).unwrap_or(LARGEST)
        };
        Deflate {
            client: Window {
                is_kept: !has("client_no_context_takeover"),
                bits: bits("client_max_window_bits"),
            },
            server: Window {
                is_kept: !has("server_no_context_takeover"),
                bits: bits("server_max_window_bits"),
            },
        }
    }

    /// How this side compresses.
    pub(crate) fn of(self, side: Side) -> Window {
        match side {
            Side::Client => self.client,
            Side::Server => self.server,
        }
    }
}

/// One direction's compressed messages, frame by frame.
#[derive(Clone)]
pub(crate) struct Inflater {
    window: Window,
    /// The end of what was said before.
    history: Vec<u8>,
    open: Option<Open>,
    /// A message could not be followed to its end, so nobody knows what the next one repeats.
    is_lost: bool,
}

/// A message whose last frame has not come.
#[derive(Clone, Default)]
struct Open {
    deflate: Box<DecompressorOxide>,
    made: usize,
    ends: usize,
}

impl Open {
    /// Whether another block may begin here: one that is the last, and empty, is its proof.
    fn ends_a_block(mut self) -> bool {
        let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let (status, ..) = decompress(&mut self.deflate, &[0x03, 0x00], &mut [], 0, flags);
        status == TINFLStatus::Done
    }
}

impl fmt::Debug for Inflater {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Inflater").field("window", &self.window).finish_non_exhaustive()
    }
}

impl Inflater {
    pub(crate) fn new(window: Window) -> Self {
        Inflater { window, history: Vec::new(), open: None, is_lost: false }
    }

    /// What a whole frame of a compressed message says. `None`: it cannot be followed. What is wrong with it is added to
    /// `faults`, with the place `at`.
    pub(crate) fn inflate(
        &mut self,
        payload: &[u8],
        (is_first, is_last): (bool, bool),
        at: usize,
        faults: &mut Vec<Fault>,
    ) -> Option<Vec<u8>> {
        if is_first {
            self.open = Some(Open::default());
            if !self.window.is_kept {
                self.forget();
            }
        }
        if self.is_lost {
            return None;
        }
        let (open, history) = (self.open.clone(), self.history.clone());
        let mut result = self.step(payload, is_last);
        if result == Err(Broken::Deflate) && self.window.bits < LARGEST {
            // Would it be right in a larger window?
            let bits = std::mem::replace(&mut self.window.bits, LARGEST);
            (self.open, self.history) = (open, history);
            if self.step(payload, is_last).is_ok() {
                result = Err(Broken::Window);
            }
            self.window.bits = bits;
        }
        let broken = match result {
            Ok((said, is_whole)) => {
                if !is_whole {
                    let why = "it does not end with an empty block whose last four bytes, 00 00 ff ff, are cut off";
                    faults.push(Fault::new(why, "RFC 7692, section 7.2.1").at(at));
                }
                return Some(said);
            }
            Err(broken) => broken,
        };
        let (why, section) = match broken {
            Broken::Deflate => ("the compressed message is not DEFLATE".to_owned(), "7.2.2"),
            Broken::Window => {
                let size = 1_usize << self.window.bits;
                (
                    format!("it repeats what is more than {size} bytes back, behind the window"),
                    "7.1.2",
                )
            }
            Broken::Long => (format!("the message inflates to more than {MOST} bytes"), "7.2.2"),
        };
        faults.push(Fault::new(why, &format!("RFC 7692, section {section}")).at(at));
        self.lose();
        None
    }

    /// A frame of a compressed message was not kept, or cannot be read.
    pub(crate) fn lose(&mut self) {
        (self.is_lost, self.open) = (true, None);
    }

    fn forget(&mut self) {
        self.history.clear();
        self.is_lost = false;
    }

    fn step(&mut self, payload: &[u8], is_last: bool) -> Result<(Vec<u8>, bool), Broken> {
        let before = self.history.len();
        self.feed(payload)?;
        if is_last {
            self.feed(&TAIL)?;
        }
        let is_whole = !is_last || self.open.take().is_none_or(|open| open.ends_a_block());
        let said = self.history[before..].to_vec();
        // What a larger window reaches is kept, to tell a fault of the window from one of DEFLATE.
        let over = self.history.len().saturating_sub(1 << LARGEST);
        self.history.drain(..over);
        Ok((said, is_whole))
    }

    /// Inflates these bytes behind what is in the history.
    fn feed(&mut self, mut input: &[u8]) -> Result<(), Broken> {
        let Some(open) = &mut self.open else { return Ok(()) };
        let size = 1_usize << self.window.bits;
        // No distance is larger than the largest window. In a smaller one, byte by byte, none gets past its edge unseen.
        let step = if self.window.bits == LARGEST { STEP } else { 1 };
        loop {
            let at = self.history.len();
            self.history.resize(at + step, 0);
            let start = at.saturating_sub(size);
            let flags = TINFL_FLAG_HAS_MORE_INPUT | TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
            let out = &mut self.history[start..];
            let (status, read, made) = decompress(&mut open.deflate, input, out, at - start, flags);
            self.history.truncate(at + made);
            input = &input[read..];
            open.made += made;
            match status {
                _ if open.made > MOST => return Err(Broken::Long),
                TINFLStatus::HasMoreOutput => {}
                TINFLStatus::NeedsMoreInput => return Ok(()),
                TINFLStatus::Done if open.ends < MOST_ENDS => {
                    *open.deflate = DecompressorOxide::default();
                    open.ends += 1;
                }
                _ => return Err(Broken::Deflate),
            }
        }
    }
}

/// Why a message cannot be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Broken {
    Deflate,
    Window,
    Long,
}
