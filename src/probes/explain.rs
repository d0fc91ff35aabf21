//! A failure, explained: what was sent, what came back, the first wrong byte, the likely mistake.

use std::fmt::Write;

use ch00_wire::{Recording, Unit, hex, source, visible};

use super::{Failure, Probe};
use crate::chapters;
use crate::screen::labelled;

const ENDED: &str = "the program has ended by itself: the last lines of its terminal say why";
/// How many bytes are shown around the wrong one, where there is room.
const AROUND: usize = 16;

/// The whole explanation, in plain text, with at most so many bytes in the line that has the wrong one.
pub fn explain(probe: &Probe, failure: &Failure, recording: &Recording, bytes: usize) -> String {
    let mut out = String::new();
    let _ = write!(out, "✗ chapter {:02}: {}\n\n", probe.chapter, probe.promise);
    let conversation = recording.to_string();
    if !conversation.is_empty() {
        let _ = writeln!(out, "{}", indented(&conversation));
    }
    let mut mistake = probe.mistake;
    if let Failure::Missed { expected, came, wrong, often, ended } = failure {
        mistake = often.unwrap_or(mistake);
        // What came may be the server's own words, and shall not pass for lines of ours.
        let _ = writeln!(out, "{}", labelled("expected", &visible(expected)));
        let _ = writeln!(out, "{}", labelled("but", &visible(came)));
        if *ended {
            let _ = writeln!(out, "{}", labelled("ended", ENDED));
        }
        if let Some((unit, at)) = wrong {
            let _ = write!(out, "{}", caret(unit, *at, bytes.min(AROUND) / 2));
        }
    }
    let _ = writeln!(out, "{}", labelled("often", mistake));
    let _ = writeln!(out, "{}", labelled("read", &page(probe)));
    // The server's own words are among these: no terminal shall obey them.
    out.lines().map(|line| visible(line) + "\n").collect()
}

/// So many bytes on either side of the first wrong one, with a caret under it.
fn caret(unit: &Unit, at: usize, around: usize) -> String {
    let from = at.saturating_sub(around).min(unit.bytes.len());
    let to = (at + around).min(unit.bytes.len());
    let column = labelled("bytes", "").len() + 3 * (at - from);
    let what = match at < unit.bytes.len() {
        true => format!("byte {at} of {}", unit.title),
        false => "more should follow here".to_owned(),
    };
    let bytes = labelled("bytes", &hex(&unit.bytes[from..to]));
    format!("{bytes}\n{:column$}^ {what}\n", "")
}

fn page(probe: &Probe) -> String {
    let page = chapters::find(probe.chapter).map(|chapter| chapter.slug).unwrap_or_default();
    format!("{page}.html in the book, and {}", source(probe.section))
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}").trim_end().to_owned() + "\n").collect()
}
