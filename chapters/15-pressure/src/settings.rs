//! The settings: arguments first, then variables of the environment, then what is usual.

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use ch01_listen::{Socket, explain, listen, show};
use ch07_room::{App, Echo, Room};
use ch13_door::Door;
use clap::{Parser, ValueEnum};

use crate::{Limits, Patience};

// ANCHOR: settings
/// A WebSocket server: a room, or an echo.
#[derive(Clone, Debug, Parser)]
pub struct Settings {
    /// Where to listen, for example 127.0.0.1:4000
    address: Option<SocketAddr>,
    /// Where to listen on 127.0.0.1, if there is no address
    #[arg(long, env, default_value_t = 4000)]
    port: u16,
    /// What to do with messages
    #[arg(long, env, default_value = "room")]
    app: AppName,
    /// Pages of this origin may come in, and no others; may be given several times
    #[arg(long = "origin", env = "ORIGINS", value_delimiter = ' ')]
    origins: Vec<String>,
    /// The most clients at a time
    #[arg(long, env, default_value_t = 10_000)]
    max_clients: usize,
    /// The most clients at a time from one address
    #[arg(long, env, default_value_t = 10_000)]
    max_clients_per_address: usize,
    /// The most bytes that may wait for a client that does not read
    #[arg(long, env, default_value_t = 1024 * 1024)]
    max_unsent: usize,
    /// How long a client may take for its opening handshake, in seconds
    #[arg(long, env, default_value = "10", value_parser = seconds)]
    handshake_timeout: Duration,
    /// How long a client may be silent before it is sent a ping, and again before it is let go, in seconds
    #[arg(long, env, default_value = "20", value_parser = seconds)]
    ping_after: Duration,
    /// How long a client may read nothing of what it is sent, in seconds
    #[arg(long, env, default_value = "30", value_parser = seconds)]
    slow_timeout: Duration,
    /// How long a client may take to leave after a goodbye, in seconds
    #[arg(long, env, default_value = "5", value_parser = seconds)]
    goodbye_timeout: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum AppName {
    Echo,
    Room,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "give it a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|_| "give it a number of seconds".to_owned())
}
// ANCHOR_END: settings

// ANCHOR: parts
impl Settings {
    /// The app that is chosen.
    pub fn app(&self) -> Box<dyn App> {
        match self.app {
            AppName::Echo => Box::new(Echo),
            AppName::Room => Box::new(Room::default()),
        }
    }

    /// Whether that is the room.
    pub fn is_room(&self) -> bool {
        self.app == AppName::Room
    }

    /// Who may come in.
    pub fn door(&self) -> Door {
        Door { origins: self.origins.clone() }
    }

    /// How many may be here, and how long the host waits for them.
    pub fn limits(&self) -> Limits {
        Limits {
            clients: self.max_clients,
            per_address: self.max_clients_per_address,
            handshake: self.handshake_timeout,
            silence: self.ping_after,
        }
    }

    /// How long the loop waits for a client, and how much for it.
    pub fn patience(&self) -> Patience {
        Patience {
            pause: 64 * 1024,
            unsent: self.max_unsent,
            slow: self.slow_timeout,
            goodbye: self.goodbye_timeout,
        }
    }

    /// Where to listen.
    pub fn address(&self) -> SocketAddr {
        self.address.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], self.port)))
    }
}
// ANCHOR_END: parts

// ANCHOR: run
/// Listens on an address, says so, and serves.
pub fn run(at: SocketAddr, serve: impl FnOnce(&Socket) -> io::Result<()>) -> ExitCode {
    let served = listen(at).map_err(|error| explain(at, &error)).and_then(|listener| {
        let at = listener.local_addr().ok().and_then(|at| at.as_socket()).unwrap_or(at);
        show(format!("listening on ws://{at}"));
        serve(&listener).map_err(|error| format!("the server cannot go on: {error}"))
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(line) => {
            eprintln!("{line}");
            ExitCode::FAILURE
        }
    }
}

/// Has `stop` called when the program is to end: by Ctrl-C, or by TERM.
pub fn on_stop(stop: impl FnMut() + Send + 'static) -> io::Result<()> {
    ctrlc::set_handler(stop).map_err(io::Error::other)
}
// ANCHOR_END: run
