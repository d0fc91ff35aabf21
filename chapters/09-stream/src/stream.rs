//! The protocol after the opening handshake: a stream of frames, and a layer that says what they mean.

use std::borrow::Cow;
use std::mem;

use ch05_reply::TEXT;
use ch06_select::{BINARY, CLOSE, Emit, End, Event, Message, Protocol};

use crate::{Decoder, Part};

// ANCHOR: stream
/// What frames mean. A layer may stand on another one.
pub trait Layer {
    /// Takes a part of a frame, and emits what follows from it. After an error it is not called again.
    fn take(&mut self, part: Part<'_>, emit: Emit<'_>) -> Result<(), End>;
}

/// A client's bytes as parts of frames, each handed to a layer.
#[derive(Debug, Default, PartialEq)]
pub struct Stream<L> {
    decoder: Decoder,
    layer: L,
}

impl<L> Stream<L> {
    /// A stream from its first frame on, for `layer`.
    pub fn new(layer: L) -> Self {
        Stream { decoder: Decoder::default(), layer }
    }
}

impl<L: Layer> Protocol for Stream<L> {
    fn receive(&mut self, bytes: &mut [u8], emit: Emit<'_>) -> Result<(), End> {
        // YOURS: How many frames may one read bring?
        let mut at = 0;
        while at < bytes.len() {
            let (used, part) = self.decoder.decode(&mut bytes[at..]);
            if let Some(part) = part {
                self.layer.take(part, emit)?;
            }
            at += used;
        }
        Ok(())
        // YOURS_END
    }
}
// ANCHOR_END: stream

// ANCHOR: frames
/// The longest message, in bytes.
pub const LONGEST: usize = 16 * 1024 * 1024;

/// Takes each frame for a message, as chapter 06 does, when all of it is there.
#[derive(Debug, Default)]
pub struct Frames {
    /// What came of the payload before.
    kept: Vec<u8>,
}
// ANCHOR_END: frames

// ANCHOR: whole
impl Layer for Frames {
    fn take(&mut self, part: Part<'_>, emit: Emit<'_>) -> Result<(), End> {
        // YOURS: When is a frame a message, and what do the other frames mean?
        let Part { header, payload, first, last } = part;
        if first && header.masking_key.is_none() {
            return Err("not a frame: it is not masked".into());
        }
        if header.length > LONGEST as u64 {
            return Err(format!("a frame of more than {LONGEST} bytes").into());
        }
        if !(first && last) {
            self.kept.extend_from_slice(payload);
        }
        if !last {
            return Ok(());
        }
        let payload = match first {
            true => Cow::Borrowed(&*payload),
            false => Cow::Owned(mem::take(&mut self.kept)),
        };
        let opcode = match header.opcode {
            CLOSE => return Err("it says goodbye".into()),
            // Ping and pong are not messages.
            control if control > CLOSE => return Ok(()),
            BINARY => BINARY,
            _ => TEXT,
        };
        emit(Event::Message(Message { opcode, payload }));
        Ok(())
        // YOURS_END
    }
}
// ANCHOR_END: whole
