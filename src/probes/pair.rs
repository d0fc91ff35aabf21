//! Two servers on one broker, for the promises of chapter 19. The broker is Redis: it is what a server in any language
//! finds a library for.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::mpsc::Receiver;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use ch00_wire::Recorder;
use stage::{Program, Server, StartError};
use tempfile::TempDir;

use super::loser;
use super::missed::Failure;
use super::session::Session;
use super::{APPS, NO_APP, Probe, STARTING, Script, Target, UNHURRIED, Verdict};

const RUNS_ALREADY: &str = "it runs already, with the variables that it has";
const NO_REDIS: &str = "redis-server is not installed here: this promise needs a broker";
const NO_BROKER: &str = "redis-server does not start here";
const NO_PLACE: &str = "nothing can be put between the servers and their broker here";
const NO_SIGNALS: &str = "this system cannot hold a program still";
/// How soon to ask again whether the broker listens: there is no event to wait for.
const ASK_AGAIN: Duration = Duration::from_millis(10);

/// A broker that can be killed, held still, and started again. What it has confirmed it keeps.
pub(super) struct Broker {
    folder: TempDir,
    /// Where the servers look for it.
    at: SocketAddr,
    program: Mutex<Option<Program>>,
}

impl Broker {
    fn start() -> Result<Broker, Failure> {
        let folder = tempfile::tempdir().map_err(|_| Failure::Unseen(NO_BROKER))?;
        let at = Server::free_address().map_err(|_| Failure::Unseen(NO_BROKER))?;
        let broker = Broker { folder, at, program: Mutex::default() };
        broker.restart()?;
        Ok(broker)
    }

    fn program(&self) -> MutexGuard<'_, Option<Program>> {
        self.program.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends it, as KILL does.
    pub(super) fn kill(&self) {
        *self.program() = None;
    }

    /// Starts it, with what it had.
    pub(super) fn restart(&self) -> Result<(), Failure> {
        self.start_at(self.at)
    }

    fn start_at(&self, at: SocketAddr) -> Result<(), Failure> {
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--port", &at.port().to_string()]);
        command.arg("--dir").arg(self.folder.path());
        command.args(["--save", "", "--appendonly", "yes", "--appendfsync", "always"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let program = Program::start(command).map_err(|_| Failure::Unseen(NO_REDIS))?;
        let deadline = Instant::now() + STARTING;
        while !answers(at) {
            if program.exit().is_some() || Instant::now() > deadline {
                return Err(Failure::Unseen(NO_BROKER));
            }
            thread::sleep(ASK_AGAIN);
        }
        *self.program() = Some(program);
        Ok(())
    }

    /// Ends it and starts it elsewhere, and puts something in its place that loses the answer to this text, once. Tells when
    /// that has happened.
    pub(super) fn loses_the_answer_to(&self, text: &'static str) -> Result<Receiver<()>, Failure> {
        self.kill();
        let elsewhere = Server::free_address().map_err(|_| Failure::Unseen(NO_BROKER))?;
        self.start_at(elsewhere)?;
        TcpListener::bind(self.at)
            .and_then(|listener| loser::start(listener, elsewhere, text))
            .map_err(|_| Failure::Unseen(NO_PLACE))
    }

    /// Holds it still: it takes connections and bytes, and answers nothing.
    pub(super) fn hold(&self) -> Result<(), Failure> {
        let program = self.program();
        let id = program.as_ref().map(|program| program.id().to_string()).unwrap_or_default();
        let stopped = Command::new("kill").args(["-STOP", &id]).status();
        match stopped.is_ok_and(|status| status.success()) {
            true => Ok(()),
            false => Err(Failure::Unseen(NO_SIGNALS)),
        }
    }
}

fn answers(at: SocketAddr) -> bool {
    let pong = || {
        let mut broker = TcpStream::connect(at)?;
        broker.set_read_timeout(Some(STARTING))?;
        broker.write_all(b"PING\r\n")?;
        let mut answer = [0; 5];
        broker.read_exact(&mut answer)?;
        std::io::Result::Ok(answer == *b"+PONG")
    };
    pong().unwrap_or(false)
}

impl Target {
    /// The same as [`Target::judge`], with a broker and two servers, which find it in the variable `BROKER`.
    pub(super) fn judge_pair(
        &self,
        probe: &Probe,
        script: Script,
        patience: Duration,
        last: u8,
    ) -> Result<Verdict, StartError> {
        if let Target::Running(_) = self {
            return Ok(Verdict::Unseen(RUNS_ALREADY));
        }
        let broker = match Broker::start() {
            Ok(broker) => broker,
            Err(Failure::Unseen(why)) => return Ok(Verdict::Unseen(why)),
            Err(_) => return Ok(Verdict::Unseen(NO_BROKER)),
        };
        let app = probe.app.as_deref().filter(|_| last >= APPS);
        let recorder = Recorder::new();
        let mut servers = Vec::new();
        for _ in 0..2 {
            match self.start_on(&broker, app, probe, &recorder)? {
                Some(server) => servers.push(server),
                None => return Ok(Verdict::Unseen(NO_APP)),
            }
        }
        let [of_other, of_session] = [1, 0].map(|number: usize| {
            let server = &servers[number];
            Session::new(server.address(), Some(server), recorder.clone(), patience, STARTING)
        });
        let session = of_session.beside(&of_other, &broker);
        let result = script(&session);
        let was_reached = session.was_reached();
        match result {
            Ok(()) => Ok(Verdict::Holds),
            Err(Failure::Unseen(why)) => Ok(Verdict::Unseen(why)),
            Err(_) if !was_reached => Err(servers.remove(0).not_listening()),
            Err(failure) => Ok(Verdict::Fails(failure, recorder.recording(&probe.says))),
        }
    }

    fn start_on(
        &self,
        broker: &Broker,
        app: Option<&str>,
        probe: &Probe,
        recorder: &Recorder,
    ) -> Result<Option<Server>, StartError> {
        let told = |mut command: Command| {
            command
                .envs(UNHURRIED)
                .envs(&probe.variables)
                .env("BROKER", format!("redis://{}", broker.at));
            command
        };
        match self {
            Target::Announced(command) => {
                Server::announced(told(command(app)), recorder, STARTING).map(Some)
            }
            Target::OnPort(command) => {
                let at = Server::free_address()
                    .map_err(|error| StartError::Spawn("(no free port)".to_owned(), error))?;
                let Some(command) = command(at.port(), app) else { return Ok(None) };
                Server::told(at, told(command), recorder).map(Some)
            }
            Target::Running(_) | Target::Caller(_) => Ok(None),
        }
    }
}
