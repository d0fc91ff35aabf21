//! What is seen of a client while its bytes are read: by an observer, and by a layer.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;

use ch06_select::{CLOSE, ClientId, Emit, End, Event, Writer};
use ch07_room::{Observer, Terminal};
use ch08_hixie::OlderWriter;
use ch09_stream::{Layer, Part};
use ch10_control::PONG;
use log::{Level, log_enabled};

// ANCHOR: seen
/// What has been seen since the host looked.
#[derive(Default)]
pub struct Seen {
    /// The head of a request is whole, so it has an answer.
    pub(crate) asked: Cell<bool>,
    /// The opening handshake has succeeded. Can this client be sent a ping?
    pub(crate) opened: Cell<Option<bool>>,
    /// What the last pong has brought back.
    pub(crate) pong: Cell<Option<[u8; 8]>>,
    /// A data frame came. Does its message go on?
    pub(crate) goes_on: Cell<Option<bool>>,
    /// How many messages came.
    pub(crate) messages: Cell<u32>,
    /// The connection ends.
    pub(crate) end: RefCell<Option<End>>,
}

/// Looks at frames, and hands all of them on.
#[derive(Default)]
pub struct Pulse<L> {
    pub(crate) seen: Rc<Seen>,
    pub(crate) layer: L,
}

impl<L> Pulse<L> {
    /// Looks at pongs for `layer`.
    pub fn new(seen: &Rc<Seen>, layer: L) -> Self {
        Pulse { seen: Rc::clone(seen), layer }
    }
}

/// What is seen is not the layer's own.
impl<L: PartialEq> PartialEq for Pulse<L> {
    fn eq(&self, other: &Self) -> bool {
        self.layer == other.layer
    }
}

impl<L: Layer> Layer for Pulse<L> {
    fn take(&mut self, part: Part<'_>, emit: Emit<'_>) -> Result<(), End> {
        match part.header.opcode {
            PONG => self.seen.pong.set((&*part.payload).try_into().ok()),
            data if data < CLOSE => self.seen.goes_on.set(Some(!(part.last && part.header.fin))),
            _ => {}
        }
        self.layer.take(part, emit)
    }
}
// ANCHOR_END: seen

// ANCHOR: watch
/// The lines of chapter 07's terminal, for a person who wants to see everything.
pub(crate) const TALK: &str = "talk";

/// The terminal, if somebody wants to see everything.
pub(crate) fn talk() -> Option<Terminal> {
    log_enabled!(target: TALK, Level::Debug).then_some(Terminal)
}

/// Sees what happens, for a host.
pub(crate) struct Watch(pub(crate) Rc<Seen>);

impl Observer for Watch {
    fn connected(&self, client: ClientId) {
        talk().inspect(|terminal| terminal.connected(client));
    }

    fn event(&self, client: ClientId, event: &Event<'_>) {
        match event {
            Event::Head(_) => self.0.asked.set(true),
            // Those of 2010 have no ping.
            Event::Opened(writer) => {
                self.0.opened.set(Some(writer.group() != OlderWriter.group()));
            }
            Event::Message(_) => self.0.messages.set(self.0.messages.get() + 1),
            Event::Send(_) => {}
        }
        talk().inspect(|terminal| terminal.event(client, event));
    }

    fn ends(&self, _client: ClientId, end: &End) {
        self.0.end.replace(Some(End { last: end.last.clone(), why: end.why.clone() }));
    }

    fn left(&self, client: ClientId, why: &io::Result<()>) {
        talk().inspect(|terminal| terminal.left(client, why));
    }
}
// ANCHOR_END: watch
