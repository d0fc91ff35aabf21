//! The pieces put together: as many loops as there are to be, and one room.

use std::io;
use std::sync::Arc;
use std::thread;

use ch01_listen::Socket;
use ch07_room::{App, Room};
use ch15_pressure::{Counters, EventLoop, Letter, host};
use clap::Parser;

use crate::{Branch, Local, Mail, Shared};

// ANCHOR: settings
/// A WebSocket server: a room, or an echo.
#[derive(Clone, Debug, Parser)]
pub struct Settings {
    /// Those of chapter 15.
    #[command(flatten)]
    pub pressure: ch15_pressure::Settings,
    /// How many loops turn side by side, each on a thread of its own
    #[arg(long, env, default_value_t = 1)]
    pub loops: usize,
}

impl AsRef<ch15_pressure::Settings> for Settings {
    fn as_ref(&self) -> &ch15_pressure::Settings {
        &self.pressure
    }
}
// ANCHOR_END: settings

// ANCHOR: serve
/// Serves until it is told to stop, and everybody has left.
pub fn serve(listener: &Socket, settings: &Settings) -> io::Result<()> {
    let (bus, counters) = (Arc::new(Local::default()), Arc::<Counters>::default());
    let (mut mailboxes, mut threads) = (Vec::new(), Vec::new());
    for _ in 0..settings.loops {
        let event_loop = EventLoop::new(listener, settings.pressure.patience)?;
        bus.add(event_loop.mailbox());
        mailboxes.push(event_loop.mailbox());
        let (settings, bus) = (settings.clone(), Arc::clone(&bus));
        let counters = Arc::clone(&counters);
        threads.push(thread::spawn(move || {
            let app: Box<dyn App> = match settings.pressure.is_room() && settings.loops > 1 {
                true => Box::new(Shared::new(Room::default(), bus)),
                false => settings.pressure.app(),
            };
            event_loop.run(Branch(host(&settings.pressure, app, counters)))
        }));
    }
    let stop = move || mailboxes.iter().for_each(|one| drop(one.send(Mail::Letter(Letter::Stop))));
    ch15_pressure::on_stop(stop)?;
    threads.into_iter().try_for_each(|one| {
        one.join().unwrap_or_else(|_| Err(io::Error::other("a loop has panicked")))
    })
}
// ANCHOR_END: serve
