//! `check`: a server that the reader wrote, held against the probes of the chapters.

mod command_line;
mod memory;
mod report;
mod subject;
mod watch;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};
use ch00_wire::Event;

use crate::book;
use crate::chapters::{self, CHAPTERS};
use crate::own::{self, Own, Unwritten};
use crate::probes::{self, HINTS, Probe, Target, Verdict, explain};
use crate::screen::{Screen, labelled};
use command_line::words;
use memory::{Memory, Progress};
use report::{Finding, Report, State};

pub use subject::Subject;
pub use watch::watch;

/// How long the reader waits for an answer that does not come.
const PATIENCE: Duration = Duration::from_secs(3);

/// How far a check goes, and how it is told.
#[derive(Clone, Copy)]
pub struct Options {
    /// The last chapter. Without it: the one that was begun last, or for a server that is not the
    /// student's project the last one of the course.
    pub last: Option<u8>,
    /// Go on after a failure, and end with a table.
    pub all: bool,
    /// Give the next hint for the first promise that is not kept.
    pub hint: bool,
    /// Print JSON, for programs.
    pub json: bool,
}

/// Checks chapter by chapter, and tells what it finds. True if all promises hold.
///
/// # Errors
///
/// There is no such chapter or project, the server does not compile, start or listen, or nobody reads what
/// is said.
pub fn check(subject: &Subject, options: Options, screen: &mut Screen) -> Result<bool> {
    Ok(examine(subject, options, screen)?.report.holds())
}

/// What a check has found, and what is remembered of all checks.
struct Outcome {
    report: Report,
    progress: Progress,
}

impl Outcome {
    /// Whether the student has had every hint for the first promise that is not kept.
    fn has_no_hint_left(&self) -> bool {
        let first = self.report.first_failed().map(|finding| finding.to_hint(self.report.last));
        first.is_some_and(|probe| self.progress.hints(&probe) == HINTS)
    }
}

fn examine(subject: &Subject, options: Options, screen: &mut Screen) -> Result<Outcome> {
    if let Some(last) = options.last {
        chapters::find(last).map_err(anyhow::Error::msg)?;
    }
    let last = options.last.unwrap_or(CHAPTERS.len() as u8);
    match subject {
        Subject::Running(at) => hold(subject, &Target::Running(*at), last, options, screen),
        Subject::Command(line) => hold(subject, &on_port(line)?, last, options, screen),
        Subject::Own(folder) => examine_own(subject, folder, options, screen),
    }
}

fn examine_own(
    subject: &Subject,
    folder: &Path,
    options: Options,
    screen: &mut Screen,
) -> Result<Outcome> {
    let own = Own::near(folder)?;
    let newest = own.newest().number;
    let last = options.last.unwrap_or(newest);
    if last > newest {
        let start = own::start_command(folder, Some(last));
        bail!("chapter {last:02} is not begun yet: `{start}` adds it");
    }
    let program = own.build(last, screen.has_colours())?;
    let target = Target::Announced(Box::new(move || announced(&program)));
    let outcome = hold(subject, &target, last, options, screen)?;
    if outcome.report.holds()
        && last == newest
        && !options.json
        && let Ok(next) = chapters::find(last + 1)
    {
        let start = own::start_command(folder, Some(next.number));
        screen.say(&format!("next: {}, with `{start}`", next.title))?;
    }
    Ok(outcome)
}

/// Checks the student's project, and where every promise holds, or the last hint was given, shows how the
/// course wrote the same chapter: the last one that was checked.
///
/// # Errors
///
/// As [`check`]; also for a server that is no project of the course, whose files are not the course's.
pub fn solution(subject: &Subject, options: Options, screen: &mut Screen) -> Result<bool> {
    let Subject::Own(folder) = subject else {
        bail!(
            "only a Rust project that `start` made can be laid beside the course's; the source of \
             each chapter is in its page"
        );
    };
    let outcome = examine(subject, options, screen)?;
    let holds = outcome.report.holds();
    if !holds && !outcome.has_no_hint_left() {
        screen.say(
            "\n--solution shows how the course wrote the same when every promise holds, or after \
             the last hint",
        )?;
        return Ok(false);
    }
    let own = Own::near(folder)?;
    let chapter = match options.last {
        Some(last) => chapters::find(last).map_err(anyhow::Error::msg)?,
        None => own.newest(),
    };
    match own.difference(&book::course(), chapter)? {
        same if same.is_empty() => {
            screen.say("\nyou wrote what the course wrote, letter by letter")?;
        }
        difference => screen.write(&format!("\n{difference}"))?,
    }
    Ok(holds)
}

/// A chapter's program, on a port that the system chooses.
fn announced(program: &Path) -> Command {
    let mut command = Command::new(program);
    // What the server says is repeated, and where Rust was when it said so is not the point.
    command.arg("127.0.0.1:0").env("RUST_BACKTRACE", "0");
    command
}

/// Holds a server against the probes up to `last`, and tells what is found: at once for a reader, and
/// at the end for a program. What is found is remembered.
fn hold(
    subject: &Subject,
    target: &Target,
    last: u8,
    options: Options,
    screen: &mut Screen,
) -> Result<Outcome> {
    let folder = match subject {
        // It may lie below the folder that was named.
        Subject::Own(folder) => Own::near(folder)?.folder().to_owned(),
        other => other.folder(),
    };
    let mut memory = Memory::of(&folder)?;
    if !options.json {
        let what = match subject {
            Subject::Own(_) => folder.display().to_string(),
            other => other.name(),
        };
        screen.say(&format!("checking {what}, up to chapter {last:02}\n\n"))?;
    }
    let report = look(target, last, options, screen)?;
    let mut progress = memory.progress(&subject.name());
    let lost = progress.record(&report.findings);
    let first = report.first_failed();
    if let Some(finding) = first.filter(|_| options.hint) {
        progress.give_hint(&finding.to_hint(last));
    }
    let remembered = memory.remember(&subject.name(), progress.clone());
    if options.json {
        screen.write(&(report.json() + "\n"))?;
        return Ok(Outcome { report, progress });
    }
    match (options.all, first) {
        (true, _) => screen.say(&format!("\n{}", report.table()))?,
        (false, None) => screen.say(&report.summary())?,
        (false, Some(finding)) => {
            if lost.contains(&finding.probe.promise) {
                let before = "it was kept in an earlier check: what have you changed?";
                screen.say(&labelled("before", before))?;
            }
            let probe = finding.to_hint(last);
            if finding.state == State::Unwritten && options.hint {
                screen.say(&labelled("promise", probe.promise))?;
            }
            screen.say(&advice(subject, options, &probe, progress.hints(&probe)))?;
        }
    }
    screen.say(&format!("\n{}", report::bar(progress.held(), probes::all().len())))?;
    if let Err(error) = remembered {
        let lost = "the next check will not know of this one, nor of its hints";
        screen.say(&format!("{error:#}: {lost}"))?;
    }
    Ok(Outcome { report, progress })
}

/// The probes, one after the other, up to the first promise that is not kept, or to the last.
fn look(target: &Target, last: u8, options: Options, screen: &mut Screen) -> Result<Report> {
    let mut report = Report::new(last);
    for probe in probes::all().into_iter().filter(|probe| probe.chapter <= last) {
        let finding = judge(target, probe, screen.bytes())?;
        if !options.json {
            screen.say(&finding.told(options.all))?;
        }
        let failed = finding.failed();
        report.findings.push(finding);
        if failed && !options.all {
            break;
        }
    }
    Ok(report)
}

/// What follows an explanation: the hints, if one was asked for, and the next commands.
fn advice(subject: &Subject, options: Options, probe: &Probe, given: usize) -> String {
    let shown = if options.hint { given } else { 0 };
    let hints = probe.hints.iter().enumerate().take(shown);
    let mut lines: Vec<String> =
        hints.map(|(i, hint)| labelled(&format!("hint {}", i + 1), hint)).collect();
    let command = |more: &str| subject.command(options.last, more);
    lines.push(labelled("next", &command("")));
    lines.push(match (given, subject) {
        (HINTS, Subject::Own(_)) => labelled("solution", &command(" --solution")),
        (HINTS, _) if options.hint => labelled("", "this was the last hint: the page has the rest"),
        _ => labelled("a hint", &format!("{}   ({given} of {HINTS} seen)", command(" --hint"))),
    });
    lines.join("\n")
}

/// `bytes` is how many of them have room in a line of an explanation.
fn judge(target: &Target, probe: Probe, bytes: usize) -> Result<Finding> {
    let (state, explanation) = match target.judge(&probe, PATIENCE) {
        Ok(Verdict::Holds) => (State::Holds, None),
        Ok(Verdict::Unseen) => (State::Unseen, None),
        Ok(Verdict::Fails(failure, recording)) => {
            match Unwritten::find(recording.events.iter().filter_map(Event::line)) {
                Some(unwritten) => (State::Unwritten, Some(unwritten.to_string())),
                None => (State::Fails, Some(explain(&probe, &failure, &recording, bytes))),
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
