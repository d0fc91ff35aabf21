//! What was sent, and has perhaps not arrived.

use std::collections::VecDeque;
use std::mem;

use ch06_select::Message;

// ANCHOR: unacknowledged
/// What becomes of messages of which nobody knows whether they have arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resend {
    /// They are not sent again: each arrives once, or not at all.
    Never,
    /// They are sent again: each arrives once, or twice.
    Always,
}

/// The messages that were sent since something has shown that the server has read all before: the pong to a
/// later ping, or the answer to a goodbye.
#[derive(Debug, Default)]
pub struct Unacknowledged {
    messages: VecDeque<Message<'static>>,
    /// How many of them were sent before the last ping.
    asked: usize,
    /// Those that were too many to keep.
    forgotten: usize,
}

/// How many are kept.
const KEPT: usize = 1000;

impl Unacknowledged {
    /// This message has been sent.
    pub fn sent(&mut self, message: Message<'static>) {
        self.messages.push_back(message);
        if self.messages.len() > KEPT {
            self.messages.pop_front();
            self.asked = self.asked.saturating_sub(1);
            self.forgotten += 1;
        }
    }

    /// A ping has been sent.
    pub fn asked(&mut self) {
        self.asked = self.messages.len();
    }

    /// Its pong is here.
    pub fn answered(&mut self) {
        // YOURS: What has certainly arrived?
        self.messages.drain(..mem::take(&mut self.asked));
        self.forgotten = 0;
        // YOURS_END
    }

    /// The connection is gone: what nobody knows of, and how many more there were before.
    pub fn take(&mut self) -> (VecDeque<Message<'static>>, usize) {
        let Unacknowledged { messages, forgotten, .. } = mem::take(self);
        (messages, forgotten)
    }

    /// Whether there is something to ask about.
    pub fn is_any(&self) -> bool {
        !self.messages.is_empty()
    }
}
// ANCHOR_END: unacknowledged
