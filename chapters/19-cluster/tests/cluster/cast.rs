//! Who plays in these tests: a broker that can be killed, servers that share it, and members.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ch00_wire::{Recorder, masked_frame, request, rfc_key_line};
use stage::{Client, Program, Server, Trouble};

/// How long a test waits for an event before it gives up. No test waits that long to pass.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What the program prints and a test waits for.
pub const GONE: &str = "* the broker is gone: what you say waits here, and nobody hears it yet";
pub const BACK: &str = "* the broker is back";

/// Whether a program is here. Says aloud if a test does not run because it is not; in CI that is a failure.
pub fn has(test: &str, program: &str) -> bool {
    let found = std::env::var_os("PATH").is_some_and(|path| {
        let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
        folders.map(|folder| folder.join(program)).any(|file| file.exists())
    });
    if !found {
        assert!(std::env::var_os("CI").is_none(), "{test}: CI has to have {program}");
        // Not eprintln!, which the test harness keeps to itself when a test passes.
        let _ = writeln!(std::io::stderr(), "\nNOT RUN: {test}: it needs {program}\n");
    }
    found
}

/// A Redis that keeps what it confirms, also when it is killed.
pub struct Redis {
    pub address: SocketAddr,
    folder: PathBuf,
    server: Option<Server>,
}

impl Redis {
    /// Starts one with an empty memory; nothing where there is none on this machine.
    pub fn start(test: &str) -> Option<Redis> {
        if !has(test, "redis-server") {
            return None;
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("redis-{test}"));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder for Redis");
        let address = Server::free_address().expect("a free port");
        let mut redis = Redis { address, folder, server: None };
        redis.restart();
        Some(redis)
    }

    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Starts it, with what it had.
    pub fn restart(&mut self) {
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--port", &self.address.port().to_string()]);
        command.arg("--dir").arg(&self.folder);
        command.args(["--save", "", "--appendonly", "yes", "--appendfsync", "always"]);
        let server = Server::told(self.address, command, &Recorder::new()).expect("Redis starts");
        let is_ready = |line: &str| line.contains("Ready to accept connections");
        let ready = server.wait_for(0, PATIENCE, is_ready);
        assert!(ready.is_some(), "Redis is not ready: {:#?}", server.lines_from(0));
        self.server = Some(server);
    }

    /// Kills it, as KILL does.
    pub fn kill(&mut self) {
        self.server = None;
    }

    /// The same, and it forgets everything.
    pub fn kill_and_empty(&mut self) {
        self.kill();
        std::fs::remove_dir_all(self.folder.join("appendonlydir")).expect("its memory");
    }

    /// Sends it a signal, such as STOP.
    pub fn signal(&self, signal: &str) {
        let id = self.server.as_ref().expect("it runs").id();
        send_signal(signal, id);
    }

    /// What it answers to a command.
    pub fn ask(&self, command: &[&str]) -> String {
        let port = self.address.port().to_string();
        let mut cli = Command::new("redis-cli");
        cli.args(["-p", &port]).args(command);
        let output = Program::output(cli).expect("redis-cli");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

/// Sends a process a signal.
pub fn send_signal(signal: &str, id: u32) {
    let mut kill = Command::new("kill");
    kill.arg(format!("-{signal}")).arg(id.to_string()).stderr(Stdio::null());
    assert!(kill.status().expect("kill").success(), "{signal} for {id}");
}

/// A server of this chapter.
pub fn server(arguments: &[&str]) -> Server {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ch19-cluster"));
    command.arg("127.0.0.1:0").args(arguments);
    Server::announced(command, &Recorder::new(), PATIENCE).expect("the server starts")
}

/// A server that shares its rooms by way of this broker.
pub fn server_on(broker: &Redis) -> Server {
    server(&["--broker", &broker.url()])
}

/// A member of a room.
pub struct Member(pub Client);

impl Member {
    /// One whose opening handshake has been answered.
    pub fn join(server: &Server, target: &str) -> Member {
        let mut client = Member::connect(server);
        client.send(&request_for(target)).expect("sent");
        let head = client.unit().expect("an answer");
        assert_eq!(head.value("status line"), Some("HTTP/1.1 101 Switching Protocols"), "{target}");
        Member(client)
    }

    /// A client that has connected, and no more.
    pub fn connect(server: &Server) -> Client {
        Client::connect(server.address(), &Recorder::new(), PATIENCE).expect("connects")
    }

    pub fn says(&mut self, text: &str) {
        self.0.send(&masked_frame(1, text.as_bytes())).expect("sent");
    }

    /// The next text; pings are passed over.
    pub fn text(&mut self) -> Result<String, Trouble> {
        loop {
            let unit = self.0.unit()?;
            match unit.text {
                Some(text) if unit.frame.as_ref().is_some_and(|frame| frame.header.opcode == 1) => {
                    return Ok(text);
                }
                _ if unit.frame.as_ref().is_some_and(|frame| frame.header.opcode == 9) => {}
                _ => return Err(Trouble::Unexpected(Box::new(unit))),
            }
        }
    }

    #[track_caller]
    pub fn hears(&mut self, text: &str) {
        assert_eq!(self.text().expect("a text"), text);
    }

    /// Reads until this text, and hands back what came before.
    #[track_caller]
    pub fn hears_at_last(&mut self, text: &str) -> Vec<String> {
        let mut before = Vec::new();
        loop {
            match self.text().unwrap_or_else(|why| panic!("{why} after {before:#?}")) {
                heard if heard == text => return before,
                other => before.push(other),
            }
        }
    }

    /// Asks how many are here, until the answer is this one.
    #[track_caller]
    pub fn sees(&mut self, who: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.says("/who");
            match self.text().expect("an answer") {
                answer if answer == who => return,
                other => assert!(Instant::now() < deadline, "{other}, and not {who}"),
            }
        }
    }
}

/// The request of the RFC, with another target.
pub fn request_for(target: &str) -> Vec<u8> {
    let request = String::from_utf8(request(&rfc_key_line())).expect("a head is text");
    request.replacen("/chat", target, 1).into_bytes()
}
