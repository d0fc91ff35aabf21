//! What a server's frames go through: the layers of chapters 09 to 14, and two that a client adds.

use ch06_select::{CLOSE, Emit, End, Event, Message};
use ch09_stream::{Layer, Part};
use ch10_control::{Control, Failure, PONG};
use ch11_messages::Messages;
use ch12_strict::Strict;
use ch14_deflate::Inflated;

// ANCHOR: layers
/// What a client understands of a server.
pub type Layers = Unmasked<Strict<Told<Control<Inflated<Messages>>>>>;

/// Holds a server to section 5.1: its frames have no mask. The layers behind it ask for one, and a mask of
/// four zeros changes nothing.
#[derive(Default)]
pub struct Unmasked<L>(pub L);

impl<L: Layer> Layer for Unmasked<L> {
    fn take(&mut self, mut part: Part<'_>, emit: Emit<'_>) -> Result<(), End> {
        // YOURS: What must a server's frame not have, and what do the other layers ask for?
        if part.header.masking_key.is_some() {
            return Err(Failure::protocol_error("a server does not mask its frames").into());
        }
        part.header.masking_key = Some([0; 4]);
        self.0.take(part, emit)
        // YOURS_END
    }
}
// ANCHOR_END: layers

// ANCHOR: told
/// Tells of pongs and of a goodbye, which are messages to somebody who has waited for them.
#[derive(Default)]
pub struct Told<L>(pub L);

impl<L: Layer> Layer for Told<L> {
    fn take(&mut self, part: Part<'_>, emit: Emit<'_>) -> Result<(), End> {
        let opcode = part.header.opcode;
        if opcode == PONG || opcode == CLOSE {
            emit(Event::Message(Message { opcode, payload: (&*part.payload).into() }));
        }
        self.0.take(part, emit)
    }
}
// ANCHOR_END: told
