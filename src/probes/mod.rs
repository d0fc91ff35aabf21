//! Probes: scripted clients that say what a chapter promises, to any program that listens on a port.

mod bench;
mod ch01;
mod ch02;
mod ch03;
mod ch04;
mod ch05;
mod ch06;
mod ch07;
mod ch08;
mod crowd;
mod explain;
#[allow(dead_code)] // Sent by the probes of chapter 02.
mod heads;

use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use ch00_wire::{Recorder, Recording};
use stage::{ENDING, Server, StartError};

pub use bench::{Bench, Failure};
pub use explain::explain;

/// How long a probe waits for an answer that has to come, on a machine that may be busy.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// How many hints there are for a promise.
pub const HINTS: usize = 3;

/// One promise, and the script that holds a server to it.
#[derive(Clone, Copy)]
pub struct Probe {
    /// The chapter that makes the promise.
    pub chapter: u8,
    /// What is promised: "the server …".
    pub promise: &'static str,
    /// The section of RFC 6455, or the call, that it is about.
    pub section: &'static str,
    /// The usual mistake.
    pub mistake: &'static str,
    /// Each says more than the one before: where to look, the idea, what to write.
    pub hints: [&'static str; HINTS],
    script: fn(&Bench) -> Result<(), Failure>,
}

/// What a probe found.
#[derive(Debug)]
pub enum Verdict {
    /// The promise holds.
    Holds,
    /// It does not: why, and the conversation that shows it.
    Fails(Failure, Recording),
    /// It cannot be seen from outside, because the server's terminal is not ours to read.
    Unseen,
}

/// Every probe, chapter by chapter.
pub fn all() -> Vec<Probe> {
    [
        ch01::PROBES,
        ch02::PROBES,
        ch03::PROBES,
        ch04::PROBES,
        ch05::PROBES,
        ch06::PROBES,
        ch07::PROBES,
        ch08::PROBES,
    ]
    .concat()
}

/// Lets this program, and every server that it starts, have as many files open as the system allows. A
/// thousand clients are more than many systems allow a program to begin with.
pub fn raise_file_limit() {
    // Where it cannot be raised, the probe that needs it says what it missed.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
}

/// A server to hold against the probes.
pub enum Target {
    /// A program that is started anew for each probe, and says where it listens.
    Announced(Box<dyn Fn() -> Command + Send + Sync>),
    /// A program that is started anew for each probe, on a port that it is told.
    OnPort(Box<dyn Fn(u16) -> Command + Send + Sync>),
    /// A program that somebody else runs.
    Running(SocketAddr),
}

impl Target {
    /// Starts the server, if it is ours to start, and lets one probe at it.
    pub fn judge(&self, probe: &Probe, patience: Duration) -> Result<Verdict, StartError> {
        raise_file_limit();
        let recorder = Recorder::new();
        let mut starting = Duration::ZERO;
        let (address, server) = match self {
            Target::Announced(command) => {
                let server = Server::announced(command(), &recorder, PATIENCE)?;
                (server.address(), Some(server))
            }
            Target::OnPort(command) => {
                starting = PATIENCE;
                let at = Server::free_address()
                    .map_err(|error| StartError::Spawn("(no free port)".to_owned(), error))?;
                (at, Some(Server::told(at, command(at.port()), &recorder)?))
            }
            Target::Running(address) => (*address, None),
        };
        let bench = Bench::new(address, server.as_ref(), recorder.clone(), patience, starting);
        let result = (probe.script)(&bench);
        let reached = bench.was_reached();
        let verdict = match result {
            Ok(()) => Verdict::Holds,
            Err(Failure::NoTerminal) => Verdict::Unseen,
            Err(_) if !reached => return Err(unreached(address, server)),
            Err(failure) => {
                // Its last lines come with its end.
                let has_ended = server.as_ref().is_some_and(|server| server.wait_for_end(ENDING));
                let failure = if has_ended { failure.in_the_end() } else { failure };
                Verdict::Fails(failure, recorder.recording(probe.promise))
            }
        };
        match server.is_none_or(Server::end) || TcpStream::connect(address).is_err() {
            true => Ok(verdict),
            false => Err(StartError::Outlived(address)),
        }
    }
}

fn unreached(address: SocketAddr, server: Option<Server>) -> StartError {
    server.map_or(StartError::Nobody(address), Server::not_listening)
}
