//! The pieces put together.

use std::io;
use std::rc::Rc;
use std::sync::Arc;

use ch01_listen::Socket;
use ch02_key::Request;
use ch06_select::{Connection, Emit, End, Protocol};
use ch07_room::App;
use ch13_door::Spoken;

use crate::{Clock, Counters, EventLoop, Host, Letter, Pulse, Settings, on_stop};

// ANCHOR: host
/// A host for `app`, as the settings say.
pub fn host(settings: &Settings, app: Box<dyn App>) -> Host<impl Protocol + use<>> {
    host_that_reads(settings, app, |_| Ok(()))
}

/// The same, where `read` sees each head first, and may refuse it: chapter 19 finds a room in it.
pub fn host_that_reads<R: Fn(&[u8]) -> Result<(), End> + 'static>(
    settings: &Settings,
    app: Box<dyn App>,
    read: R,
) -> Host<impl Protocol + use<R>> {
    let counters = Arc::new(Counters::default());
    let clock = Clock::new(Arc::clone(&counters));
    let shared = Rc::new((settings.door(), clock.clone(), Arc::clone(&counters), read));
    let connect = move || {
        let shared = Rc::clone(&shared);
        let start = move |head: &[u8], emit: Emit<'_>| {
            let (door, clock, counters, read) = &*shared;
            if let Some(report) = report(head, counters) {
                return Err(report);
            }
            read(head)?;
            ch13_door::start(door, |request| agree(request, clock), head, emit)
        };
        Connection::Opening(Vec::new(), start)
    };
    Host::new(app, settings.limits(), counters, clock, connect)
}

/// As in chapter 14, and pongs are looked at.
fn agree(request: &Request, clock: &Clock) -> Spoken<Pulse<ch14_deflate::Layers>> {
    let Spoken { fields, writer, layer } = ch14_deflate::agree(request);
    Spoken { fields, writer, layer: Pulse::new(clock.clone(), layer) }
}
// ANCHOR_END: host

// ANCHOR: report
/// What an operator asks for, by HTTP.
fn report(head: &[u8], counters: &Counters) -> Option<End> {
    let request = Request::parse(head).ok()?;
    let body = match request.target.as_str() {
        "/metrics" => counters.text(),
        "/health" => "ok\n".to_owned(),
        _ => return None,
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\n\
         Content-Type: text/plain; version=0.0.4\r\n\
         Content-Length: {}\r\n\
         Connection: close\r\n\
         \r\n",
        body.len()
    );
    Some(End { last: (head + &body).into(), why: "the report is sent".to_owned() })
}
// ANCHOR_END: report

// ANCHOR: serve
/// Serves until it is told to stop, and everybody has left.
pub fn serve(listener: &Socket, settings: &Settings) -> io::Result<()> {
    let event_loop = EventLoop::new(listener, settings.patience())?;
    let mailbox = event_loop.mailbox();
    on_stop(move || drop(mailbox.send(Letter::Stop)))?;
    event_loop.run(host(settings, settings.app()))
}
// ANCHOR_END: serve
