//! Mistakes with bytes as they come, chapter 09.

use ch06_select::{Emit, End, Protocol};

/// In front of everything.
pub struct Pieces<P> {
    protocol: P,
}

impl<P> Pieces<P> {
    pub fn new(protocol: P) -> Self {
        Pieces { protocol }
    }
}

impl<P: Protocol> Protocol for Pieces<P> {
    fn receive(&mut self, bytes: &mut [u8], emit: Emit<'_>) -> Result<(), End> {
        self.protocol.receive(bytes, emit)
    }
}
