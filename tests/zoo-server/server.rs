//! The server of the zoo: a good one, and told to make one mistake. What people write when they build a
//! WebSocket server for the first time, so that the checker can be held to its word.
//!
//! `cargo run --example zoo -- no-empty-line` runs it with a mistake, on the port in `PORT`, or one that
//! the system chooses; without a name it makes none. A class gets the mistake by its number, as in
//! `cargo run -- zoo 17`, and nothing that the server prints says which one that is. A thread for each
//! client: it is not one of the course's servers. From chapter 09 on it is, with a mistake put between two of its
//! layers.

mod connection;
mod frames;
mod heads;
mod layers;
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

/// Up to this chapter, what makes the mistake is a server of the zoo's own.
const LAST_OF_PART_TWO: u8 = 8;

/// What every part of the server knows.
pub struct Zoo {
    mistake: Option<&'static Mistake>,
    /// The echo was asked for, in place of the room.
    is_echo: bool,
    room: Room,
}

impl Zoo {
    /// Whether this is the mistake to make.
    pub fn makes(&self, name: &str) -> bool {
        self.mistake() == name
    }

    /// The mistake to make; empty if there is none.
    pub fn mistake(&self) -> &str {
        self.mistake.map_or("", |mistake| mistake.name)
    }

    /// Whether it is a server of Part III or later, or one without a mistake.
    fn is_newer(&self) -> bool {
        self.mistake.is_none_or(|mistake| mistake.chapter > LAST_OF_PART_TWO)
    }

    /// Whether a message goes back to its speaker alone, as up to chapter 06, or because the echo was asked for.
    pub fn echoes(&self) -> bool {
        let echoes = self.is_echo || self.mistake.is_some_and(|mistake| mistake.chapter <= 6);
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
    match open() {
        Ok((zoo, listener)) if zoo.is_newer() => {
            return layers::serve(zoo.mistake, zoo.is_echo, listener);
        }
        Ok((zoo, listener)) => serve(&zoo, &listener),
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// Reads what the command line asks for, and listens.
fn open() -> Result<(Arc<Zoo>, TcpListener), String> {
    let mistake = mistake(&std::env::args().nth(1).unwrap_or_default())?;
    let is_echo = std::env::args().nth(2).is_some_and(|app| app == "echo");
    let port = std::env::var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(0);
    let zoo = Arc::new(Zoo { mistake, is_echo, room: Room::default() });
    let address = if zoo.makes("listens-everywhere") { "0.0.0.0" } else { "127.0.0.1" };
    let listener = TcpListener::bind((address, port)).map_err(|error| {
        format!("port {port} cannot be had: {error}; put another one into the variable PORT")
    })?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    println!("listening on ws://127.0.0.1:{port}");
    Ok((zoo, listener))
}

/// The mistake with this number or name; nothing asks for none.
fn mistake(asked: &str) -> Result<Option<&'static Mistake>, String> {
    if asked.is_empty() {
        return Ok(None);
    }
    let number = asked.parse().ok();
    let found = MISTAKES.iter().find(|one| one.name == asked || Some(one.number) == number);
    // A list of all names would be a list of answers.
    let last = MISTAKES.iter().map(|one| one.number).max().unwrap_or_default();
    found.map(Some).ok_or(format!(
        "the zoo has no server {asked}: choose a number from 1 to {last}, or none for a server \
         without a mistake"
    ))
}

fn serve(zoo: &Arc<Zoo>, listener: &TcpListener) {
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
}
