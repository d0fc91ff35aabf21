//! Mistakes with control frames, chapter 10.

use ch06_select::{Emit, End};
use ch09_stream::{Layer, Part};

/// In front of what answers control frames.
#[derive(Default)]
pub struct Controls<L> {
    layer: L,
}

impl<L> Controls<L> {
    pub fn new(layer: L) -> Self {
        Controls { layer }
    }
}

impl<L: Layer> Layer for Controls<L> {
    fn take(&mut self, part: Part<'_>, emit: Emit<'_>) -> Result<(), End> {
        self.layer.take(part, emit)
    }
}
