//! Letters to the loop's thread.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::AcqRel;
use std::sync::mpsc::{self, Receiver, Sender};

use mio::{Registry, Token, Waker};

// ANCHOR: mailbox
/// Where other threads put letters for a service. Its loop wakes up for each of them.
pub struct Mailbox<M> {
    letters: Sender<M>,
    waker: Arc<Waker>,
    woken: Arc<AtomicBool>,
}

impl<M> Mailbox<M> {
    /// A mailbox, and what is put into it.
    pub fn new(registry: &Registry, token: Token) -> io::Result<(Self, Receiver<M>)> {
        let (letters, received) = mpsc::channel();
        let waker = Arc::new(Waker::new(registry, token)?);
        Ok((Mailbox { letters, waker, woken: Arc::default() }, received))
    }

    /// Puts a letter in. Returns it if nobody is there any more to read it.
    pub fn send(&self, letter: M) -> Result<(), M> {
        self.letters.send(letter).map_err(|unsent| unsent.0)?;
        self.wake();
        Ok(())
    }

    /// Wakes the loop, unless somebody has done so since its last turn.
    pub fn wake(&self) {
        if !self.woken.swap(true, AcqRel) {
            // If the loop cannot be woken, it reads its letters when it wakes up by itself.
            let _ = self.waker.wake();
        }
    }

    /// The loop is awake, and is about to read its letters.
    pub fn wakes(&self) {
        self.woken.swap(false, AcqRel);
    }
}

impl<M> Clone for Mailbox<M> {
    fn clone(&self) -> Self {
        let (letters, waker) = (self.letters.clone(), Arc::clone(&self.waker));
        Mailbox { letters, waker, woken: Arc::clone(&self.woken) }
    }
}
// ANCHOR_END: mailbox
