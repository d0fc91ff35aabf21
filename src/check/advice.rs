//! What follows an explanation: the hints, if one was asked for, and the next commands.

use super::progress::Progress;
use super::{Options, Subject};
use crate::probes::{HINTS, Probe};
use crate::screen::labelled;

/// What follows an explanation: the hints, if one was asked for, and the next commands.
pub(super) fn advice(
    subject: &Subject,
    options: Options,
    probe: &Probe,
    progress: &Progress,
) -> String {
    let given = progress.hints(probe);
    let shown = if options.hint { given } else { 0 };
    let hints = probe.hints(subject.language()).into_iter().enumerate().take(shown);
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
