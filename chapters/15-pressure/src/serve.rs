//! The pieces put together.

use std::io;
use std::rc::Rc;
use std::sync::Arc;

use ch01_listen::Socket;
use ch02_key::Request;
use ch06_select::{Connection, Emit, End, Protocol};
use ch07_room::App;
use ch08_hixie::Dialect;
use ch09_stream::Stream;
use ch13_door::Spoken;

use crate::program::on_stop;
use crate::report::report;
use crate::seen::{Pulse, Seen};
use crate::{Counters, EventLoop, Host, Letter, Settings};

// ANCHOR: host
/// A host for `app`, as the settings say. All hosts of a server count together.
pub fn host(
    settings: &Settings,
    app: Box<dyn App>,
    counters: Arc<Counters>,
) -> Host<impl Protocol + use<>> {
    let seen = Rc::new(Seen::default());
    let start = start(settings, &counters, &seen);
    let connect = move || Connection::Opening(Vec::new(), start.clone());
    Host::new(app, settings.limits, counters, seen, connect)
}

/// What is spoken with a client that has come in.
pub type Frames = Dialect<Stream<Pulse<ch14_deflate::Layers>>>;

/// Answers a whole head: with a report, or as in chapter 13.
pub fn start(
    settings: &Settings,
    counters: &Arc<Counters>,
    seen: &Rc<Seen>,
) -> impl Fn(&[u8], Emit<'_>) -> Result<Frames, End> + Clone + use<> {
    let shared = Rc::new((settings.door(), Arc::clone(counters), Rc::clone(seen)));
    move |head, emit| {
        let (door, counters, seen) = &*shared;
        match report(head, counters) {
            Some(report) => Err(report),
            None => ch13_door::start(door, |request| agree(request, seen), head, emit),
        }
    }
}

/// As in chapter 14, and pongs are looked at.
fn agree(request: &Request, seen: &Rc<Seen>) -> Spoken<Pulse<ch14_deflate::Layers>> {
    let Spoken { fields, writer, layer } = ch14_deflate::agree(request);
    Spoken { fields, writer, layer: Pulse::new(seen, layer) }
}
// ANCHOR_END: host

// ANCHOR: serve
/// Serves until it is told to stop, and everybody has left.
pub fn serve(listener: &Socket, settings: &Settings) -> io::Result<()> {
    let event_loop = EventLoop::new(listener, settings.patience)?;
    let mailbox = event_loop.mailbox();
    on_stop(move || drop(mailbox.send(Letter::Stop)))?;
    event_loop.run(host(settings, settings.app(), Arc::default()))
}
// ANCHOR_END: serve
