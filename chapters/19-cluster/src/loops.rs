//! The loops of one server, and what they ask of the broker.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};

use ch06_select::ClientId;
use ch15_pressure::{Letter, Mailbox};

use crate::{Batch, Id, News, RoomName};

// ANCHOR: ask
/// Whether messages are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// All are.
    #[default]
    Open,
    /// Only the server's own: its members hear that theirs are not.
    Closing,
    /// The same, and the thread that writes ends when nothing waits any more.
    Over,
}

/// A question of one client.
#[derive(Clone)]
pub struct Ask {
    /// Whose it is, and in which room.
    pub client: ClientId,
    /// The room that it is about.
    pub room: RoomName,
    /// What it is.
    pub question: Question,
    /// Where the answer goes.
    pub to: Mailbox<News>,
}

/// What a client may ask.
#[derive(Clone, Debug)]
pub enum Question {
    /// What was said, after this id or lately: the client joins.
    Before(Option<Id>),
    /// How many are here.
    Who,
}
// ANCHOR_END: ask

// ANCHOR: loops
/// The loops of one server, and how many members each room has on them.
pub struct Loops {
    mailboxes: Mutex<Vec<Mailbox<News>>>,
    members: Mutex<HashMap<RoomName, usize>>,
}

impl Loops {
    /// The loops with these mailboxes.
    pub fn new(mailboxes: Vec<Mailbox<News>>) -> Self {
        Loops { mailboxes: Mutex::new(mailboxes), members: Mutex::default() }
    }

    // ANCHOR_END: loops

    // ANCHOR: tell
    /// Tells all of them. Nobody else does at the same time, so they have one order.
    pub fn tell(&self, news: impl Fn() -> News) {
        for mailbox in &*lock(&self.mailboxes) {
            // A loop that has ended has nobody left to tell.
            let _ = mailbox.send(news());
        }
    }

    /// Waits until all of them have done what they are doing now.
    pub fn catch_up(&self) {
        let (done, all_done) = mpsc::channel();
        let batch = Arc::new(Batch { said: Vec::new(), done });
        self.tell(|| News::Heard(Arc::clone(&batch)));
        drop(batch);
        // Nothing is ever sent. This is an error as soon as nobody can.
        let _ = all_done.recv();
    }

    /// Tells all of them to end.
    pub fn stop(&self) {
        self.tell(|| News::Letter(Letter::Stop));
    }

    /// A client has joined a room.
    pub fn joined(&self, room: &RoomName) {
        *lock(&self.members).entry(room.clone()).or_default() += 1;
    }

    /// A member of a room is gone.
    pub fn left(&self, room: &RoomName) {
        let mut members = lock(&self.members);
        if let Some(count) = members.get_mut(room) {
            *count -= 1;
        }
        members.retain(|_, count| *count > 0);
    }

    /// How many members each room has here.
    pub fn members(&self) -> HashMap<RoomName, usize> {
        lock(&self.members).clone()
    }
}

/// What a thread that has panicked leaves behind is whole: none of ours stops half way.
pub(crate) fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
// ANCHOR_END: tell
