//! The stage on which a chapter's conversation is recorded: its own program, scripted clients, a log.

use std::cell::Cell;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;
#[cfg(unix)]
use std::time::Instant;

use ch00_wire::{Recorder, Recording, rfc_request};

use crate::client::Client;
use crate::server::Server;

/// How long a test waits for an event before it gives up. No test waits that long to pass.
const PATIENCE: Duration = Duration::from_secs(20);

/// One run of a chapter's program. For tests: whatever goes wrong panics.
pub struct Stage {
    recorder: Recorder,
    server: Server,
    clients: Cell<usize>,
}

impl Stage {
    /// Starts the program at `path` on a port that the system chooses.
    pub fn start(path: &str) -> Stage {
        let mut command = Command::new(path);
        command.arg("127.0.0.1:0");
        Stage::announced(command)
    }

    /// Starts any program whose first line says where it listens.
    pub fn announced(command: Command) -> Stage {
        let recorder = Recorder::new();
        let server = Server::announced(command, &recorder, PATIENCE).expect("the server starts");
        Stage { recorder, server, clients: Cell::new(0) }
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// A client that has connected.
    pub fn client(&self) -> Client {
        self.clients.set(self.clients.get() + 1);
        Client::connect(self.server.address(), &self.recorder, PATIENCE).expect("a client connects")
    }

    /// A client whose opening handshake has been answered.
    pub fn open(&self) -> Client {
        let mut client = self.client();
        client.send(&rfc_request()).expect("sent");
        client.unit().expect("an answer");
        client
    }

    /// Waits until the server's terminal shows a line.
    pub fn wait_for(&self, line: &str) {
        let seen = self.server.wait_for(0, PATIENCE, |other| other == line);
        assert!(seen.is_some(), "no line {line:?} came, only {:#?}", self.server.lines_from(0));
    }

    /// Waits until the program ends by itself.
    pub fn wait_for_end(&mut self) {
        assert!(self.server.wait_for_end(PATIENCE), "the server goes on");
    }

    /// Waits until the server has said of every client what ends with `line`, ends it, and hands back
    /// what was recorded.
    pub fn recording(self, title: &str, line: &str) -> Recording {
        self.wait_for_times(self.clients.get(), line);
        self.stop(title)
    }

    /// Lets clients leave, the next one when the server has said `line` of the one before, ends the
    /// server, and hands back what was recorded.
    pub fn leaving(
        self,
        title: &str,
        line: &str,
        clients: impl IntoIterator<Item = Client>,
    ) -> Recording {
        for client in clients {
            let gone =
                self.server.lines_from(0).iter().filter(|other| other.ends_with(line)).count();
            client.leave();
            self.wait_for_times(gone + 1, line);
        }
        self.stop(title)
    }

    /// Waits until so many lines end with `line`.
    fn wait_for_times(&self, times: usize, line: &str) {
        let all_here = self.server.wait_until(PATIENCE, |lines| {
            (lines.iter().filter(|other| other.ends_with(line)).count() >= times).then_some(())
        });
        let lines = self.server.lines_from(0);
        assert!(all_here.is_some(), "{times} times {line:?} was to come: {lines:#?}");
    }

    /// Ends the program as it is, and hands back what was recorded.
    pub fn stop(self, title: &str) -> Recording {
        // Its last lines come with its end.
        drop(self.server);
        self.recorder.recording(title)
    }

    /// Holds the program still, until [`Stage::resume`].
    #[cfg(unix)]
    pub fn pause(&self) {
        let process = self.server.id().to_string();
        run("kill", &["-STOP", &process]);
        // The signal is sent, and not yet obeyed: T is the state of a process that has stopped.
        let deadline = Instant::now() + PATIENCE;
        while !run("ps", &["-o", "stat=", "-p", &process]).starts_with('T') {
            assert!(Instant::now() < deadline, "the program does not stop");
        }
    }

    /// Lets a paused program go on.
    #[cfg(unix)]
    pub fn resume(&self) {
        run("kill", &["-CONT", &self.server.id().to_string()]);
    }
}

/// Runs a command of the system, and hands back what it prints.
#[cfg(unix)]
fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().expect("the command starts");
    assert!(output.status.success(), "{program} {arguments:?} works");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
