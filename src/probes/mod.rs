//! Probes: scripted clients that say what a chapter promises, to any program that listens on a port; and scripted servers,
//! for a program that connects. What is promised, and what is said where it is not kept, stands in a data file a
//! chapter; the scripts stand beside it.

mod caller;
mod ch01;
mod ch02;
mod ch03;
mod ch04;
mod ch05;
mod ch06;
mod ch07;
mod ch08;
mod ch09;
mod ch10;
mod ch11;
mod ch12;
mod ch13;
mod ch14;
mod ch15;
mod ch16;
mod ch17;
mod ch18;
mod ch19;
mod crowd;
mod explain;
mod findings;
mod heads;
mod loser;
mod missed;
mod pair;
mod promises;
mod secret;
mod session;
mod system;

use std::net::SocketAddr;
use std::ops::Deref;
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use ch00_wire::{Recorder, Recording};
use stage::{Server, StartError};

use caller::Reception;
use ch18::ClientScript;

pub use caller::Calling;
pub use explain::{Bytes, Explanation, explain};
pub use missed::Failure;
pub use promises::{HINTS, Promise, Sight, Until};
use secret::Certificate;
pub use session::Session;

/// How long a probe waits for an answer that has to come, on a machine that may be busy.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// How long a program may take until it listens.
const STARTING: Duration = Duration::from_secs(30);

/// The first chapter whose server has several apps.
const APPS: u8 = 7;

/// The deadlines of a server that is started for a promise about something else, in seconds: on a busy machine, a client
/// of ours may be slower than any client should be.
const UNHURRIED: [(&str, &str); 4] = [
    ("HANDSHAKE_TIMEOUT", "600"),
    ("PING_AFTER", "600"),
    ("SLOW_TIMEOUT", "600"),
    ("GOODBYE_TIMEOUT", "60"),
];

/// What is said of a command that does not name the app.
const NO_APP: &str = "its command does not say {app}: name it, as in \"node my-server.mjs {app}\", and be an echo when it \
                      says echo";

/// What a script does. It ends early where the promise is not kept.
type Script = fn(&Session) -> Result<(), Failure>;

/// The scripts of a chapter, each with the id of its promise.
type Scripts = &'static [(&'static str, Script)];

/// The same, of a chapter whose program is a client.
type ClientScripts = &'static [(&'static str, ClientScript)];

/// The data file and the scripts of each chapter whose program is a server.
const CHAPTERS: [(u8, &str, Scripts); 18] = [
    (1, include_str!("ch01.toml"), ch01::SCRIPTS),
    (2, include_str!("ch02.toml"), ch02::SCRIPTS),
    (3, include_str!("ch03.toml"), ch03::SCRIPTS),
    (4, include_str!("ch04.toml"), ch04::SCRIPTS),
    (5, include_str!("ch05.toml"), ch05::SCRIPTS),
    (6, include_str!("ch06.toml"), ch06::SCRIPTS),
    (7, include_str!("ch07.toml"), ch07::SCRIPTS),
    (8, include_str!("ch08.toml"), ch08::SCRIPTS),
    (9, include_str!("ch09.toml"), ch09::SCRIPTS),
    (10, include_str!("ch10.toml"), ch10::SCRIPTS),
    (11, include_str!("ch11.toml"), ch11::SCRIPTS),
    (12, include_str!("ch12.toml"), ch12::SCRIPTS),
    (13, include_str!("ch13.toml"), ch13::SCRIPTS),
    (14, include_str!("ch14.toml"), ch14::SCRIPTS),
    (15, include_str!("ch15.toml"), ch15::SCRIPTS),
    (16, include_str!("ch16.toml"), ch16::SCRIPTS),
    (17, include_str!("ch17.toml"), ch17::SCRIPTS),
    (19, include_str!("ch19.toml"), ch19::SCRIPTS),
];

/// The same of the chapters whose program is a client.
const CLIENTS: [(u8, &str, ClientScripts); 1] = [(18, include_str!("ch18.toml"), ch18::SCRIPTS)];

/// One promise, and the script that holds a program to it.
#[derive(Clone, Copy)]
pub struct Probe {
    promise: &'static Promise,
    script: Played,
}

/// What holds a program to a promise: a scripted client, or a scripted server.
#[derive(Clone, Copy)]
enum Played {
    ToServer(Script),
    ToClient(ClientScript),
}

impl Probe {
    /// Whether it is a client that makes this promise, and not a server.
    pub fn is_of_client(&self) -> bool {
        matches!(self.script, Played::ToClient(_))
    }
}

impl Deref for Probe {
    type Target = Promise;

    fn deref(&self) -> &Promise {
        self.promise
    }
}

/// What a probe found.
#[derive(Debug)]
pub enum Verdict {
    /// The promise holds.
    Holds,
    /// It does not: why, and the conversation that shows it.
    Fails(Failure, Recording),
    /// It cannot be seen from here, for this reason.
    Unseen(&'static str),
}

/// Every probe, chapter by chapter.
pub fn all() -> &'static [Probe] {
    static ALL: LazyLock<Vec<Probe>> = LazyLock::new(|| {
        let servers = CHAPTERS
            .iter()
            .flat_map(|&(chapter, file, scripts)| joined(chapter, file, scripts, Played::ToServer));
        let clients = CLIENTS
            .iter()
            .flat_map(|&(chapter, file, scripts)| joined(chapter, file, scripts, Played::ToClient));
        let mut all: Vec<Probe> = servers.chain(clients).collect();
        all.sort_by_key(|probe| probe.chapter);
        all
    });
    &ALL
}

/// The probe with this id.
pub fn find(id: &str) -> Option<Probe> {
    all().iter().find(|probe| probe.id == id).copied()
}

/// The promises of a chapter with their scripts, in the order of the file.
fn joined<S: Copy>(
    chapter: u8,
    file: &str,
    scripts: &[(&str, S)],
    played: fn(S) -> Played,
) -> Vec<Probe> {
    let promises: &'static [Promise] = promises::read(chapter, file).leak();
    let script =
        |id: &str| scripts.iter().find(|(other, _)| *other == id).map(|(_, script)| *script);
    let joined = promises.iter().map(|promise| {
        let script = script(&promise.id);
        let script = script.unwrap_or_else(|| panic!("{} has no script", promise.id));
        Probe { promise, script: played(script) }
    });
    joined.collect()
}

/// Lets this program, and every server that it starts, have as many files open as the system allows. A
/// thousand clients are more than many systems allow a program to begin with.
pub fn raise_file_limit() {
    // Where it cannot be raised, the probe that needs it says what it missed.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
}

/// Makes the command of a program that says where it listens, with an app where one is named.
pub type Announced = Box<dyn Fn(Option<&str>) -> Command + Send + Sync>;

/// Makes the command of a program that is told its port, with an app where one is named; `None` if it cannot be told
/// that.
pub type OnPort = Box<dyn Fn(u16, Option<&str>) -> Option<Command> + Send + Sync>;

/// A server to hold against the probes, or a client.
pub enum Target {
    /// A program that is started anew for each probe, and says where it listens.
    Announced(Announced),
    /// A program that is started anew for each probe, on a port that it is told.
    OnPort(OnPort),
    /// A program that somebody else runs.
    Running(SocketAddr),
    /// A client, which is started anew for each connection, and told where to connect.
    Caller(Calling),
}

impl Target {
    /// Whether the promise is one that such a program can make: a server's, or a client's.
    pub fn is_asked(&self, probe: &Probe) -> bool {
        matches!(self, Target::Caller(_)) == probe.is_of_client()
    }

    /// Starts the server, if it is ours to start, and lets one probe at it. It is to keep the promises up to chapter
    /// `last`.
    ///
    /// # Errors
    ///
    /// The server could not be started, or nobody listens: nothing is said of the promise.
    pub fn judge(
        &self,
        probe: &Probe,
        patience: Duration,
        last: u8,
    ) -> Result<Verdict, StartError> {
        let script = match (probe.script, self) {
            (Played::ToClient(script), Target::Caller(command)) => {
                return call(command, script, probe, patience);
            }
            (Played::ToClient(_), _) => return Ok(Verdict::Unseen("it is a client's")),
            (Played::ToServer(script), _) => script,
        };
        raise_file_limit();
        if probe.on_broker {
            return self.judge_pair(probe, script, patience, last);
        }
        let app = probe.app.as_deref().filter(|_| last >= APPS);
        let certificate = (probe.tls && !matches!(self, Target::Running(_)))
            .then(Certificate::new)
            .transpose()
            .map_err(|error| StartError::Spawn("(the tunnel)".to_owned(), error))?;
        let told = |mut command: Command| {
            command.envs(UNHURRIED).envs(&probe.variables);
            if let Some(certificate) = &certificate {
                command.env("CERTIFICATE", certificate.file()).env("KEY", certificate.key());
            }
            command
        };
        let recorder = Recorder::new();
        let (address, server) = match self {
            Target::Announced(command) => {
                let server = Server::announced(told(command(app)), &recorder, STARTING)?;
                (server.address(), Some(server))
            }
            Target::OnPort(command) => {
                let at = Server::free_address()
                    .map_err(|error| StartError::Spawn("(no free port)".to_owned(), error))?;
                match command(at.port(), app) {
                    Some(command) => (at, Some(Server::told(at, told(command), &recorder)?)),
                    None => return Ok(Verdict::Unseen(NO_APP)),
                }
            }
            Target::Running(_) if app.is_some() => {
                return Ok(Verdict::Unseen("it runs already, with one app"));
            }
            Target::Running(_) if !probe.variables.is_empty() || probe.tls => {
                return Ok(Verdict::Unseen("it runs already, with the variables that it has"));
            }
            Target::Running(address) => (*address, None),
            Target::Caller(_) => return Ok(Verdict::Unseen("it is a server's")),
        };
        let starting = if server.is_some() { STARTING } else { Duration::ZERO };
        let session = Session::new(address, server.as_ref(), recorder.clone(), patience, starting)
            .with(certificate.as_ref());
        let result = script(&session);
        let reached = session.was_reached();
        match result {
            Ok(()) => Ok(Verdict::Holds),
            Err(Failure::Unseen(why)) => Ok(Verdict::Unseen(why)),
            Err(_) if !reached => Err(unreached(address, server)),
            Err(failure) => Ok(Verdict::Fails(failure, recorder.recording(&probe.says))),
        }
    }
}

/// Lets a client connect to a script.
fn call(
    command: &Calling,
    script: ClientScript,
    probe: &Probe,
    patience: Duration,
) -> Result<Verdict, StartError> {
    let recorder = Recorder::new();
    let reception = Reception::new(command, recorder.clone(), patience);
    let result = script(&reception);
    match (result, reception.not_started.take()) {
        (_, Some(error)) => Err(error),
        (Ok(()), None) => Ok(Verdict::Holds),
        (Err(Failure::Unseen(why)), None) => Ok(Verdict::Unseen(why)),
        (Err(failure), None) => Ok(Verdict::Fails(failure, recorder.recording(&probe.says))),
    }
}

fn unreached(address: SocketAddr, server: Option<Server>) -> StartError {
    server.map_or(StartError::Nobody(address), Server::not_listening)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_script_has_a_promise_and_every_promise_a_script() {
        let promised: HashSet<&str> = all().iter().map(|probe| probe.id.as_str()).collect();
        assert_eq!(promised.len(), all().len(), "an id comes twice");
        let of_servers = CHAPTERS.iter().flat_map(|(_, _, scripts)| *scripts).map(|(id, _)| id);
        let of_clients = CLIENTS.iter().flat_map(|(_, _, scripts)| *scripts).map(|(id, _)| id);
        for id in of_servers.chain(of_clients) {
            assert!(promised.contains(id), "the script {id} has no promise");
        }
    }

    #[test]
    fn what_a_promise_needs_comes_before_it() {
        for (at, probe) in all().iter().enumerate() {
            for needed in &probe.needs {
                let before = all()[..at].iter().any(|earlier| earlier.id == *needed);
                assert!(before, "{} needs {needed}, which does not come before it", probe.id);
            }
        }
    }

    #[test]
    fn every_promise_has_a_usual_mistake() {
        for probe in all() {
            assert!(!probe.usual_mistakes().is_empty(), "{}", probe.id);
        }
    }
}
