//! The settings: arguments first, then variables of the environment, then what is usual.

use std::net::SocketAddr;
use std::time::Duration;

use ch07_room::{App, Echo, Room};
use ch13_door::{Door, is_origin};
use clap::Parser;

use crate::{Limits, Patience};

// ANCHOR: settings
/// A WebSocket server that can be left running. Each setting is an argument or a variable of the
/// environment; if there are both, the argument counts.
#[derive(Clone, Debug, Parser)]
#[command(allow_negative_numbers = true)]
pub struct Settings {
    /// Where to listen, for example 127.0.0.1:4000 (instead of a port)
    #[arg(value_parser = address)]
    address: Option<SocketAddr>,
    /// The port to listen on, at 127.0.0.1
    #[arg(long, env, default_value = "4000", value_parser = port)]
    port: u16,
    /// What messages are for: room, or echo
    #[arg(long, env, default_value = "room", value_parser = app)]
    app: AppName,
    /// The origin of pages that may come in, for example http://localhost:8000; may be repeated
    #[arg(long = "origin", value_name = "ORIGIN", env = "ORIGINS", value_delimiter = ' ', value_parser = origin)]
    origins: Vec<String>,
    /// How many may be here, and how long the host waits for them.
    #[command(flatten)]
    pub limits: Limits,
    /// How long the loop waits for a client, and how much waits for it.
    #[command(flatten)]
    pub patience: Patience,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AppName {
    Echo,
    Room,
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
        Door { origins: self.origins.iter().filter(|origin| !origin.is_empty()).cloned().collect() }
    }

    /// Where to listen.
    pub fn address(&self) -> SocketAddr {
        self.address.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], self.port)))
    }
}

impl AsRef<Settings> for Settings {
    fn as_ref(&self) -> &Settings {
        self
    }
}
// ANCHOR_END: parts

// ANCHOR: values
// What each kind of setting may be. An error says what to do.

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "write an address like 127.0.0.1:4000")
}

fn port(text: &str) -> Result<u16, &'static str> {
    text.parse().map_err(|_| "give it a number from 0 to 65535")
}

fn app(text: &str) -> Result<AppName, &'static str> {
    match text {
        "echo" => Ok(AppName::Echo),
        "room" => Ok(AppName::Room),
        _ => Err("choose echo or room"),
    }
}

/// A variable that is set to nothing has no origins.
fn origin(text: &str) -> Result<String, &'static str> {
    match text.is_empty() || is_origin(text) {
        true => Ok(text.to_owned()),
        false => Err("say scheme, host and port, like http://localhost:8000"),
    }
}

pub(crate) fn at_least_one(text: &str) -> Result<usize, &'static str> {
    text.parse().ok().filter(|&number| number > 0).ok_or("give it a whole number, 1 or more")
}

pub(crate) fn seconds(text: &str) -> Result<Duration, &'static str> {
    let seconds = text.parse().ok().filter(|&seconds| 0.0 < seconds && seconds < 1e9);
    seconds.map(Duration::from_secs_f64).ok_or("give it a number of seconds, such as 20 or 0.5")
}
// ANCHOR_END: values
