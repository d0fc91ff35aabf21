//! The pieces put together: as many loops as there are to be, and one room.

use std::io;
use std::iter;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ch01_listen::Socket;
use ch06_select::Protocol;
use ch07_room::{App, Room};
use ch08_hixie::Dialect;
use ch09_stream::Stream;
use ch15_pressure::{Counters, Host, Letter, Pulse, Seen, start};
use clap::Parser;
use log::warn;

use crate::{Branch, Door, EventLoop, Local, Mail, Rest, Resting, Shared, Tray};

// ANCHOR: settings
/// A WebSocket server: a room, or an echo.
#[derive(Clone, Debug, Parser)]
#[group(skip)]
pub struct Settings {
    /// Those of chapter 15.
    #[command(flatten)]
    pub pressure: ch15_pressure::Settings,
    /// How many loops turn side by side, each on a thread of its own
    #[arg(long, env, default_value_t = NonZeroUsize::MIN)]
    pub loops: NonZeroUsize,
}

impl AsRef<ch15_pressure::Settings> for Settings {
    fn as_ref(&self) -> &ch15_pressure::Settings {
        &self.pressure
    }
}
// ANCHOR_END: settings

// ANCHOR: accept
/// How long to wait before a client is accepted again, after that has failed.
const PAUSE: Duration = Duration::from_millis(100);

/// Accepts clients for ever, and hands them to the loops in turn.
pub fn accept<M>(listener: &Socket, doors: &[Door<M>]) {
    let mut crowded = false;
    for door in doors.iter().cycle() {
        let client = iter::repeat_with(|| enter(listener)).find_map(|accepted| match accepted {
            Ok(client) => Some(client),
            Err(error) => {
                if !std::mem::replace(&mut crowded, true) {
                    warn!("a client could not be accepted: {error}");
                }
                thread::sleep(PAUSE);
                None
            }
        });
        crowded = false;
        client.into_iter().for_each(|client| door.enter(client));
    }
}

fn enter(listener: &Socket) -> io::Result<std::net::TcpStream> {
    let (client, _) = listener.accept()?;
    client.set_nonblocking(true)?;
    client.set_tcp_nodelay(true)?;
    Ok(client.into())
}
// ANCHOR_END: accept

// ANCHOR: host
/// A host as in chapter 15, of whose clients those at rest own nothing.
pub fn host(
    settings: &ch15_pressure::Settings,
    app: Box<dyn App>,
    counters: Arc<Counters>,
) -> Host<impl Protocol + use<>> {
    let seen = Rc::new(Seen::default());
    let start = start(settings, &counters, &seen);
    let watched = Rc::clone(&seen);
    let fresh = move || Dialect::Newer(Stream::new(Pulse::new(&watched, Default::default())));
    let rest = Rc::new(Rest::new(fresh));
    let connect = move || Resting::new(start.clone(), Rc::clone(&rest));
    Host::new(app, settings.limits, counters, seen, connect)
}
// ANCHOR_END: host

// ANCHOR: serve
/// Serves until it is told to stop, and everybody has left.
pub fn serve(listener: &Socket, settings: &Settings) -> io::Result<()> {
    let pressure = settings.pressure.clone();
    serve_on_loops(listener, settings, move |event_loop, app, counters, tray| {
        event_loop.run(Branch::new(host(&pressure, app, counters), tray))
    })
}

/// The same, where `run` says what a loop is for: it is called on the loop's thread.
pub fn serve_on_loops<R>(listener: &Socket, settings: &Settings, run: R) -> io::Result<()>
where
    R: Fn(EventLoop<Mail>, Box<dyn App>, Arc<Counters>, Arc<Tray>) -> io::Result<()>,
    R: Clone + Send + 'static,
{
    let (bus, counters) = (Arc::new(Local::default()), Arc::<Counters>::default());
    let (mut mailboxes, mut doors, mut threads) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..settings.loops.get() {
        let event_loop = EventLoop::new(settings.pressure.patience)?;
        bus.add(event_loop.mailbox());
        mailboxes.push(event_loop.mailbox());
        doors.push(event_loop.door());
        let (settings, run) = (settings.clone(), run.clone());
        let (bus, counters) = (Arc::clone(&bus), Arc::clone(&counters));
        threads.push(thread::spawn(move || {
            let tray = Arc::new(Tray::new(bus));
            let app: Box<dyn App> = match settings.pressure.is_room() && settings.loops.get() > 1 {
                true => Box::new(Shared::new(Room::default(), Arc::clone(&tray) as _)),
                false => settings.pressure.app(),
            };
            run(event_loop, app, counters, tray)
        }));
    }
    let stop = move || mailboxes.iter().for_each(|one| drop(one.send(Mail::Letter(Letter::Stop))));
    ch15_pressure::on_stop(stop)?;
    let listener = listener.try_clone()?;
    thread::spawn(move || accept(&listener, &doors));
    threads.into_iter().try_for_each(|one| {
        one.join().unwrap_or_else(|_| Err(io::Error::other("a loop has panicked")))
    })
}
// ANCHOR_END: serve
