//! One promise after another: does it hold?

use std::time::Duration;

use anyhow::Result;
use ch00_wire::Event;

use super::Options;
use super::report::{Finding, Report, State};
use crate::own::Unwritten;
use crate::probes::{self, Probe, Target, Verdict, explain};
use crate::screen::Screen;

/// How long the reader waits for an answer that does not come.
const PATIENCE: Duration = Duration::from_secs(3);

/// Looks at the promises up to the report's last chapter: up to the first that is not kept, or at all of them.
/// Each is told at once, but for a program.
pub(super) fn judge_all(
    target: &Target,
    report: &mut Report,
    options: Options,
    screen: &mut Screen,
) -> Result<()> {
    for probe in probes::all().into_iter().filter(|probe| probe.chapter <= report.last) {
        let finding = judge(target, probe, screen.bytes())?;
        let (failed, told) = (finding.failed(), finding.told(options.all));
        report.findings.push(finding);
        if !options.json {
            screen.say(&told)?;
        }
        if failed && !options.all {
            break;
        }
    }
    Ok(())
}

/// `bytes` is how many of them have room in a line of an explanation.
fn judge(target: &Target, probe: Probe, bytes: usize) -> Result<Finding> {
    let (state, explanation) = match target.judge(&probe, PATIENCE) {
        Ok(Verdict::Holds) => (State::Holds, None),
        Ok(Verdict::Unseen) => (State::Unseen, None),
        Ok(Verdict::Fails(failure, recording)) => {
            match Unwritten::find(recording.events.iter().filter_map(Event::line)) {
                Some(unwritten) => return Ok(not_written(probe, &unwritten)),
                None => (State::Fails, Some(explain(&probe, &failure, &recording, bytes))),
            }
        }
        Err(error) => {
            let unwritten = Unwritten::find(error.lines().iter().map(String::as_str));
            return Ok(not_written(probe, &unwritten.ok_or(error)?));
        }
    };
    Ok(Finding { probe, state, explanation, to_hint: probe })
}

/// The promise that has come to a `todo!` says what that is for, if it is one of the chapter in which it stands;
/// otherwise the first promise of that chapter does.
fn not_written(probe: Probe, unwritten: &Unwritten) -> Finding {
    let chapter = unwritten.chapter().map_or(probe.chapter, |chapter| chapter.number);
    let first = || probes::all().into_iter().find(|first| first.chapter == chapter);
    let to_hint = match probe.chapter == chapter {
        true => probe,
        false => first().unwrap_or(probe),
    };
    let explanation = Some(unwritten.to_string());
    Finding { probe, state: State::Unwritten, explanation, to_hint }
}
