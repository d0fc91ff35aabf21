//! What a server makes of a client's bytes.

use ch06_select::CLOSE;
use ch10_control::PONG;

/// What a server makes of a client's bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The messages: whether it is a text, and its payload.
    pub messages: Vec<(bool, Vec<u8>)>,
    /// The payloads of its Pong frames.
    pub pongs: Vec<Vec<u8>>,
    /// The code of its Close frame, or `Some(None)` for one without a code. `None`: it waits for more.
    pub close: Option<Option<u16>>,
}

impl Outcome {
    /// It hears a message.
    pub fn hear(&mut self, is_text: bool, payload: Vec<u8>) {
        self.messages.push((is_text, payload));
    }

    /// It sends these frames, which are all short.
    pub fn send(&mut self, mut frames: &[u8]) {
        while let [first, length, rest @ ..] = frames {
            let (payload, rest) = rest.split_at(usize::from(*length));
            match first & 0x0f {
                opcode if opcode == PONG.0 => self.pongs.push(payload.to_vec()),
                opcode if opcode == CLOSE.0 => {
                    self.close = Some(payload.first_chunk().map(|code| u16::from_be_bytes(*code)));
                }
                opcode => {
                    panic!("a server that says nothing sends a frame with the opcode {opcode}")
                }
            }
            frames = rest;
        }
    }

    /// It has said goodbye.
    pub fn is_over(&self) -> bool {
        self.close.is_some()
    }

    /// All that it heard and answered, the other heard and answered first.
    pub fn is_begin_of(&self, other: &Outcome) -> bool {
        other.messages.starts_with(&self.messages) && other.pongs.starts_with(&self.pongs)
    }
}
