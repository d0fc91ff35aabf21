//! A conversation, written down as it happens.

use std::collections::{HashMap, VecDeque};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, MutexGuard};

use serde::{Deserialize, Serialize};

use crate::head::{Dialect, grants};
use crate::stream::Stream;
use crate::unit::{Kind, Side, Unit};

/// How a side ended the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Closing {
    /// It sent its last byte and said so (FIN).
    Closed,
    /// It gave the connection up (RST).
    Reset,
}

/// One thing that happened on the wire or in the server's terminal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Event {
    /// Bytes arrived and have names. A later unit of the same client and side with the same start
    /// is the same one, grown.
    Unit {
        /// Which client, from 1.
        client: usize,
        /// Who sent it.
        from: Side,
        /// What it is.
        unit: Box<Unit>,
    },
    /// The server's terminal shows a line.
    Line {
        /// The line, without its end.
        text: String,
    },
    /// A side ended the connection; the first one to do so.
    Closed {
        /// Which client, from 1.
        client: usize,
        /// Who ended it.
        by: Side,
        /// How.
        how: Closing,
    },
    /// Both directions have ended, and nothing more comes of this client. It is reported, and never recorded.
    Gone {
        /// Which client, from 1.
        client: usize,
    },
    /// More happened than is kept: here, so much of it is left out.
    LeftOut {
        /// How many events.
        events: usize,
    },
}

impl Event {
    /// Which client it is about, from 1; a line of the terminal is about none.
    pub fn client(&self) -> Option<usize> {
        match self {
            Event::Unit { client, .. } | Event::Closed { client, .. } | Event::Gone { client } => {
                Some(*client)
            }
            Event::Line { .. } | Event::LeftOut { .. } => None,
        }
    }

    /// Whether it is a line of the terminal, and not something on the wire.
    pub fn is_line(&self) -> bool {
        self.line().is_some()
    }

    /// The line, if it is one of the terminal.
    pub fn line(&self) -> Option<&str> {
        match self {
            Event::Line { text } => Some(text),
            _ => None,
        }
    }

    /// What it has in common with the later forms of a unit that grows.
    fn unit_key(&self) -> Option<(usize, Side, usize)> {
        match self {
            Event::Unit { client, from, unit } => Some((*client, *from, unit.start)),
            _ => None,
        }
    }
}

/// Writes down what it is told, from any thread: clones share one log.
#[derive(Clone)]
pub struct Recorder(Arc<Mutex<Log>>);

struct Log {
    output: Output,
    streams: HashMap<(usize, Side), Stream>,
    closed: Vec<bool>,
}

enum Output {
    Keep(Box<Memory>),
    Report(SyncSender<Event>),
}

/// Apart from each other: a server that prints without end shall not hide what crossed.
struct Memory {
    wire: Kept,
    lines: Kept,
}

/// The first events and the last ones. What is between them is counted: a server that sends without end shall
/// not fill the memory of whoever observes it.
struct Kept {
    first: Vec<Event>,
    last: VecDeque<Event>,
    left_out: usize,
    /// How many the first and the last are.
    limits: (usize, usize),
    /// The number of each unit's event: a later form of the unit takes its place.
    places: HashMap<(usize, Side, usize), usize>,
}

/// How many events on the wire are kept, the first and the last. No conversation of the course has as many, and a
/// reader sees all of them.
const WIRE: (usize, usize) = (200, 50);
/// How many lines of a terminal.
const LINES: (usize, usize) = (4_000, 1_000);

/// A finished conversation. Its `Display` is the figure that the book shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// What it shows.
    pub title: String,
    /// What happened, in order.
    pub events: Vec<Event>,
}

impl Default for Recorder {
    fn default() -> Self {
        Recorder::new()
    }
}

impl Recorder {
    /// Keeps what happens, for [`Recorder::recording`]: of a flood, its beginning and its end.
    pub fn new() -> Self {
        let memory = Memory { wire: Kept::new(WIRE), lines: Kept::new(LINES) };
        Recorder::with(Output::Keep(Box::new(memory)))
    }

    /// Keeps nothing, and hands on every event at once. Where the channel is full, the conversation
    /// waits.
    pub fn reporting(to: SyncSender<Event>) -> Self {
        Recorder::with(Output::Report(to))
    }

    fn with(output: Output) -> Self {
        let log = Log { output, streams: HashMap::new(), closed: Vec::new() };
        Recorder(Arc::new(Mutex::new(log)))
    }

    /// A new client's number, from 1.
    pub fn new_client(&self) -> usize {
        let mut log = self.log();
        log.closed.push(false);
        let client = log.closed.len();
        for side in [Side::Client, Side::Server] {
            log.streams.insert((client, side), Stream::new(side));
        }
        client
    }

    /// Bytes crossed. Hands back the units that they completed, or made grow.
    pub fn bytes(&self, client: usize, from: Side, bytes: &[u8]) -> Vec<Unit> {
        let mut log = self.log();
        let Some(stream) = log.streams.get_mut(&(client, from)) else {
            return Vec::new();
        };
        let units = stream.feed(bytes);
        for unit in &units {
            log.put(Event::Unit { client, from, unit: Box::new(unit.clone()) });
            if unit.kind == Kind::ResponseHead
                && unit.complete
                && let Some(dialect) = grants(unit)
            {
                log.upgrade(client, dialect);
            }
        }
        units
    }

    /// Both directions have ended: nothing of this client has to be kept to name what follows.
    pub fn forget(&self, client: usize) {
        let mut log = self.log();
        for side in [Side::Client, Side::Server] {
            log.streams.remove(&(client, side));
        }
        if matches!(log.output, Output::Report(_)) {
            log.put(Event::Gone { client });
        }
    }

    /// A side ended the connection. Only the first one counts.
    pub fn closed(&self, client: usize, by: Side, how: Closing) {
        let mut log = self.log();
        if !std::mem::replace(&mut log.closed[client - 1], true) {
            log.put(Event::Closed { client, by, how });
        }
    }

    /// The server's terminal shows a line.
    pub fn line(&self, text: &str) {
        self.log().put(Event::Line { text: text.to_owned() });
    }

    /// Everything so far, under a title. Empty where the recorder only reports.
    ///
    /// What differs from run to run is evened out: how the system cut the server's bytes, whether its
    /// end was a reset, and when a line was printed; the lines come last.
    pub fn recording(&self, title: &str) -> Recording {
        let Output::Keep(memory) = &self.log().output else {
            return Recording { title: title.to_owned(), events: Vec::new() };
        };
        let mut events: Vec<Event> = memory.wire.events().chain(memory.lines.events()).collect();
        for event in &mut events {
            match event {
                Event::Unit { from: Side::Server, unit, .. } => unit.pieces.clear(),
                Event::Closed { by: Side::Server, how, .. } => *how = Closing::Closed,
                _ => {}
            }
        }
        Recording { title: title.to_owned(), events }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Log {
    /// The server has granted frames: the client's stream changes to them too.
    fn upgrade(&mut self, client: usize, dialect: Dialect) {
        let stream = self.streams.get_mut(&(client, Side::Client));
        for unit in stream.map(|stream| stream.change_to(dialect)).unwrap_or_default() {
            self.put(Event::Unit { client, from: Side::Client, unit: Box::new(unit) });
        }
    }

    fn put(&mut self, event: Event) {
        match &mut self.output {
            // Nobody listening is no reason to stop the conversation.
            Output::Report(to) => drop(to.send(event)),
            Output::Keep(memory) if event.is_line() => memory.lines.put(event),
            Output::Keep(memory) => memory.wire.put(event),
        }
    }
}

impl Kept {
    fn new(limits: (usize, usize)) -> Kept {
        let (first, last) = (Vec::new(), VecDeque::new());
        Kept { first, last, left_out: 0, limits, places: HashMap::new() }
    }

    fn put(&mut self, event: Event) {
        let key = event.unit_key();
        if let Some(before) = key.and_then(|key| self.places.get(&key)).copied() {
            return *self.at(before) = event;
        }
        let number = self.first.len() + self.left_out + self.last.len();
        self.places.extend(key.map(|key| (key, number)));
        if self.first.len() < self.limits.0 {
            return self.first.push(event);
        }
        self.last.push_back(event);
        if self.last.len() > self.limits.1 {
            let forgotten = self.last.pop_front().and_then(|event| event.unit_key());
            forgotten.and_then(|key| self.places.remove(&key));
            self.left_out += 1;
        }
    }

    /// The event of this number, which is one of those in `places`, and so is kept.
    fn at(&mut self, number: usize) -> &mut Event {
        match number.checked_sub(self.first.len()) {
            None => &mut self.first[number],
            Some(behind) => &mut self.last[behind - self.left_out],
        }
    }

    fn events(&self) -> impl Iterator<Item = Event> {
        let left_out = Event::LeftOut { events: self.left_out };
        let left_out = (self.left_out > 0).then_some(left_out);
        self.first.iter().cloned().chain(left_out).chain(self.last.iter().cloned())
    }
}

impl Recording {
    /// The recording as one JSON document, for the lab and the drawings.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("names and numbers are always JSON")
    }
}

/// Asserts two insta snapshots of one [`Recording`]: `NAME` is the text that the book shows, and
/// `NAME.json` the same as data, for the lab and the drawings. The calling crate depends on insta.
#[macro_export]
macro_rules! assert_recording {
    ($name:literal, $recording:expr) => {{
        let recording: $crate::Recording = $recording;
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!($name, recording);
            insta::assert_snapshot!(concat!($name, ".json"), recording.to_json());
        });
    }};
}
