//! Deadlines of one kind: each of them is as long as the others, so what was set first is due first.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use ch06_select::ClientId;

// ANCHOR: deadlines
/// A queue of deadlines, all of one length. None is ever taken back: who is due is looked at, and if
/// there is nothing to do about it, nothing is done.
pub struct Deadlines {
    after: Duration,
    start: Option<Instant>,
    /// In nanoseconds since the start: half as long as an `Instant`.
    queue: VecDeque<(u64, ClientId)>,
}

impl Deadlines {
    /// Deadlines that are due so long after they are set.
    pub fn new(after: Duration) -> Self {
        Deadlines { after, start: None, queue: VecDeque::new() }
    }

    /// Sets a deadline for a client. `now` never goes back.
    pub fn set(&mut self, now: Instant, client: ClientId) {
        let start = *self.start.get_or_insert(now);
        let at = now + self.after - start;
        self.queue.push_back((at.as_nanos() as u64, client));
    }

    /// Forgets the first deadlines that are of no interest any more, so that they do not wait for their end.
    pub fn skip(&mut self, is_met: impl Fn(ClientId) -> bool) {
        while self.queue.front().is_some_and(|(_, client)| is_met(*client)) {
            self.queue.pop_front();
        }
    }

    /// The next client whose deadline is over.
    pub fn due(&mut self, now: Instant) -> Option<ClientId> {
        self.next().filter(|at| *at <= now)?;
        self.queue.pop_front().map(|(_, client)| client)
    }

    /// When the next deadline is over.
    pub fn next(&self) -> Option<Instant> {
        let (at, _) = self.queue.front()?;
        Some(self.start? + Duration::from_nanos(*at))
    }
}
// ANCHOR_END: deadlines
