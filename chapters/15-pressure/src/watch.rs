//! Who looks on: everything that happens is counted, and shown.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use ch06_select::{ClientId, End, Event};
use ch07_room::{Observer, Terminal};

use crate::Counters;

// ANCHOR: watch
/// Counts what happens, and shows it.
#[derive(Clone)]
pub(crate) struct Watch {
    pub(crate) counters: Arc<Counters>,
    /// The client whose opening handshake has just succeeded.
    pub(crate) opened: Rc<Cell<Option<ClientId>>>,
}

impl Observer for Watch {
    fn connected(&self, client: ClientId) {
        self.counters.clients.fetch_add(1, Relaxed);
        self.counters.connected.fetch_add(1, Relaxed);
        Terminal.connected(client);
    }

    fn event(&self, client: ClientId, event: &Event<'_>) {
        match event {
            Event::Opened(_) => {
                self.counters.opened.fetch_add(1, Relaxed);
                self.opened.set(Some(client));
            }
            Event::Message(_) => drop(self.counters.messages.fetch_add(1, Relaxed)),
            Event::Head(_) | Event::Send(_) => {}
        }
        Terminal.event(client, event);
    }

    fn ends(&self, client: ClientId, end: &End) {
        Terminal.ends(client, end);
    }

    fn left(&self, client: ClientId, why: &io::Result<()>) {
        self.counters.clients.fetch_sub(1, Relaxed);
        self.counters.lost.fetch_add(u64::from(why.is_err()), Relaxed);
        Terminal.left(client, why);
    }
}
// ANCHOR_END: watch
