//! The layer that holds frames to the rules.

use ch06_select::{Emit, End};
use ch09_stream::{Layer, Part};
use ch10_control::Failure;

use crate::rules::{Frame, RULES};

// ANCHOR: strict
/// Holds each frame to the rules as soon as its header is here, and hands on those that keep them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Strict<L> {
    /// A message has begun, and is not whole.
    in_message: bool,
    /// The reserved bits that an extension may set.
    agreed: u8,
    layer: L,
}

impl<L> Strict<L> {
    /// The rules in front of `layer`, with the reserved bits that were agreed on in the handshake.
    pub fn new(agreed: u8, layer: L) -> Self {
        Strict { in_message: false, agreed, layer }
    }
}

impl<L: Layer> Layer for Strict<L> {
    fn take(&mut self, part: Part<'_>, emit: Emit<'_>) -> Result<(), End> {
        // YOURS: When is a frame judged, and what is remembered of it?
        let header = part.header;
        if part.first {
            let (in_message, agreed) = (self.in_message, self.agreed);
            let frame = Frame { header: &header, payload: part.payload, in_message, agreed };
            if let Some(rule) = RULES.iter().find(|rule| (rule.is_broken)(&frame)) {
                return Err(Failure { code: rule.code, why: rule.says.into() }.into());
            }
            if !frame.is_control() {
                self.in_message = !header.fin;
            }
        }
        self.layer.take(part, emit)
        // YOURS_END
    }
}
// ANCHOR_END: strict
