//! Rest: between two messages, a connection is as it was after its handshake, and nobody has to keep that.

use std::cell::Cell;
use std::rc::Rc;

use ch06_select::{Connection, Emit, End, Protocol};

// ANCHOR: resting
/// A connection that owns nothing while it rests.
pub struct Resting<F, S> {
    unfinished: Option<Box<Connection<F, S>>>,
    rest: Rc<Rest<F, S>>,
}

/// What all connections at rest share.
pub struct Rest<F, S> {
    fresh: Box<dyn Fn() -> F>,
    /// What each of them would be.
    all: F,
    /// One that has come to rest, for the next one that wakes up.
    spare: Cell<Option<Box<Connection<F, S>>>>,
}

impl<F, S> Rest<F, S> {
    /// `fresh` makes what is spoken after a handshake.
    pub fn new(fresh: impl Fn() -> F + 'static) -> Self {
        Rest { all: fresh(), fresh: Box::new(fresh), spare: Cell::new(None) }
    }
}

impl<F, S> Resting<F, S> {
    /// A connection from its first byte on, which `start` answers.
    pub fn new(start: S, rest: Rc<Rest<F, S>>) -> Self {
        Resting { unfinished: Some(Box::new(Connection::Opening(Vec::new(), start))), rest }
    }
}
// ANCHOR_END: resting

// ANCHOR: receive
impl<F, S> Protocol for Resting<F, S>
where
    F: Protocol + PartialEq,
    S: Fn(&[u8], Emit<'_>) -> Result<F, End>,
{
    fn receive(&mut self, bytes: &mut [u8], emit: Emit<'_>) -> Result<(), End> {
        // YOURS: Whose state is this, and who keeps it afterwards?
        let Rest { fresh, all, spare } = &*self.rest;
        let mut connection = (self.unfinished.take().or_else(|| spare.take()))
            .unwrap_or_else(|| Box::new(Connection::Open(fresh())));
        connection.receive(bytes, emit)?;
        match &*connection {
            Connection::Open(frames) if frames == all => spare.set(Some(connection)),
            _ => self.unfinished = Some(connection),
        }
        Ok(())
        // YOURS_END
    }
}
// ANCHOR_END: receive
