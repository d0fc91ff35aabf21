//! Control frames: what keeps a connection in order, and is no message (RFC 6455, section 5.5).

use ch04_decode::Opcode;
use ch05_reply::encode;
use ch06_select::{CLOSE, Emit, End, Event};
use ch09_stream::{Layer, MAX_CONTROL, Part};

use crate::{Failure, answer};

// ANCHOR: control
/// The opcode of a Ping frame (section 5.5.2).
pub const PING: Opcode = Opcode(0x9);

/// The opcode of a Pong frame (section 5.5.3).
pub const PONG: Opcode = Opcode(0xA);

/// Answers control frames, and hands all others on.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Control<L>(pub L);

impl<L: Layer> Layer for Control<L> {
    fn take(&mut self, part: Part<'_>, emit: Emit<'_>) -> Result<(), End> {
        // YOURS: Which frames are control frames, and what is each answered with?
        let header = part.header;
        if part.first && header.masking_key.is_none() {
            return Err(Failure::protocol_error("a client masks its frames").into());
        }
        if header.opcode < CLOSE {
            return self.0.take(part, emit);
        }
        if header.length > MAX_CONTROL {
            return Err(Failure::protocol_error("a control frame has at most 125 bytes").into());
        }
        match header.opcode {
            CLOSE => return Err(answer(part.payload)),
            PING => emit(Event::Send(&encode(PONG, part.payload))),
            // A pong that we have not asked for is not answered (section 5.5.3).
            _ => {}
        }
        Ok(())
        // YOURS_END
    }
}
// ANCHOR_END: control
