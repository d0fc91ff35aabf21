//! The server of the zoo: a good one, and told by name to make one mistake. What people write when they
//! build a WebSocket server for the first time, so that the checker can be held to its word.
//!
//! `cargo run --example zoo -- no-empty-line` runs it with a mistake, on the port in `PORT`, or one that
//! the system chooses; without a name it makes none. A thread for each client: it is not one of the
//! course's servers.

mod connection;
mod frames;
mod heads;
mod mistakes;
mod room;

use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;

use connection::talk;
use mistakes::{MISTAKES, Mistake};
use room::Room;

/// What every part of the server knows.
pub struct Zoo {
    mistake: String,
    /// The echo was asked for, in place of the room.
    is_echo: bool,
    room: Room,
}

impl Zoo {
    /// Whether this is the mistake to make.
    pub fn makes(&self, name: &str) -> bool {
        self.mistake == name
    }

    /// The mistake to make; empty if there is none.
    pub fn mistake(&self) -> &str {
        &self.mistake
    }

    /// Whether a message goes back to its speaker alone, as up to chapter 06, or because the echo was asked for.
    pub fn echoes(&self) -> bool {
        let chapter = MISTAKES.iter().find(|one| one.name == self.mistake).map(|one| one.chapter);
        let echoes = self.is_echo || chapter.is_some_and(|chapter| chapter <= 6);
        (echoes || self.makes("echo-only")) && !self.makes("no-echo")
    }

    /// Whether the next client waits for the one before: also where a client ends the program, so that
    /// nobody is served in the moment before.
    fn takes_one_at_a_time(&self) -> bool {
        let names = [
            "one-at-a-time",
            "each-until-it-leaves",
            "ends-with-a-client",
            "ends-with-an-error",
            "half-a-head-ends-all",
            "half-a-frame-ends-all",
            "no-text-ends-all",
            "long-length-ends-all",
        ];
        names.iter().any(|name| self.makes(name))
    }

    /// Prints a line.
    pub fn say(&self, line: &str) {
        if !self.makes("prints-nothing") {
            println!("{line}");
        }
    }
}

fn main() -> ExitCode {
    let mistake = std::env::args().nth(1).unwrap_or_default();
    let is_echo = std::env::args().nth(2).is_some_and(|app| app == "echo");
    if !mistake.is_empty() && MISTAKES.iter().all(|known| known.name != mistake) {
        eprintln!("there is no mistake {mistake}; there are:");
        for Mistake { name, chapter, promise } in MISTAKES {
            eprintln!("  {name:26} breaks {chapter:02}: {promise}");
        }
        return ExitCode::FAILURE;
    }
    let port = std::env::var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(0);
    let zoo = Arc::new(Zoo { mistake, is_echo, room: Room::default() });
    let address = if zoo.makes("listens-everywhere") { "0.0.0.0" } else { "127.0.0.1" };
    let listener = TcpListener::bind((address, port)).expect("a port to listen on");
    let port = listener.local_addr().expect("bound").port();
    println!("listening on ws://127.0.0.1:{port}");
    for (number, client) in listener.incoming().enumerate() {
        let Ok(client) = client else { continue };
        if zoo.makes("first-byte-waited-for") {
            // A client that says nothing is waited for as long as it takes.
            let _ = client.peek(&mut [0]);
        }
        let its = zoo.clone();
        let (asking, asked) = channel();
        let thread = thread::spawn(move || talk(&its, number, client, asking));
        if zoo.makes("all-wait-for-a-head") {
            // Nothing is ever sent: it ends when the head has come, or the client has gone.
            let _ = asked.recv();
        }
        if zoo.takes_one_at_a_time() {
            let _ = thread.join();
        }
    }
    ExitCode::SUCCESS
}
