//! The program: one connection after another, as long as there is a reason for one.

use std::fs;
use std::io;
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use ch06_select::{BINARY, Message};

use crate::{
    Backoff, Desk, LETTERS, Letter, Over, Settings, Talk, Unacknowledged, chance, random,
    read_lines, trust,
};

// ANCHOR: run
/// Talks to a server until one side has had enough.
///
/// # Errors
///
/// A file cannot be read, or Ctrl-C cannot be heard.
pub fn run(settings: &Settings) -> io::Result<ExitCode> {
    let (letters, inbox) = mpsc::sync_channel(LETTERS);
    let stop = letters.clone();
    // If nobody is there any more, the program ends already.
    ctrlc::set_handler(move || drop(stop.send(Letter::Stop))).map_err(io::Error::other)?;
    let mut desk = Desk {
        to_send: Default::default(),
        unacknowledged: Unacknowledged::default(),
        want: read_lines(letters.clone()),
        input_ended: false,
        stopped: false,
    };
    if let Some(file) = &settings.binary {
        let payload = fs::read(file)?.into();
        desk.to_send.push_back(Message { opcode: BINARY, payload });
    }
    let mut backoff = Backoff::default();
    for number in 0.. {
        let start = Instant::now();
        let trust = || trust(settings.ca.as_deref());
        let talk = Talk::open(settings, &mut desk, number, trust, letters.clone());
        let over = match talk {
            Ok(talk) => talk.run(&inbox),
            Err(error) => Over::Unreachable(error.to_string()),
        };
        backoff.lasted(start.elapsed());
        let mut goes_on = settings.reconnect && over.may_pass() && !desk.stopped;
        if goes_on {
            let wait = backoff.wait(chance(random));
            eprintln!("ws: {over}; connecting again in {wait:.1?}");
            goes_on = pause(wait, &mut desk, &inbox);
        }
        desk.account(settings.resend(), goes_on);
        if !goes_on {
            if !settings.quiet || over.code() != 0 {
                eprintln!("ws: {over}");
            }
            return Ok(over.code().into());
        }
    }
    Ok(ExitCode::FAILURE)
}
// ANCHOR_END: run

// ANCHOR: pause
/// Waits, and hears what happens meanwhile. False if somebody wants the program to end.
fn pause(wait: Duration, desk: &mut Desk, inbox: &Receiver<Letter>) -> bool {
    let end = Instant::now() + wait;
    loop {
        match inbox.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(Letter::Line(line)) => desk.line(line),
            Ok(Letter::EndOfInput) => desk.input_ended = true,
            Ok(Letter::Bytes(..)) => {}
            Ok(Letter::Stop) => return false,
            Err(_) => return true,
        }
    }
}
// ANCHOR_END: pause
