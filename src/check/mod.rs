//! `check`: a server that the reader wrote, held against the probes of the chapters.

mod advice;
mod class;
mod judge;
mod kept;
mod progress;
mod report;
mod subject;
mod watch;

use anyhow::{Result, bail};

use crate::book;
use crate::chapters;
use crate::own::{self, Own};
use crate::probes::{self, HINTS};
use crate::screen::{Screen, labelled};
use advice::advice;
use judge::{News, judge_all};
use progress::Progress;
use report::{Report, State, bar};
use subject::Candidate;

pub use class::{Class, class};
pub use kept::{Kept, forget, kept};
pub use report::Verdict;
pub use subject::Subject;
pub use watch::watch;

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

/// The same, for a page: what was found, in one sentence.
///
/// # Errors
///
/// As [`check`].
pub fn verdict(subject: &Subject, options: Options, screen: &mut Screen) -> Result<Verdict> {
    Ok(examine(subject, options, screen)?.report.verdict())
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
            "the solution is in Rust, on the chapter's page: only a project that `start` made can be \
             laid beside it"
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
    let chapter = chapters::find(outcome.report.last).map_err(anyhow::Error::msg)?;
    match Own::near(folder)?.difference(&book::course(), chapter)? {
        same if same.is_empty() => {
            screen.say("\nyou wrote what the course wrote, letter by letter")?;
        }
        difference => screen.write(&format!("\n{difference}"))?,
    }
    Ok(holds)
}

/// What a check has found, and what is remembered of all checks.
struct Outcome {
    report: Report,
    progress: Progress,
}

impl Outcome {
    /// Whether the student has had every hint for the first promise that is not kept.
    fn has_no_hint_left(&self) -> bool {
        let first = self.report.first_failed();
        first.is_some_and(|finding| self.progress.hints(&finding.to_hint) == HINTS)
    }
}

/// Holds a server against the probes, and tells what is found: at once for a reader, and at the end for a
/// program, which is told also why a check cannot go on. What is found is remembered.
fn examine(subject: &Subject, options: Options, screen: &mut Screen) -> Result<Outcome> {
    let candidate = match subject.prepare(options.last, screen.has_colours()) {
        Ok(candidate) => candidate,
        Err(error) if options.json => {
            let nothing = Report::new(options.last.unwrap_or_default());
            return Err(tell_program(&nothing, error, screen));
        }
        Err(error) => return Err(error),
    };
    let mut report = Report::new(candidate.last);
    if !options.json {
        let up_to = if matches!(subject, Subject::Client(_)) { "" } else { "up to " };
        let (shown, last) = (&candidate.shown, report.last);
        screen.say(&format!("checking {shown}, {up_to}chapter {last:02}\n\n"))?;
    }
    let bytes = screen.bytes();
    let mut tell = |news: News| match news {
        _ if options.json => Ok(()),
        News::Begins(probe) => match &probe.slow {
            Some(slow) => screen.status(&format!("  {slow} …")),
            None => Ok(()),
        },
        News::Found(finding) => screen.say(&finding.told(options.all, bytes)),
    };
    let judged = judge_all(&candidate.target, &mut report, options.all, &mut tell);
    let (progress, forgotten) = progress::update(&candidate.folder, &candidate.name, |progress| {
        progress.record(&report.findings);
        if let Some(finding) = report.first_failed().filter(|_| options.hint) {
            progress.give_hint(&finding.to_hint);
        }
    });
    // Not before: what was found is remembered also where the check could not go on, or its reader left.
    let judged = judged.and_then(|()| all_started(&report));
    let outcome = Outcome { report, progress };
    if options.json {
        return match judged {
            Ok(()) => screen.write(&(outcome.report.json(None) + "\n")).map(|()| outcome),
            Err(error) => Err(tell_program(&outcome.report, error, screen)),
        };
    }
    let went_on = judged.is_ok() || outcome.report.first_not_started().is_some();
    if went_on {
        conclude(subject, &candidate, options, &outcome, screen)?;
    }
    judged?;
    if let Err(error) = forgotten {
        let lost = "the next check will not know of this one, nor of its hints";
        screen.say(&format!("{error:#}: {lost}"))?;
    }
    Ok(outcome)
}

/// Where the server did not start for every promise, nobody knows whether it keeps them all.
fn all_started(report: &Report) -> Result<()> {
    match report.first_not_started() {
        Some((probe, why)) if report.holds() => {
            bail!("\"{}\" could not be judged: {why}", probe.says)
        }
        _ => Ok(()),
    }
}

/// Tells a program what was found, and why that is not all. Hands back the error, or that nobody reads.
fn tell_program(report: &Report, error: anyhow::Error, screen: &mut Screen) -> anyhow::Error {
    match screen.write(&(report.json(Some(&format!("{error:#}"))) + "\n")) {
        Ok(()) => error,
        Err(unheard) => unheard,
    }
}

/// What follows the last promise that was looked at.
fn conclude(
    subject: &Subject,
    candidate: &Candidate,
    options: Options,
    Outcome { report, progress }: &Outcome,
    screen: &mut Screen,
) -> Result<()> {
    match (options.all, report.first_failed()) {
        (true, _) => screen.say(&format!("\n{}", report.table()))?,
        (false, None) => screen.say(&report.summary())?,
        (false, Some(finding)) => {
            if progress.has_lost(&finding.probe) {
                let before = "it was kept in an earlier check: what have you changed?";
                screen.say(&labelled("before", before))?;
            }
            if matches!(finding.state, State::Unwritten) && options.hint {
                screen.say(&labelled("promise", &finding.to_hint.says))?;
            }
            screen.say(&advice(subject, options, &finding.to_hint, progress))?;
        }
    }
    screen.say(&format!("\n{}", bar(progress.held(), probes::all().len())))?;
    if !report.holds() {
        return Ok(());
    }
    if let Subject::Own(folder) = subject {
        let unanswered = Own::near(folder)?.unanswered(report.last)?;
        if !unanswered.is_empty() {
            screen.say(&format!(
                "not written yet, and no promise came there: {}\n",
                unanswered.join(", ")
            ))?;
        }
    }
    let Some(next) = candidate.next else { return Ok(()) };
    let command = match subject {
        Subject::Own(folder) => own::start_command(folder, Some(next.number)),
        other => other.command_of_next(next),
    };
    screen.say(&format!("next: {}, with `{command}`", next.title))
}
