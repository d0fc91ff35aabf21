//! The pieces put together.

use std::io;
use std::rc::Rc;
use std::sync::Arc;

use ch01_listen::Socket;
use ch02_key::Request;
use ch06_select::{Connection, Emit, Protocol};
use ch07_room::App;
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
    let shared = Rc::new((settings.door(), Rc::clone(&seen), Arc::clone(&counters)));
    let connect = move || {
        let shared = Rc::clone(&shared);
        let start = move |head: &[u8], emit: Emit<'_>| {
            let (door, seen, counters) = &*shared;
            match report(head, counters) {
                Some(report) => Err(report),
                None => ch13_door::start(door, |request| agree(request, seen), head, emit),
            }
        };
        Connection::Opening(Vec::new(), start)
    };
    Host::new(app, settings.limits, counters, seen, connect)
}

/// As in chapter 14, and pongs are looked at.
fn agree(request: &Request, seen: &Rc<Seen>) -> Spoken<Pulse<ch14_deflate::Layers>> {
    let Spoken { fields, writer, layer } = ch14_deflate::agree(request);
    Spoken { fields, writer, layer: Pulse { seen: Rc::clone(seen), layer } }
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
