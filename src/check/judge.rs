//! One promise after another: does it hold?

use std::time::Duration;

use anyhow::Result;
use ch00_wire::Event;

use super::report::{Finding, Report, State, Told};
use crate::book;
use crate::chapters;
use crate::own::Unwritten;
use crate::probes::{self, Probe, Target, Verdict, explain};
use crate::screen::labelled;

/// How long the reader waits for an answer that does not come.
const PATIENCE: Duration = Duration::from_secs(3);

/// What is said of a promise of a chapter that no later one needs.
pub(super) const LEFT_OUT: &str =
    "it is of a chapter that no later one needs: check that chapter alone to see why";

/// What happens while the promises are looked at.
pub(super) enum News<'a> {
    /// This promise is looked at now.
    Begins(&'a Probe),
    /// This was found.
    Found(&'a Finding),
}

/// Looks at the promises up to the report's last chapter: at all of them, or up to the first that is not kept. `tell`
/// hears of each at once, and ends the check by an error.
pub(super) fn judge_all(
    target: &Target,
    report: &mut Report,
    all: bool,
    tell: &mut dyn FnMut(News) -> Result<()>,
) -> Result<()> {
    let last = report.last;
    let is_looked_at =
        |probe: &&Probe| probe.chapter <= last && probe.holds_in(last) && target.is_asked(probe);
    for probe in probes::all().iter().filter(is_looked_at) {
        let finding = match report.broken_need_of(probe) {
            Some(needed) => Finding::of(*probe, State::NotJudged(needed)),
            None if report.leaves_out(probe) => Finding::of(*probe, State::Unseen(LEFT_OUT)),
            None => {
                tell(News::Begins(probe))?;
                match judge(target, *probe, report)? {
                    broken
                        if matches!(broken.state, State::Fails) && may_be_left_out(probe, last) =>
                    {
                        Finding::of(*probe, State::Unseen(LEFT_OUT))
                    }
                    finding => finding,
                }
            }
        };
        let failed = finding.failed();
        // Before it is told: what was found is remembered also if its reader has left.
        tell(News::Found(report.found(finding)))?;
        if failed && !all {
            break;
        }
    }
    Ok(())
}

/// Whether a server does without this promise, because it is one of a chapter that no later one needs.
fn may_be_left_out(probe: &Probe, last: u8) -> bool {
    probe.chapter < last && chapters::find(probe.chapter).is_ok_and(|chapter| chapter.optional)
}

fn judge(target: &Target, probe: Probe, report: &Report) -> Result<Finding> {
    let (failure, recording) = match target.judge(&probe, PATIENCE, report.last) {
        Ok(Verdict::Holds) => return Ok(Finding::of(probe, State::Holds)),
        Ok(Verdict::Unseen(why)) => return Ok(Finding::of(probe, State::Unseen(why))),
        Ok(Verdict::Fails(failure, recording)) => {
            match failure.needs().and_then(|id| report.broken(id)) {
                Some(needed) => return Ok(Finding::of(probe, State::NotJudged(needed))),
                None => (failure, recording),
            }
        }
        Err(error) => {
            if let Some(unwritten) = Unwritten::find(error.lines().iter().map(String::as_str)) {
                return Ok(not_written(probe, &unwritten));
            }
            // A server that never started cannot be checked at all; one that did, can be but for this promise.
            return match report.findings.iter().any(Finding::was_reached) {
                true => Ok(Finding::of(probe, State::NotStarted(error.to_string()))),
                false => Err(error.into()),
            };
        }
    };
    let unwritten = Unwritten::find(recording.events.iter().filter_map(Event::line));
    Ok(match unwritten {
        Some(unwritten) => not_written(probe, &unwritten),
        None => {
            let explanation = explain(&probe, &failure, &recording, report.last);
            Finding {
                told: Some(Told::Why(Box::new(explanation))),
                ..Finding::of(probe, State::Fails)
            }
        }
    })
}

/// The promise that has come to a `todo!` says what that is for, if it is one of the chapter in which it stands;
/// otherwise the first promise of that chapter does.
fn not_written(probe: Probe, unwritten: &Unwritten) -> Finding {
    let chapter = unwritten.chapter().map_or(probe.chapter, |chapter| chapter.number);
    let first = || probes::all().iter().find(|first| first.chapter == chapter).copied();
    let to_hint = match probe.chapter == chapter {
        true => probe,
        false => first().unwrap_or(probe),
    };
    let read = unwritten.answered_in(&book::course());
    let read = read.map(|page| format!("\n\n{}", labelled("read", &page))).unwrap_or_default();
    let told = Some(Told::Question(format!("{unwritten}{read}")));
    Finding { to_hint, told, ..Finding::of(probe, State::Unwritten) }
}
