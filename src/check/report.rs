//! What a check found, told to a reader or to a program.

use std::fmt::Write;

use serde::Serialize;
use serde_json::{Value, json};

use super::judge::LEFT_OUT;
use crate::chapters::{CHAPTERS, Chapter};
use crate::probes::{Explanation, Probe};

/// How a server stands to one promise.
pub(super) enum State {
    /// It keeps it.
    Holds,
    /// It does not.
    Fails,
    /// It came to a `todo!`.
    Unwritten,
    /// It cannot be seen from here, for this reason.
    Unseen(&'static str),
    /// Another promise is broken without which nothing can be said of this one.
    NotJudged(Probe),
    /// The server was started for it, and did not listen; why.
    NotStarted(String),
}

impl State {
    /// What a program calls it.
    fn name(&self) -> &'static str {
        match self {
            State::Holds => "holds",
            State::Fails => "fails",
            State::Unwritten => "unwritten",
            State::Unseen(_) => "unseen",
            State::NotJudged(_) | State::NotStarted(_) => "not judged",
        }
    }

    pub(super) fn mark(&self) -> char {
        match self {
            State::Holds => '●',
            State::Fails | State::Unwritten => '✗',
            State::Unseen(_) => '○',
            State::NotJudged(_) | State::NotStarted(_) => '–',
        }
    }
}

/// What there is to say of a promise that is not kept.
pub(super) enum Told {
    /// What went wrong.
    Why(Box<Explanation>),
    /// The question of a body that is not written yet.
    Question(String),
}

/// One promise, and how the server stands to it.
pub(super) struct Finding {
    pub(super) probe: Probe,
    pub(super) state: State,
    /// Where it is not kept.
    pub(super) told: Option<Told>,
    /// The promise to give hints for.
    pub(super) to_hint: Probe,
}

impl Finding {
    /// A finding without more to say.
    pub(super) fn of(probe: Probe, state: State) -> Finding {
        Finding { probe, state, told: None, to_hint: probe }
    }

    /// Whether the promise is known not to hold.
    pub(super) fn failed(&self) -> bool {
        matches!(self.state, State::Fails | State::Unwritten)
    }

    /// Whether a server was there to be looked at.
    pub(super) fn was_reached(&self) -> bool {
        matches!(self.state, State::Holds | State::Fails)
    }

    /// What a reader is told of it: one line, or its explanation where it is not kept, with at most so many bytes in
    /// a line.
    pub(super) fn told(&self, briefly: bool, bytes: usize) -> String {
        match &self.told {
            Some(Told::Why(explanation)) if !briefly => {
                explanation.text(bytes).trim_end().to_owned()
            }
            Some(Told::Question(question)) if !briefly => question.trim_end().to_owned(),
            _ => format!("{} {}", self.state.mark(), self.line(&self.probe)),
        }
    }

    /// The promise in one line, with the reason if the finding has one. What is not written yet has two promises: the
    /// one that was looked at, and the one to hint.
    pub(super) fn line(&self, promise: &Probe) -> String {
        let line = format!("{:02} {}", promise.chapter, promise.says);
        match &self.state {
            State::Holds | State::Fails => line,
            State::Unwritten => format!("{line} (not written yet)"),
            State::Unseen(why) => format!("{line} ({why})"),
            State::NotJudged(needed) => {
                format!("{line} (not judged: it needs \"{}\")", needed.says)
            }
            State::NotStarted(why) => {
                let why = why.lines().next().unwrap_or_default();
                format!("{line} (not judged: {why})")
            }
        }
    }

    /// The same for a program.
    fn json(&self) -> Value {
        let explanation = match &self.told {
            Some(Told::Why(explanation)) => json!(explanation),
            Some(Told::Question(question)) => json!({ "question": question }),
            None => Value::Null,
        };
        let (needs, why) = match &self.state {
            State::NotJudged(needed) => (Some(needed.id.as_str()), None),
            State::Unseen(why) => (None, Some((*why).to_owned())),
            State::NotStarted(why) => (None, Some(why.clone())),
            _ => (None, None),
        };
        json!({
            "chapter": self.probe.chapter,
            "id": self.probe.id,
            "promise": self.probe.says,
            "section": self.probe.section,
            "state": self.state.name(),
            "needs": needs,
            "why": why,
            "explanation": explanation,
        })
    }
}

/// What a check has found, in one sentence.
#[derive(Serialize)]
pub struct Verdict {
    /// Whether no promise is broken.
    pub holds: bool,
    /// How many promises are kept, and which one is broken.
    pub text: String,
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

    /// Adds a finding, and hands it back.
    pub(super) fn found(&mut self, finding: Finding) -> &Finding {
        self.findings.push(finding);
        &self.findings[self.findings.len() - 1]
    }

    /// How many promises are kept.
    pub(super) fn kept(&self) -> usize {
        self.count(|state| matches!(state, State::Holds))
    }

    /// The last chapter whose promises are all kept, with all of the chapters before it. What cannot be seen does not
    /// count against a chapter of which something is.
    pub(super) fn kept_up_to(&self) -> Option<Chapter> {
        let is_kept = |chapter: &&Chapter| {
            let of_chapter = || {
                let states = self.findings.iter();
                let states = states.filter(|finding| finding.probe.chapter == chapter.number);
                states.map(|finding| &finding.state)
            };
            of_chapter().any(|state| matches!(state, State::Holds))
                && of_chapter().all(|state| matches!(state, State::Holds | State::Unseen(_)))
        };
        // A server makes no promise of a client's chapter.
        let is_looked_at = |chapter: &&Chapter| {
            self.findings.iter().any(|finding| finding.probe.chapter == chapter.number)
        };
        CHAPTERS.iter().filter(is_looked_at).take_while(is_kept).last().copied()
    }

    /// Whether the server came to a `todo!`.
    pub(super) fn is_unwritten(&self) -> bool {
        self.count(|state| matches!(state, State::Unwritten)) > 0
    }

    /// The same findings, but where a `todo!` kept the server from showing anything, those of a check of the
    /// project's chapter before.
    pub(super) fn filled_from(mut self, before: Report) -> Report {
        let is_unwritten = |finding: &&Finding| matches!(finding.state, State::Unwritten);
        let unwritten: Vec<Probe> =
            self.findings.iter().filter(is_unwritten).map(|finding| finding.probe).collect();
        let is_hidden = |finding: &Finding| {
            let because = match &finding.state {
                State::NotJudged(needed) => needed,
                _ => &finding.probe,
            };
            unwritten.iter().any(|probe| probe.id == because.id)
        };
        for earlier in before.findings {
            let same = |finding: &&mut Finding| finding.probe.id == earlier.probe.id;
            if let Some(now) = self.findings.iter_mut().find(same).filter(|now| is_hidden(now)) {
                *now = earlier;
            }
        }
        self
    }

    /// Whether nothing has failed.
    pub(super) fn holds(&self) -> bool {
        self.first_failed().is_none()
    }

    /// The first promise that is known not to hold.
    pub(super) fn first_failed(&self) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.failed())
    }

    /// The first promise that is not known to be kept: one that fails, or else one that is not judged, or not seen.
    pub(super) fn first_open(&self) -> Option<&Finding> {
        let first =
            |is: fn(&State) -> bool| self.findings.iter().find(|finding| is(&finding.state));
        self.first_failed()
            .or_else(|| first(|state| matches!(state, State::NotStarted(_))))
            .or_else(|| first(|state| matches!(state, State::Unseen(_))))
    }

    /// The first promise for which the server did not start, and why.
    pub(super) fn first_not_started(&self) -> Option<(&Probe, &str)> {
        self.findings.iter().find_map(|finding| match &finding.state {
            State::NotStarted(why) => Some((&finding.probe, why.as_str())),
            _ => None,
        })
    }

    /// The broken promise without which nothing can be said of this one.
    pub(super) fn broken_need_of(&self, probe: &Probe) -> Option<Probe> {
        probe.needs.iter().find_map(|id| self.broken(id))
    }

    /// Whether the promise needs one that the server does without.
    pub(super) fn leaves_out(&self, probe: &Probe) -> bool {
        let is_left_out = |finding: &Finding| {
            probe.needs.contains(&finding.probe.id)
                && matches!(finding.state, State::Unseen(why) if why == LEFT_OUT)
        };
        self.findings.iter().any(is_left_out)
    }

    /// The promise with this id, if it is broken; the one that it needs, if that is why nothing is said of it.
    pub(super) fn broken(&self, id: &str) -> Option<Probe> {
        let finding = self.findings.iter().find(|finding| finding.probe.id == id)?;
        match &finding.state {
            State::Fails | State::Unwritten => Some(finding.probe),
            State::NotJudged(needed) => Some(*needed),
            _ => None,
        }
    }

    /// Whether it is about a client, whose promises are those of one chapter.
    fn is_of_client(&self) -> bool {
        self.findings.first().is_some_and(|finding| finding.probe.is_of_client())
    }

    /// The last line for a reader; nothing after an explanation.
    pub(super) fn summary(&self) -> String {
        let unseen = self.count(|state| matches!(state, State::Unseen(_)));
        let not_started = self.count(|state| matches!(state, State::NotStarted(_)));
        match (self.holds(), unseen + not_started) {
            (false, _) => String::new(),
            (true, 0) if self.is_of_client() => {
                format!("every promise of chapter {:02} is kept\n", self.last)
            }
            (true, 0) => format!("every promise up to chapter {:02} is kept\n", self.last),
            (true, _) if not_started > 0 => {
                format!("every promise that could be judged is kept; {not_started} could not be\n")
            }
            (true, 1) => {
                "every promise that could be seen is kept, and one could not be seen: its line \
                          says why\n"
                    .to_owned()
            }
            (true, unseen) => format!(
                "every promise that could be seen is kept, and {unseen} could not be seen: their lines say why\n"
            ),
        }
    }

    /// All of it in one sentence.
    pub(super) fn verdict(&self) -> Verdict {
        let text = match self.first_failed() {
            None => self.summary().trim_end().to_owned(),
            Some(finding) => {
                let (kept, promise) = (self.kept(), &finding.to_hint);
                let what = if matches!(finding.state, State::Unwritten) {
                    "not written yet"
                } else {
                    "broken"
                };
                format!("{kept} kept, 1 {what}: {:02} {}", promise.chapter, promise.says)
            }
        };
        Verdict { holds: self.holds(), text }
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
            // A client makes no promise of a chapter that has a server.
            if of_chapter.is_empty() {
                continue;
            }
            let marks: String = of_chapter.iter().map(|finding| finding.state.mark()).collect();
            let held =
                of_chapter.iter().filter(|finding| matches!(finding.state, State::Holds)).count();
            let (number, title, all) = (chapter.number, chapter.title, of_chapter.len());
            let _ = writeln!(out, "{number:02} {title:<14} {held:>2} of {all:>2}  {marks}");
        }
        match self.first_failed() {
            None => out.push_str(&self.summary()),
            Some(finding) => {
                let _ = writeln!(
                    out,
                    "\nbegin with chapter {:02}: the same check without --all explains \"{}\"",
                    finding.probe.chapter, finding.probe.says
                );
            }
        }
        out
    }

    /// One object: `chapter`, `holds`, `error`, which is null where the check came to its end, and `promises`, each with
    /// `chapter`, `id`, `promise`, `section`, `state` (`holds`, `fails`, `unwritten`, `unseen` or `not judged`), `needs`
    /// (the id of the broken promise for which it is not judged), `why` (it is not seen, or not judged for
    /// another reason), and `explanation` in parts; any of the last three may be null.
    pub(super) fn json(&self, error: Option<&str>) -> String {
        let promises: Vec<Value> = self.findings.iter().map(Finding::json).collect();
        let holds = self.holds() && error.is_none();
        let report =
            json!({ "chapter": self.last, "holds": holds, "error": error, "promises": promises });
        format!("{report:#}")
    }

    fn count(&self, counts: impl Fn(&State) -> bool) -> usize {
        self.findings.iter().filter(|finding| counts(&finding.state)).count()
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
