//! `check`: a server that the reader wrote, held against the probes of the chapters.

mod command_line;
mod report;
mod watch;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};
use ch00_wire::Event;

use crate::book;
use crate::chapters::{self, CHAPTERS};
use crate::own::{Own, Unwritten};
use crate::probes::{self, Probe, Target, Verdict, explain};
use command_line::words;
use report::{Finding, Report, State};

pub use watch::watch;

/// How long the reader waits for an answer that does not come.
const PATIENCE: Duration = Duration::from_secs(3);

/// The server to check: a command to start, or one that runs.
pub enum Subject {
    /// The project that `start` made, in this folder or below it.
    Own(PathBuf),
    /// A command line. It gets its port in the variable `PORT`, and in place of `{port}`.
    Command(String),
    /// The address of a server that runs already.
    Running(SocketAddr),
}

/// How far a check goes, and how it is told.
#[derive(Clone, Copy)]
pub struct Options {
    /// The last chapter. Without it: the one that was begun last, or for a server that is not the
    /// student's project the last one of the course.
    pub last: Option<u8>,
    /// Go on after a failure, and end with a table.
    pub all: bool,
    /// Print JSON, for programs.
    pub json: bool,
}

/// Checks chapter by chapter, and tells what it finds. True if all promises hold.
///
/// # Errors
///
/// There is no such chapter or project, or the server does not compile, start or listen.
pub fn check(subject: &Subject, options: Options) -> Result<bool> {
    if let Some(last) = options.last {
        chapters::find(last).map_err(anyhow::Error::msg)?;
    }
    let last = options.last.unwrap_or(CHAPTERS.len() as u8);
    match subject {
        Subject::Running(address) => hold(&Target::Running(*address), last, options),
        Subject::Command(line) => hold(&on_port(line)?, last, options),
        Subject::Own(folder) => check_own(&Own::near(folder)?, options),
    }
}

fn check_own(own: &Own, options: Options) -> Result<bool> {
    let newest = own.newest().number;
    let last = options.last.unwrap_or(newest);
    if last > newest {
        bail!("chapter {last:02} is not begun yet: `cargo run -- start --chapter {last}` adds it");
    }
    let program = own.build(last)?;
    let holds = hold(&Target::Announced(Box::new(move || announced(&program))), last, options)?;
    if holds
        && last == newest
        && !options.json
        && let Ok(next) = chapters::find(last + 1)
    {
        println!("next: {}, with `cargo run -- start --chapter {}`", next.title, next.number);
    }
    Ok(holds)
}

/// Checks the student's project, and where every promise holds shows how the course wrote the same
/// chapter: the last one that was checked.
///
/// # Errors
///
/// As [`check`]; also for a server that is no project of the course, whose files are not the course's.
pub fn solution(subject: &Subject, options: Options) -> Result<bool> {
    let Subject::Own(folder) = subject else {
        bail!(
            "only a Rust project that `start` made can be laid beside the course's; the source of \
             each chapter is in its page"
        );
    };
    if !check(subject, options)? {
        println!("when every promise holds, --solution shows how the course wrote the same");
        return Ok(false);
    }
    let own = Own::near(folder)?;
    let chapter = match options.last {
        Some(last) => chapters::find(last).map_err(anyhow::Error::msg)?,
        None => own.newest(),
    };
    match own.difference(&book::course(), chapter)? {
        same if same.is_empty() => println!("\nyou wrote what the course wrote, letter by letter"),
        difference => print!("\n{difference}"),
    }
    Ok(true)
}

/// A chapter's program, on a port that the system chooses.
fn announced(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("127.0.0.1:0");
    command
}

/// Holds a server against the probes up to `last`, and tells what is found: at once for a reader, and
/// at the end for a program.
fn hold(target: &Target, last: u8, options: Options) -> Result<bool> {
    let mut report = Report::new(last);
    for probe in probes::all().into_iter().filter(|probe| probe.chapter <= last) {
        let finding = judge(target, probe)?;
        if !options.json {
            finding.tell(options.all);
        }
        let failed = finding.failed();
        report.findings.push(finding);
        if failed && !options.all {
            break;
        }
    }
    match (options.json, options.all) {
        (true, _) => println!("{}", report.json()),
        (false, true) => print!("\n{}", report.table()),
        (false, false) => print!("{}", report.summary()),
    }
    Ok(report.holds())
}

fn judge(target: &Target, probe: Probe) -> Result<Finding> {
    let (state, explanation) = match target.judge(&probe, PATIENCE) {
        Ok(Verdict::Holds) => (State::Holds, None),
        Ok(Verdict::Unseen) => (State::Unseen, None),
        Ok(Verdict::Fails(failure, recording)) => {
            match Unwritten::find(recording.events.iter().filter_map(Event::line)) {
                Some(unwritten) => (State::Unwritten, Some(unwritten.to_string())),
                None => (State::Fails, Some(explain(&probe, &failure, &recording))),
            }
        }
        Err(error) => {
            let unwritten =
                Unwritten::find(error.lines().iter().map(String::as_str)).ok_or(error)?;
            (State::Unwritten, Some(unwritten.to_string()))
        }
    };
    Ok(Finding { probe, state, explanation })
}

/// The server that a command line starts.
fn on_port(line: &str) -> Result<Target> {
    let words = words(line);
    if words.is_empty() {
        bail!("--server is empty: give it a command, like --server \"php server.php\"");
    }
    Ok(Target::OnPort(Box::new(move |port| {
        let words = words.iter().map(|word| word.replace("{port}", &port.to_string()));
        let words: Vec<String> = words.collect();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).env("PORT", port.to_string());
        command
    })))
}
