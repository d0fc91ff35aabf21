//! What a check found, told to a reader or to a program.

use std::fmt::Write;

use serde::Serialize;
use serde_json::json;

use super::memory::Progress;
use super::{Options, Subject};
use crate::chapters::CHAPTERS;
use crate::probes::{HINTS, Probe};
use crate::screen::labelled;

/// How a server stands to one promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// It keeps it.
    Holds,
    /// It does not.
    Fails,
    /// It came to a `todo!`.
    Unwritten,
    /// Its terminal, where the promise shows, cannot be seen.
    Unseen,
}

/// One promise, and how the server stands to it.
pub(super) struct Finding {
    pub(super) probe: Probe,
    pub(super) state: State,
    /// Where it does not hold.
    pub(super) explanation: Option<String>,
    /// The promise to give hints for.
    pub(super) to_hint: Probe,
}

impl Finding {
    /// Whether the promise is known not to hold.
    pub(super) fn failed(&self) -> bool {
        matches!(self.state, State::Fails | State::Unwritten)
    }

    /// What a reader is told of it: one line, or its explanation where it is not kept.
    pub(super) fn told(&self, briefly: bool) -> String {
        let promise = format!("{:02} {}", self.probe.chapter, self.probe.promise);
        match (self.state, &self.explanation) {
            (State::Holds, _) => format!("● {promise}"),
            (State::Unseen, _) => format!("○ {promise} (its terminal cannot be seen)"),
            (_, Some(explanation)) if !briefly => explanation.trim_end().to_owned(),
            (State::Unwritten, _) => format!("✗ {promise} (not written yet)"),
            (State::Fails, _) => format!("✗ {promise}"),
        }
    }
}

/// Everything that a check found, in order.
pub(super) struct Report {
    /// The last chapter that was checked.
    pub(super) last: u8,
    pub(super) findings: Vec<Finding>,
}

impl Report {
    /// Of a check up to chapter `last`, with nothing found yet.
    pub(super) fn new(last: u8) -> Report {
        Report { last, findings: Vec::new() }
    }

    /// Whether nothing has failed.
    pub(super) fn holds(&self) -> bool {
        self.first_failed().is_none()
    }

    /// The first promise that is known not to hold.
    pub(super) fn first_failed(&self) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.failed())
    }

    /// The last line for a reader; nothing after an explanation.
    pub(super) fn summary(&self) -> String {
        let unseen = self.count(State::Unseen);
        match (self.holds(), unseen) {
            (false, _) => String::new(),
            (true, 0) => format!("every promise up to chapter {:02} is kept\n", self.last),
            (true, unseen) => format!(
                "every promise that could be seen is kept, and {unseen} could not be seen: use --server, \
                 and the checker starts your server itself\n"
            ),
        }
    }

    /// A line for each chapter: how many of its promises hold, and then what to do next.
    pub(super) fn table(&self) -> String {
        let mut out = String::new();
        for chapter in CHAPTERS.iter().filter(|chapter| chapter.number <= self.last) {
            let of_chapter: Vec<&Finding> = self
                .findings
                .iter()
                .filter(|finding| finding.probe.chapter == chapter.number)
                .collect();
            let marks: String = of_chapter.iter().map(|finding| mark(finding.state)).collect();
            let held = of_chapter.iter().filter(|finding| finding.state == State::Holds).count();
            let (number, title, all) = (chapter.number, chapter.title, of_chapter.len());
            let _ = writeln!(out, "{number:02} {title:<14} {held:>2} of {all:>2}  {marks}");
        }
        match self.first_failed() {
            None => out.push_str(&self.summary()),
            Some(finding) => {
                let _ = writeln!(
                    out,
                    "\nbegin with chapter {:02}: the same check without --all explains \"{}\"",
                    finding.probe.chapter, finding.probe.promise
                );
            }
        }
        out
    }

    /// One object: `chapter`, `holds`, and `promises`, each with `chapter`, `promise`, `section`, `state`
    /// (`holds`, `fails`, `unwritten` or `unseen`) and `explanation`, which may be null.
    pub(super) fn json(&self) -> String {
        let promises = self.findings.iter().map(|Finding { probe, state, explanation, .. }| {
            json!({
                "chapter": probe.chapter,
                "promise": probe.promise,
                "section": probe.section,
                "state": state,
                "explanation": explanation,
            })
        });
        let promises: Vec<_> = promises.collect();
        let report = json!({ "chapter": self.last, "holds": self.holds(), "promises": promises });
        format!("{report:#}")
    }

    fn count(&self, state: State) -> usize {
        self.findings.iter().filter(|finding| finding.state == state).count()
    }
}

/// How wide a bar is, in columns.
const BAR: usize = 20;

/// How many of all promises of the course are kept, as a line with a bar.
pub(super) fn bar(held: usize, all: usize) -> String {
    let full = held * BAR / all.max(1);
    let (full, empty) = ("█".repeat(full), "░".repeat(BAR - full));
    format!("{full}{empty}  kept so far: {held} of the course's {all} promises")
}

/// What follows an explanation: the hints, if one was asked for, and the next commands.
pub(super) fn advice(
    subject: &Subject,
    options: Options,
    probe: &Probe,
    progress: &Progress,
) -> String {
    let given = progress.hints(probe);
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

fn mark(state: State) -> char {
    match state {
        State::Holds => '●',
        State::Fails | State::Unwritten => '✗',
        State::Unseen => '○',
    }
}
