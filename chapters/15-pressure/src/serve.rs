//! The pieces put together.

use std::io;
use std::rc::Rc;
use std::sync::Arc;

use ch01_listen::Socket;
use ch02_key::Request;
use ch06_select::{Connection, Emit, End, Protocol};
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
    host_that_reads(settings, app, counters, |_| Ok(()))
}

/// The same, where `read` sees each head first, and may refuse it: chapter 19 finds a room in it.
pub fn host_that_reads<R: Fn(&[u8]) -> Result<(), End> + 'static>(
    settings: &Settings,
    app: Box<dyn App>,
    counters: Arc<Counters>,
    read: R,
) -> Host<impl Protocol + use<R>> {
    let seen = Rc::new(Seen::default());
    let shared = Rc::new((settings.door(), Rc::clone(&seen), Arc::clone(&counters), read));
    let connect = move || {
        let shared = Rc::clone(&shared);
        let start = move |head: &[u8], emit: Emit<'_>| {
            let (door, seen, counters, read) = &*shared;
            if let Some(report) = report(head, counters) {
                return Err(report);
            }
            read(head)?;
            ch13_door::start(door, |request| agree(request, seen), head, emit)
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
