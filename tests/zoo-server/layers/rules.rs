//! Mistakes with rules, chapter 12.

use ch06_select::{Emit, End};
use ch09_stream::{Layer, Part};

/// In front of the rules.
#[derive(Default)]
pub struct Rules<L> {
    layer: L,
}

impl<L> Rules<L> {
    pub fn new(layer: L) -> Self {
        Rules { layer }
    }
}

impl<L: Layer> Layer for Rules<L> {
    fn take(&mut self, part: Part<'_>, emit: Emit<'_>) -> Result<(), End> {
        self.layer.take(part, emit)
    }
}
