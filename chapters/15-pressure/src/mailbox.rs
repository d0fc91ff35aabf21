//! Letters to the loop's thread.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};

use mio::{Registry, Token, Waker};

// ANCHOR: mailbox
/// Where other threads put letters for a service. Its loop wakes up for each of them.
pub struct Mailbox<M> {
    letters: Sender<M>,
    waker: Arc<Waker>,
}

impl<M> Mailbox<M> {
    /// A mailbox, and what is put into it.
    pub(crate) fn new(registry: &Registry, token: Token) -> io::Result<(Self, Receiver<M>)> {
        let (letters, received) = mpsc::channel();
        let waker = Arc::new(Waker::new(registry, token)?);
        Ok((Mailbox { letters, waker }, received))
    }

    /// Puts a letter in. Returns it if nobody is there any more to read it.
    pub fn send(&self, letter: M) -> Result<(), M> {
        self.letters.send(letter).map_err(|unsent| unsent.0)?;
        // If the loop cannot be woken, it reads its letters when it wakes up by itself.
        let _ = self.waker.wake();
        Ok(())
    }
}

impl<M> Clone for Mailbox<M> {
    fn clone(&self) -> Self {
        Mailbox { letters: self.letters.clone(), waker: Arc::clone(&self.waker) }
    }
}
// ANCHOR_END: mailbox
