//! Deadlines of one kind: each of them is as long as the others, so what was set first is due first.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use ch06_select::ClientId;

// ANCHOR: deadlines
/// A queue of deadlines, all of one length. None is ever taken back: who is due is looked at, and if
/// there is nothing to do about it, nothing is done.
pub struct Deadlines {
    after: Duration,
    queue: VecDeque<(Instant, ClientId)>,
}

impl Deadlines {
    /// Deadlines that are due so long after they are set.
    pub fn new(after: Duration) -> Self {
        Deadlines { after, queue: VecDeque::new() }
    }

    /// Sets a deadline for a client. `now` never goes back.
    pub fn set(&mut self, now: Instant, client: ClientId) {
        self.queue.push_back((now + self.after, client));
    }

    /// The next client whose deadline is over.
    pub fn due(&mut self, now: Instant) -> Option<ClientId> {
        self.next().filter(|at| *at <= now)?;
        self.queue.pop_front().map(|(_, client)| client)
    }

    /// When the next deadline is over.
    pub fn next(&self) -> Option<Instant> {
        self.queue.front().map(|(at, _)| *at)
    }
}
// ANCHOR_END: deadlines
