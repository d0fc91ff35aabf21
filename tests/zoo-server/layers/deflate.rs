//! Mistakes with compressed messages, chapter 14.

use ch02_key::Request;
use ch06_select::{Emit, End};
use ch09_stream::{Layer, Part, Stream};
use ch10_control::Control;
use ch12_strict::Strict;
use ch13_door::{Spoken, lists};
use ch14_deflate::{Agreement, DeflateWriter, Inflated, RSV1};

use super::control::Controls;
use super::messages::{Between, Parts};
use super::rules::Rules;
use super::{Frames, makes};
use crate::mistakes::MISTAKES;

/// From which chapter on messages are compressed.
const CHAPTER: u8 = 14;

/// In front of what inflates messages.
#[derive(Default)]
pub struct Inflates<L> {
    layer: L,
}

impl<L> Inflates<L> {
    pub fn new(layer: L) -> Self {
        Inflates { layer }
    }
}

impl<L: Layer> Layer for Inflates<L> {
    fn take(&mut self, part: Part<'_>, emit: Emit<'_>) -> Result<(), End> {
        self.layer.take(part, emit)
    }
}

/// What is agreed on with a client.
pub fn agree(request: &Request) -> Spoken<Frames> {
    // A server of chapter 13 agrees to nothing yet: an older promise says so.
    let is_older = MISTAKES.iter().any(|one| makes(one.name) && one.chapter < CHAPTER);
    if is_older {
        return Spoken::plain(request);
    }
    let offers = lists(request, "Sec-WebSocket-Extensions");
    let Some(agreed) = Agreement::find(offers) else { return Spoken::plain(request) };
    let messages = Inflates::new(Inflated::new(agreed.client_takeover, Parts::default()));
    Spoken {
        fields: agreed.field(),
        writer: Box::new(DeflateWriter::new(agreed)),
        frames: Stream::new(Rules::new(Strict::new(
            RSV1,
            Between::new(Controls::new(Control(messages))),
        ))),
    }
}
