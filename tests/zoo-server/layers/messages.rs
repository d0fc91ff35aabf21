//! Mistakes with messages, chapter 11.

use ch06_select::{Emit, End};
use ch09_stream::{Layer, Part};

/// In front of what puts messages together.
#[derive(Default)]
pub struct Parts<L> {
    layer: L,
}

impl<L: Layer> Layer for Parts<L> {
    fn take(&mut self, part: Part<'_>, emit: Emit<'_>) -> Result<(), End> {
        self.layer.take(part, emit)
    }
}
