//! The pieces put together: as many loops as there are to be, and a broker beyond them.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use ch01_listen::Socket;
use ch06_select::{Connection, Emit};
use ch15_pressure::{Counters, Host, Seen, on_stop, start};
use ch16_speed::{EventLoop, accept};
use ch17_secret::{Rules, Secure};
use clap::Parser;
use redis::Client;

use crate::{Asked, Broker, Hall, Loops, News, Phase, Rooms};

// ANCHOR: settings
/// A WebSocket server: rooms, or an echo.
#[derive(Clone, Debug, Parser)]
#[group(skip)]
pub struct Settings {
    /// Those of chapter 17.
    #[command(flatten)]
    pub secret: ch17_secret::Settings,
    /// The Redis by way of which servers share their rooms, for example redis://127.0.0.1:6379; without it there is one room,
    /// and one server
    #[arg(long, env, value_name = "URL", value_parser = client)]
    pub broker: Option<Client>,
    /// How many messages the broker keeps of each room
    #[arg(long, env, default_value_t = 1000)]
    pub keep: usize,
}

impl AsRef<ch15_pressure::Settings> for Settings {
    fn as_ref(&self) -> &ch15_pressure::Settings {
        self.secret.as_ref()
    }
}

fn client(url: &str) -> Result<Client, &'static str> {
    Client::open(url).map_err(|_| "say where Redis is, like redis://127.0.0.1:6379")
}
// ANCHOR_END: settings

// ANCHOR: serve
/// Serves until it is told to stop, everybody has left, and the broker has what was said. Without a
/// broker, this is the server of chapter 17.
pub fn serve(listener: &Socket, settings: &Settings, rules: Option<Rules>) -> io::Result<()> {
    let pressure = settings.as_ref();
    let Some(client) = settings.broker.clone().filter(|_| pressure.is_room()) else {
        return ch17_secret::serve(listener, &settings.secret, rules);
    };
    let new_loop = |_| EventLoop::<News>::new(pressure.patience);
    let event_loops: Vec<_> =
        (0..settings.secret.speed.loops.get()).map(new_loop).collect::<io::Result<_>>()?;
    let doors: Vec<_> = event_loops.iter().map(EventLoop::door).collect();
    let loops = Loops::new(event_loops.iter().map(EventLoop::mailbox).collect());
    let broker = Broker::start(client, settings.keep, loops);
    let (stopped, counters) = (Arc::clone(&broker), Arc::<Counters>::default());
    on_stop(move || {
        // Before anybody leaves: who comes back elsewhere is to find there what it has said here.
        stopped.drain(Phase::Closing);
        stopped.loops().stop();
    })?;
    let run = |event_loop| {
        let (settings, rules) = (pressure.clone(), rules.clone());
        let (broker, counters) = (Arc::clone(&broker), Arc::clone(&counters));
        thread::spawn(move || run(event_loop, &settings, rules, broker, counters))
    };
    let threads: Vec<_> = event_loops.into_iter().map(run).collect();
    let listener = listener.try_clone()?;
    thread::spawn(move || accept(&listener, &doors));
    let ended = threads.into_iter().try_for_each(|one| {
        one.join().unwrap_or_else(|_| Err(io::Error::other("a loop has panicked")))
    });
    broker.drain(Phase::Over);
    ended
}
// ANCHOR_END: serve

// ANCHOR: run
fn run(
    event_loop: EventLoop<News>,
    settings: &ch15_pressure::Settings,
    rules: Option<Rules>,
    broker: Arc<Broker>,
    counters: Arc<Counters>,
) -> io::Result<()> {
    let asked = Rc::new(Cell::default());
    let members = Rc::new(RefCell::default());
    let app = Rooms::new(broker, event_loop.mailbox(), Rc::clone(&asked), Rc::clone(&members));
    let seen = Rc::new(Seen::default());
    let start = start(settings, &counters, &seen);
    let connect = move || {
        let (asked, start) = (Rc::clone(&asked), start.clone());
        // One who joins does so in the same call: what its head asks for is still there.
        let start = move |head: &[u8], emit: Emit<'_>| {
            asked.set(Asked::read(head)?);
            start(head, emit)
        };
        Connection::Opening(Vec::new(), start)
    };
    let host = Host::new(Box::new(app), settings.limits, counters, seen, connect);
    let hall = Hall { host, members };
    match rules {
        Some(rules) => event_loop.run(Secure::new(hall, rules)),
        None => event_loop.run(hall),
    }
}
// ANCHOR_END: run
