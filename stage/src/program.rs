//! Programs that this one starts, each with everything that it starts itself: the system keeps them together as
//! a group (a job, on Windows), and they end together.
//!
//! Nothing stays behind when this program ends by Ctrl-C, TERM or HUP: those end every group first. KILL cannot
//! be heard by anybody, so that whoever kills this program on Unix leaves behind what it has started. (Linux
//! alone could end a child with its parent, but only by a call between fork and exec, which is `unsafe`.)

use std::fmt;
use std::io::{self, Read};
use std::process::{ChildStdin, Command, ExitStatus, Output, Stdio, exit};
use std::sync::{Arc, Mutex, MutexGuard, Once, OnceLock, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use process_wrap::std::{ChildWrapper, CommandWrap};

use crate::waiting::Waiting;

/// How soon to ask again whether a program has ended: there is no event to wait for.
const ASK_AGAIN: Duration = Duration::from_millis(10);

/// What a shell says of a program that Ctrl-C has ended.
const INTERRUPTED: i32 = 130;

/// A program that was started, with everything that it has started. They end when this is dropped.
pub struct Program {
    child: Shared,
    id: u32,
    exit: OnceLock<Exit>,
    waiting: Waiting,
}

/// The library ends and waits for the whole group by its first process.
type Shared = Arc<Mutex<Box<dyn ChildWrapper>>>;

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    /// What the system says of it.
    pub status: ExitStatus,
    /// We have ended it; otherwise it ended by itself.
    pub by_us: bool,
}

/// Every program that runs.
struct Running {
    children: Vec<Weak<Mutex<Box<dyn ChildWrapper>>>>,
    /// Everything was ended, and nothing may be started any more.
    is_over: bool,
    /// Hears of the first interrupt, in place of the end.
    warn: Option<Box<dyn FnOnce() + Send>>,
}

static RUNNING: Mutex<Running> =
    Mutex::new(Running { children: Vec::new(), is_over: false, warn: None });

impl Program {
    /// Starts a program, in a group of its own.
    ///
    /// # Errors
    ///
    /// It cannot be started, or [`end_all`] was called.
    pub fn start(command: Command) -> io::Result<Program> {
        end_on_interrupt();
        let mut command = CommandWrap::from(command);
        #[cfg(unix)]
        command.wrap(process_wrap::std::ProcessGroup::leader());
        #[cfg(windows)]
        command.wrap(process_wrap::std::JobObject);
        // Held until the program is in the list: whoever ends all of them misses none.
        let mut running = lock(&RUNNING);
        if running.is_over {
            return Err(io::Error::other("this program is about to end"));
        }
        let mut child = command.spawn()?;
        let id = child.id();
        let waiting = Waiting::of(&mut *child);
        let child = Arc::new(Mutex::new(child));
        running.children.retain(|child| child.strong_count() > 0);
        running.children.push(Arc::downgrade(&child));
        Ok(Program { child, id, exit: OnceLock::new(), waiting })
    }

    /// Runs a program to its end, as [`Command::output`] does.
    ///
    /// # Errors
    ///
    /// As [`Program::start`].
    pub fn output(mut command: Command) -> io::Result<Output> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let program = Program::start(command)?;
        let (stdout, stderr) = program.outputs();
        // Side by side: it would wait for us to read the one while we wait for the other.
        let stdout = thread::spawn(move || read_all(stdout));
        let stderr = read_all(stderr);
        let stdout = stdout.join().unwrap_or_default();
        Ok(Output { status: program.wait().status, stdout, stderr })
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// What it prints, if that comes through pipes, and was not taken before.
    pub fn outputs(&self) -> (impl Read + Send + use<>, impl Read + Send + use<>) {
        let mut child = lock(&self.child);
        (Pipe(child.stdout().take()), Pipe(child.stderr().take()))
    }

    /// Its standard input, if that is a pipe, and was not taken before.
    pub fn input(&self) -> Option<ChildStdin> {
        lock(&self.child).stdin().take()
    }

    /// Whether it has printed something that nobody has read yet, as far as the system tells.
    pub fn is_unread(&self) -> bool {
        self.waiting.is_any()
    }

    /// How it ended, once it has. What it has started may go on.
    pub fn exit(&self) -> Option<Exit> {
        if self.exit.get().is_none()
            && let Ok(Some(status)) = lock(&self.child).try_wait()
        {
            let _ = self.exit.set(Exit { status, by_us: false });
        }
        self.exit.get().copied()
    }

    /// Waits until it ends.
    pub fn wait(&self) -> Exit {
        loop {
            match self.exit() {
                Some(exit) => return exit,
                None => thread::sleep(ASK_AGAIN),
            }
        }
    }

    /// Waits until it ends, but no longer than `patience`.
    pub fn wait_for(&self, patience: Duration) -> Option<Exit> {
        let deadline = Instant::now() + patience;
        loop {
            match self.exit() {
                None if Instant::now() < deadline => thread::sleep(ASK_AGAIN),
                exit => return exit,
            }
        }
    }

    /// Asks it to end by itself, as a supervisor does: by TERM, to the program alone. False if it has ended already, or
    /// the system has nothing of the kind.
    pub fn ask_to_end(&self) -> bool {
        #[cfg(unix)]
        return self.signal(nix::sys::signal::Signal::SIGTERM);
        #[cfg(not(unix))]
        false
    }

    /// Does something while the program, alone, stands still: it finds all of it at once when it goes on. `None`: it
    /// has ended already, or the system has nothing of the kind.
    pub fn while_it_stands_still<T>(&self, act: impl FnOnce() -> T) -> Option<T> {
        #[cfg(unix)]
        {
            use nix::sys::signal::Signal;
            let done = self.signal(Signal::SIGSTOP).then(act);
            self.signal(Signal::SIGCONT);
            done
        }
        #[cfg(not(unix))]
        {
            drop(act);
            None
        }
    }

    /// Asks it to read its files again, as an operator does: by HUP. False as in [`Program::ask_to_end`].
    pub fn hang_up(&self) -> bool {
        #[cfg(unix)]
        return self.signal(nix::sys::signal::Signal::SIGHUP);
        #[cfg(not(unix))]
        false
    }

    #[cfg(unix)]
    fn signal(&self, signal: nix::sys::signal::Signal) -> bool {
        // Held meanwhile: while nobody has asked how it ended, its number is nobody else's.
        let mut child = lock(&self.child);
        let runs = matches!(child.try_wait(), Ok(None));
        let process = i32::try_from(self.id).map(nix::unistd::Pid::from_raw);
        runs && process.is_ok_and(|process| nix::sys::signal::kill(process, signal).is_ok())
    }

    /// Ends it, and everything that it has started.
    pub fn end(&self) {
        let by_us = self.exit().is_none();
        let mut child = lock(&self.child);
        // Also where it has ended itself: what it has started may go on.
        let _ = child.start_kill();
        if by_us && let Ok(status) = child.wait() {
            let _ = self.exit.set(Exit { status, by_us });
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.end();
    }
}

impl Exit {
    /// The signal that ended it, by its name, such as `SIGSEGV`.
    pub fn signal(&self) -> Option<&'static str> {
        #[cfg(unix)]
        {
            let number = std::os::unix::process::ExitStatusExt::signal(&self.status)?;
            let known = nix::sys::signal::Signal::try_from(number);
            // Real-time signals have numbers only.
            Some(known.map_or("a signal without a name", |signal| signal.as_str()))
        }
        #[cfg(not(unix))]
        None
    }
}

/// Says "exit code 1", or "signal SIGSEGV".
impl fmt::Display for Exit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.signal(), self.status.code()) {
            (Some(signal), _) => write!(out, "signal {signal}"),
            (None, Some(code)) => write!(out, "exit code {code}"),
            (None, None) => write!(out, "{}", self.status),
        }
    }
}

/// Ends everything that [`Program::start`] has started; from now on it starts nothing. For a program that is
/// about to end.
pub fn end_all() {
    let mut running = lock(&RUNNING);
    running.is_over = true;
    // All are told before one is waited for, or looked at: those threads that wait for one hold it for a
    // moment only.
    for child in running.children.drain(..).filter_map(|child| child.upgrade()) {
        let _ = lock(&child).start_kill();
    }
}

/// Calls `warn` at the next Ctrl-C, TERM or HUP, in place of ending this program. One after that ends it.
pub fn at_first_interrupt(warn: impl FnOnce() + Send + 'static) {
    end_on_interrupt();
    lock(&RUNNING).warn = Some(Box::new(warn));
}

/// Makes Ctrl-C, TERM and HUP end what this program has started before they end this program. A group does not
/// hear of the terminal's Ctrl-C itself.
fn end_on_interrupt() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let handler = || {
            let warn = lock(&RUNNING).warn.take();
            match warn {
                Some(warn) => warn(),
                None => {
                    end_all();
                    exit(INTERRUPTED)
                }
            }
        };
        // Without it the signal still ends this program, as it ends any other.
        let _ = ctrlc::set_handler(handler);
    });
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An output, or nothing.
struct Pipe<T>(Option<T>);

impl<T: Read> Read for Pipe<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.as_mut().map_or(Ok(0), |pipe| pipe.read(buffer))
    }
}

fn read_all(mut output: impl Read) -> Vec<u8> {
    let mut all = Vec::new();
    // What was read before an error is all that there is.
    let _ = output.read_to_end(&mut all);
    all
}
