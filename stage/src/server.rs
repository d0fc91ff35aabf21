//! A server under observation: any program, started as a process, with its terminal read along.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::ops::Range;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use ch00_wire::{Recorder, visible};
use socket2::{Domain, Socket, Type};

use crate::program::{Exit, Program};

/// How many of its lines an error repeats.
const LINES_SHOWN: usize = 10;

/// Ports below those that Linux (from 32,768), macOS and Windows (from 49,152) hand out.
const PORTS: Range<u16> = 20_000..32_000;
/// How many of them may be taken before one is free.
const TRIES: u32 = 100;

/// How soon to ask again where there is no event to wait for: whether some process listens, or has
/// ended.
const ASK_AGAIN: Duration = Duration::from_millis(10);

/// How long the outputs may stay open of a program that was ended. They end with the last process that holds
/// them; one that has left the group is not waited for for ever.
const CLOSING: Duration = Duration::from_secs(5);

/// How often whoever waits for a server is told that it is not there yet.
const TELL: Duration = Duration::from_secs(1);

/// How long a program is watched that did not do what it should, to see whether it is about to end.
pub const ENDING: Duration = Duration::from_millis(200);

/// How much of its terminal is kept, and of one line, in bytes. A server that prints without end shall not
/// fill the memory of whoever observes it.
const KEPT: usize = 16 * 1024 * 1024;
const LONGEST_LINE: u64 = 128 * 1024;

/// A running server. It ends when this is dropped, with everything that it has started.
pub struct Server {
    program: Program,
    address: SocketAddr,
    terminal: Terminal,
}

/// Why a server could not be observed.
#[derive(Debug)]
pub enum StartError {
    /// This program could not be started at all.
    Spawn(String, std::io::Error),
    /// Nobody listens at the address of a server that was said to run.
    Nobody(SocketAddr),
    /// It ended before it listened: how, and the lines that it printed.
    Ended(Exit, Vec<String>),
    /// It runs, but does not listen where it should; the lines that it printed.
    NotListening(Option<SocketAddr>, Vec<String>),
    /// It was ended with its whole group, and a program that it had started, and that has left the group, still
    /// listens.
    Outlived(SocketAddr),
    /// It runs, and listens, but not where it should.
    Elsewhere {
        /// Where it was told to listen.
        told: SocketAddr,
        /// Where it does.
        listens: SocketAddr,
    },
}

impl StartError {
    /// What the server printed, as far as it was observed.
    pub fn lines(&self) -> &[String] {
        match self {
            StartError::Ended(_, lines) | StartError::NotListening(_, lines) => lines,
            StartError::Spawn(..)
            | StartError::Nobody(_)
            | StartError::Outlived(_)
            | StartError::Elsewhere { .. } => &[],
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, lines) = match self {
            StartError::Spawn(program, error) => {
                return write!(out, "the program cannot be started: {program}: {error}");
            }
            StartError::Nobody(address) => {
                return write!(out, "nothing listens on {address}: start your server first");
            }
            StartError::Outlived(address) => {
                return write!(
                    out,
                    "the command has started another program, which goes on when the command is \
                     ended, and still listens on {address}: end that program, and name it itself in \
                     the command"
                );
            }
            StartError::Elsewhere { told, listens } => {
                let what = match told.port() == listens.port() {
                    true => "give it 127.0.0.1 in place of localhost or another name",
                    false => {
                        "its port is in the variable PORT, and takes the place of {port} in the command"
                    }
                };
                return write!(out, "the server listens on {listens}, and not on {told}: {what}");
            }
            StartError::Ended(exit, lines) => {
                (format!("the server ended before it listened, with {exit}"), lines)
            }
            StartError::NotListening(None, lines) => {
                ("the server runs, but printed no address that it listens on".to_owned(), lines)
            }
            StartError::NotListening(Some(address), lines) => {
                let why = match lines.iter().any(|line| address_in(line) == Some(*address)) {
                    true => "it says so, but has it called listen, and not only bind?",
                    false => {
                        "its port is in the variable PORT, and takes the place of {port} in the command"
                    }
                };
                (format!("the server runs, but nothing listens on {address}: {why}"), lines)
            }
        };
        write!(out, "{what}")?;
        let left = lines.len().saturating_sub(LINES_SHOWN);
        let lines = &lines[..lines.len() - left];
        lines.iter().try_for_each(|line| write!(out, "\n  it printed: {}", visible(line)))?;
        match left {
            0 => Ok(()),
            left => write!(out, "\n  and {left} more lines"),
        }
    }
}

impl std::error::Error for StartError {}

/// What the server has printed so far, shared with the threads that read it.
#[derive(Clone, Default)]
struct Terminal(Arc<(Mutex<Printed>, Condvar)>);

#[derive(Default)]
struct Printed {
    lines: Vec<String>,
    /// Those of them that came on standard output, by their numbers.
    on_stdout: Vec<usize>,
    /// The first address that a line named.
    announced: Option<SocketAddr>,
    /// How many of stdout and stderr have ended.
    ended: usize,
    /// How many bytes the lines have, also those that are not kept.
    bytes: usize,
}

impl Printed {
    /// Whether both outputs have ended.
    fn is_over(&self) -> bool {
        self.ended == 2
    }

    fn stdout_from(&self, from: usize) -> impl Iterator<Item = &String> {
        self.on_stdout.iter().skip(from).map(|number| &self.lines[*number])
    }
}

impl Server {
    /// Starts a program whose first line says where it listens, as every chapter's does.
    ///
    /// # Errors
    ///
    /// It cannot be started, it ends, or it says nothing of the kind in time.
    pub fn announced(
        command: Command,
        recorder: &Recorder,
        patience: Duration,
    ) -> Result<Server, StartError> {
        Server::announced_telling(command, recorder, patience, &mut |_| ())
    }

    /// The same; `waiting` is told, each second, for how long it has been waited.
    ///
    /// # Errors
    ///
    /// As [`Server::announced`].
    pub fn announced_telling(
        command: Command,
        recorder: &Recorder,
        patience: Duration,
        waiting: &mut dyn FnMut(Duration),
    ) -> Result<Server, StartError> {
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server = Server::told(nowhere, command, recorder)?;
        let start = Instant::now();
        loop {
            let deadline = Instant::now() + TELL.min(patience.saturating_sub(start.elapsed()));
            if let Some(address) = server.terminal.wait_until(deadline, |printed| printed.announced)
            {
                server.address = address;
                return Ok(server);
            }
            if start.elapsed() >= patience || server.terminal.lock().is_over() {
                return Err(server.not_listening_at(None));
            }
            waiting(start.elapsed());
        }
    }

    /// Starts a program that was told to listen on `address`. Whether it does, the first client sees.
    ///
    /// # Errors
    ///
    /// It cannot be started.
    pub fn told(
        address: SocketAddr,
        mut command: Command,
        recorder: &Recorder,
    ) -> Result<Server, StartError> {
        command.stdin(Stdio::null());
        Server::start(address, command, recorder)
    }

    /// Starts a client, which was told to connect to `address`, and hands back what it is told to say.
    ///
    /// # Errors
    ///
    /// It cannot be started.
    pub fn calling(
        address: SocketAddr,
        mut command: Command,
        recorder: &Recorder,
    ) -> Result<(Server, Option<ChildStdin>), StartError> {
        command.stdin(Stdio::piped());
        let client = Server::start(address, command, recorder)?;
        let input = client.program.input();
        Ok((client, input))
    }

    fn start(
        address: SocketAddr,
        mut command: Command,
        recorder: &Recorder,
    ) -> Result<Server, StartError> {
        let name = command.get_program().to_string_lossy().into_owned();
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let program = Program::start(command).map_err(|error| StartError::Spawn(name, error))?;
        let terminal = Terminal::default();
        let (stdout, stderr) = program.outputs();
        let was_told = address.port() != 0;
        read_along(stdout, Output::Stdout, was_told, &terminal, recorder);
        read_along(stderr, Output::Stderr, was_told, &terminal, recorder);
        Ok(Server { program, address, terminal })
    }

    /// An address on loopback with a port that was free a moment ago, and that no system gives to a program which
    /// asks for any port: in the moment until the server listens there, no other program gets it, and no client
    /// that connects too early can meet itself.
    ///
    /// # Errors
    ///
    /// No such port can be had.
    pub fn free_address() -> std::io::Result<SocketAddr> {
        let mut tried = 0;
        loop {
            // A hasher of the standard library has a random key.
            let random = RandomState::new().hash_one(tried);
            let span = u64::from(PORTS.end - PORTS.start);
            let port = PORTS.start + (random % span) as u16;
            match bind(port) {
                Ok(()) => return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
                Err(error) if tried == TRIES => return Err(error),
                Err(_) => tried += 1,
            }
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.program.id()
    }

    /// How many lines it has printed. Lines of before a moment end here.
    pub fn line_count(&self) -> usize {
        self.terminal.lock().lines.len()
    }

    /// How many bytes it has printed that were read, also those that are not kept.
    pub fn printed(&self) -> usize {
        self.terminal.lock().bytes
    }

    /// Whether it has printed more, which waits to be read.
    pub fn is_unread(&self) -> bool {
        self.program.is_unread()
    }

    /// The lines that it has printed, from number `from` on.
    pub fn lines_from(&self, from: usize) -> Vec<String> {
        self.terminal.lock().lines.iter().skip(from).cloned().collect()
    }

    /// How many lines it has printed on standard output alone.
    pub fn stdout_count(&self) -> usize {
        self.terminal.lock().on_stdout.len()
    }

    /// The lines that it has printed on standard output, from number `from` of these on.
    pub fn stdout_from(&self, from: usize) -> Vec<String> {
        self.terminal.lock().stdout_from(from).cloned().collect()
    }

    /// Waits for a line on standard output after the first `from` of these that `wanted` accepts. False: it did not
    /// come in time, or both outputs have ended.
    pub fn wait_for_stdout(
        &self,
        from: usize,
        patience: Duration,
        wanted: impl Fn(&str) -> bool,
    ) -> bool {
        let deadline = Instant::now() + patience;
        let seen = |printed: &Printed| printed.stdout_from(from).any(|line| wanted(line));
        self.terminal.wait_until(deadline, |printed| seen(printed).then_some(())).is_some()
    }

    /// Waits for a line after the first `from` that `wanted` accepts, and hands it back.
    pub fn wait_for(
        &self,
        from: usize,
        patience: Duration,
        wanted: impl Fn(&str) -> bool,
    ) -> Option<String> {
        self.wait_until(patience, |lines| {
            lines.iter().skip(from).find(|line| wanted(line)).cloned()
        })
    }

    /// Waits until `seen` finds what it wants in all the lines so far, or the terminal has ended.
    pub fn wait_until<T>(
        &self,
        patience: Duration,
        seen: impl Fn(&[String]) -> Option<T>,
    ) -> Option<T> {
        let deadline = Instant::now() + patience;
        self.terminal.wait_until(deadline, |printed| seen(&printed.lines))
    }

    /// Whether the process has ended by itself. Its terminal may have ended long before: a program can send
    /// what it prints elsewhere.
    pub fn has_ended(&self) -> bool {
        self.exit().is_some()
    }

    /// How it ended, if it did so by itself.
    pub fn exit(&self) -> Option<Exit> {
        self.program.exit()
    }

    /// Waits until the process ends by itself: true if it did.
    pub fn wait_for_end(&self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        // Its terminal ends a moment before it does, and that can be waited for.
        self.terminal.wait_until(deadline, |_| None::<()>);
        while !self.has_ended() && Instant::now() < deadline {
            thread::sleep(ASK_AGAIN);
        }
        self.has_ended()
    }

    /// Asks it to end by itself, by TERM. False if it has ended already, or the system has nothing of the kind.
    pub fn ask_to_end(&self) -> bool {
        self.program.ask_to_end()
    }

    /// Does something while the program stands still. `None`: it has ended, or the system has nothing of the kind.
    pub fn while_it_stands_still<T>(&self, act: impl FnOnce() -> T) -> Option<T> {
        self.program.while_it_stands_still(act)
    }

    /// Asks it to read its files again, by HUP. False as in [`Server::ask_to_end`].
    pub fn hang_up(&self) -> bool {
        self.program.hang_up()
    }

    /// Ends it, with everything that it has started. False if a program goes on that has left its group: that
    /// one still holds its outputs.
    pub fn end(self) -> bool {
        self.kill();
        self.terminal.lock().is_over()
    }

    fn kill(&self) {
        self.program.end();
        self.terminal.wait_until(Instant::now() + CLOSING, |_| None::<()>);
    }

    /// The program was not reached where it was told to listen: why, as far as can be told.
    pub fn not_listening(self) -> StartError {
        let address = self.address;
        self.not_listening_at(Some(address))
    }

    fn not_listening_at(self, address: Option<SocketAddr>) -> StartError {
        // Whoever is refused may hear of the end before the system tells us, and before its last lines come.
        self.wait_for_end(ENDING);
        let lines = self.terminal.lock().lines.clone();
        let elsewhere = address.and_then(|told| Some((told, self.elsewhere(told)?)));
        match (self.exit(), elsewhere) {
            (Some(exit), _) => StartError::Ended(exit, lines),
            (None, Some((told, listens))) => StartError::Elsewhere { told, listens },
            (None, None) => StartError::NotListening(address, lines),
        }
    }

    /// Whether it is known to listen where it was not told to.
    pub fn is_elsewhere(&self) -> bool {
        self.elsewhere(self.address).is_some()
    }

    /// Where it listens, if that can be found out and is not where it was told to: what it says itself, or
    /// the other loopback address, which is what some systems understand by localhost.
    fn elsewhere(&self, told: SocketAddr) -> Option<SocketAddr> {
        let announced = self.terminal.lock().announced;
        announced.filter(|announced| *announced != told).or_else(|| {
            let other = SocketAddr::from((Ipv6Addr::LOCALHOST, told.port()));
            TcpStream::connect_timeout(&other, Duration::from_secs(1)).is_ok().then_some(other)
        })
    }
}

impl Drop for Server {
    /// Its last lines come with its end.
    fn drop(&mut self) {
        self.kill();
    }
}

impl Terminal {
    fn lock(&self) -> MutexGuard<'_, Printed> {
        self.0.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The address that this line announces, if no line before has done so.
    fn announced_by(&self, line: &str) -> Option<SocketAddr> {
        address_in(line).filter(|_| self.lock().announced.is_none())
    }

    /// Waits until `seen` finds what it wants, or both outputs have ended, or it is too late.
    fn wait_until<T>(&self, deadline: Instant, seen: impl Fn(&Printed) -> Option<T>) -> Option<T> {
        let mut printed = self.lock();
        loop {
            if let Some(found) = seen(&printed) {
                return Some(found);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || printed.is_over() {
                return None;
            }
            printed = match self.0.1.wait_timeout(printed, left) {
                Ok((printed, _)) => printed,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }

    fn change(&self, change: impl FnOnce(&mut Printed)) {
        change(&mut self.lock());
        self.0.1.notify_all();
    }
}

/// Where a program prints.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Output {
    Stdout,
    Stderr,
}

fn read_along(
    output: impl Read + Send + 'static,
    which: Output,
    was_told: bool,
    terminal: &Terminal,
    recorder: &Recorder,
) {
    let (terminal, recorder) = (terminal.clone(), recorder.clone());
    thread::spawn(move || {
        for line in lines(output) {
            // Read and forgotten: the program would wait for us otherwise.
            if terminal.lock().bytes > KEPT {
                terminal.change(|printed| printed.bytes += line.len());
                continue;
            }
            let announced = terminal.announced_by(&line);
            // Where it listens differs from run to run, and is no part of the conversation, unless it was told that.
            if announced.is_none() || was_told {
                recorder.line(&line);
            }
            terminal.change(|printed| {
                printed.announced = printed.announced.or(announced);
                printed.bytes += line.len();
                if which == Output::Stdout {
                    printed.on_stdout.push(printed.lines.len());
                }
                printed.lines.push(line);
            });
        }
        terminal.change(|printed| printed.ended += 1);
    });
}

fn lines(output: impl Read) -> impl Iterator<Item = String> {
    let mut output = BufReader::new(output);
    std::iter::from_fn(move || {
        let mut line = Vec::new();
        match output.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
            Ok(count) if count > 0 => {
                Some(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
            }
            _ => None,
        }
    })
}

/// Binds a port of every address, as a program does that does not ask to use a port again, and lets it go.
fn bind(port: u16) -> std::io::Result<()> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)).into())
}

/// The address in a line such as `listening on ws://127.0.0.1:4000`.
fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("://")?;
    let rest = rest.replace("localhost", "127.0.0.1");
    let address = rest.split(|c: char| c.is_whitespace() || c == '/').next()?;
    address.trim_end_matches(|c: char| !c.is_ascii_digit()).parse().ok()
}
