//! A failure, explained: what was sent, what came back, the first wrong byte, the likely mistake.

use std::fmt::Write;

use ch00_wire::{Recording, Unit, hex, source, visible};

use super::{Failure, Probe};
use crate::chapters;

/// How many bytes stand before and after the wrong one.
const AROUND: usize = 8;

/// The whole explanation, in plain text.
pub fn explain(probe: &Probe, failure: &Failure, recording: &Recording) -> String {
    let mut out = String::new();
    let _ = write!(out, "✗ chapter {:02}: {}\n\n", probe.chapter, probe.promise);
    let conversation = recording.to_string();
    if !conversation.is_empty() {
        let _ = writeln!(out, "{}", indented(&conversation));
    }
    let mut mistake = probe.mistake;
    if let Failure::Missed { expected, came, wrong, often } = failure {
        mistake = often.unwrap_or(mistake);
        let _ = writeln!(out, "  expected   {expected}");
        let _ = writeln!(out, "  but        {came}");
        if let Some((unit, at)) = wrong {
            let _ = write!(out, "{}", caret(unit, *at));
        }
    }
    let _ = writeln!(out, "  often      {mistake}");
    let _ = writeln!(out, "  read       {}", page(probe));
    // The server's own words are among these: no terminal shall obey them.
    out.lines().map(|line| visible(line) + "\n").collect()
}

/// The bytes around the first wrong one, with a caret under it.
fn caret(unit: &Unit, at: usize) -> String {
    let from = at.saturating_sub(AROUND).min(unit.bytes.len());
    let to = (at + AROUND).min(unit.bytes.len());
    let before = "  bytes      ";
    let column = before.len() + 3 * (at - from);
    let what = match at < unit.bytes.len() {
        true => format!("byte {at} of {}", unit.title),
        false => "more should follow here".to_owned(),
    };
    format!("{before}{}\n{:column$}^ {what}\n", hex(&unit.bytes[from..to]), "")
}

fn page(probe: &Probe) -> String {
    let page = chapters::find(probe.chapter).map(|chapter| chapter.slug).unwrap_or_default();
    format!("{page}.html in the book, and {}", source(probe.section))
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}").trim_end().to_owned() + "\n").collect()
}
