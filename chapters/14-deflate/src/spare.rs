//! What is kept of compressors and inflaters: each thread has one, for whoever needs it next.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

// ANCHOR: spare
/// A window: what was said before, of one client in one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window(u64);

impl Window {
    /// A window that nobody else has.
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Window(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// A compressor or an inflater that nobody uses, and the window that it still knows.
pub(crate) struct Spare<T>(Cell<Option<(T, Option<Window>)>>);

impl<T> Spare<T> {
    pub(crate) const fn new() -> Self {
        Spare(Cell::new(None))
    }

    /// Takes it, and says whether it knows this window.
    pub(crate) fn take(&self, window: Option<Window>) -> Option<(T, bool)> {
        let (spare, known) = self.0.take()?;
        Some((spare, known.is_some() && known == window))
    }

    /// Gives it back.
    pub(crate) fn give(&self, spare: T, window: Option<Window>) {
        self.0.set(Some((spare, window)));
    }
}
// ANCHOR_END: spare
