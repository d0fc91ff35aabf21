//! A failure, explained: what was sent, what should have come, what came, the first wrong byte between the two,
//! and a cause that the bytes agree with, or none.

use std::fmt::Write;

use ch00_wire::{Kind, Recording, Side, hex, source, visible};
use serde::Serialize;

use super::findings;
use super::missed::{Missed, bare_line_feed};
use super::{Failure, Probe};
use crate::chapters;
use crate::screen::labelled;

/// How many bytes are shown around the wrong one, where there is room.
const AROUND: usize = 16;
/// How many characters of a line of a head.
const LINE: usize = 60;

/// An explanation in parts, for programs; its text is for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The step of the script, where it has several.
    pub step: Option<String>,
    /// What should have come, in words.
    pub expected: String,
    /// What came instead.
    pub came: String,
    /// How the program has ended over it, if it has.
    pub ended: Option<String>,
    /// The bytes side by side, where there are any to compare.
    pub bytes: Option<Bytes>,
    /// Every cause that agrees with what was seen; there may be none.
    pub causes: Vec<String>,
    /// Where to read about it.
    pub read: String,
    /// The whole conversation, named byte by byte.
    pub conversation: String,
    #[serde(skip)]
    heading: String,
    /// The last lines of the terminal say why it ended.
    #[serde(skip)]
    has_last_words: bool,
}

/// What should have come and what came, from the same place on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bytes {
    /// The bytes that should have come, in hexadecimal, from the beginning of the unit; null where only words say.
    pub expected: Option<String>,
    /// Those that came.
    pub came: String,
    /// Which of them is the first wrong one, from 0; as many as came, where more should have followed.
    pub wrong: usize,
    /// What the unit is called.
    pub unit: String,
    /// Whether both are lines of text.
    #[serde(skip)]
    is_text: bool,
    #[serde(skip)]
    raw: Raw,
}

/// The same, not written out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Raw {
    /// Where these begin in the unit.
    start: usize,
    expected: Option<Vec<u8>>,
    came: Vec<u8>,
}

/// Explains why a promise is not kept, in a check up to chapter `last`.
pub fn explain(probe: &Probe, failure: &Failure, recording: &Recording, last: u8) -> Explanation {
    let heading = format!("✗ chapter {:02}: {}", probe.chapter, probe.says);
    let page = chapters::find(probe.chapter).map(|chapter| chapter.slug).unwrap_or_default();
    let read = match probe.section.as_str() {
        "course" => format!("{page}.html in the book"),
        section => format!("{page}.html in the book, and {}", source(section)),
    };
    let of = if probe.is_of_client() { Side::Client } else { Side::Server };
    let conversation = recording.of(of).to_string();
    let empty = Explanation {
        step: None,
        expected: String::new(),
        came: String::new(),
        ended: None,
        bytes: None,
        causes: Vec::new(),
        read,
        conversation,
        heading,
        has_last_words: false,
    };
    let missed = match failure {
        Failure::Missed(missed) => missed,
        Failure::Unseen(why) => return Explanation { came: (*why).to_owned(), ..empty },
    };
    Explanation {
        step: missed.step.map(str::to_owned),
        expected: missed.wanted.words(),
        came: missed.came.clone(),
        ended: missed.end.clone(),
        bytes: compared(missed),
        causes: causes(probe, missed, last),
        has_last_words: recording.events.iter().any(ch00_wire::Event::is_line),
        ..empty
    }
}

/// What the bytes tell; where they tell nothing, the usual mistakes that show like this.
fn causes(probe: &Probe, missed: &Missed, last: u8) -> Vec<String> {
    let found = match missed.end {
        Some(_) => Vec::new(),
        None => findings::causes(missed),
    };
    let causes = match found.is_empty() {
        true => probe.mistakes(&missed.sights(), missed.step, last),
        false => found,
    };
    causes.into_iter().map(str::to_owned).collect()
}

fn compared(missed: &Missed) -> Option<Bytes> {
    let (unit, wrong) = (missed.unit.as_ref()?, missed.wrong?);
    let is_text = matches!(unit.kind, Kind::ResponseHead | Kind::RequestHead);
    let (start, wrong) = match is_text {
        // One line of the head: the one that is wrong.
        true => line_around(&unit.bytes, wrong),
        false => (0, wrong),
    };
    let came = unit.bytes[start..].to_vec();
    let expected = match bare_line_feed(unit) == Some(start + wrong) {
        true => Some([&came[..wrong], b"\r\n"].concat()),
        false => missed.wanted.bytes(),
    };
    Some(Bytes {
        expected: expected.as_deref().map(hex),
        came: hex(&unit.bytes),
        wrong: start + wrong,
        unit: unit.title.clone(),
        is_text,
        raw: Raw { start, expected, came },
    })
}

/// Where the line begins in which a byte is, and the byte's place in that line.
fn line_around(bytes: &[u8], at: usize) -> (usize, usize) {
    let before = &bytes[..at.min(bytes.len())];
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    (start, at - start)
}

impl Explanation {
    /// The whole explanation as plain text, with at most so many bytes in the lines that compare them.
    pub fn text(&self, bytes: usize) -> String {
        let mut out = format!("{}\n\n", self.heading);
        if !self.conversation.is_empty() {
            let _ = writeln!(out, "{}", indented(&self.conversation));
        }
        let mut line = |label: &str, text: &str| {
            // What came may be the server's own words, and shall not pass for lines of ours.
            let _ = writeln!(out, "{}", labelled(label, &visible(text)));
        };
        line("expected", &self.expected);
        line("but", &self.came);
        if let Some(ended) = &self.ended {
            let why = match self.has_last_words {
                true => ": the last lines of its terminal may say why",
                false => ", and it printed nothing",
            };
            line("ended", &format!("the program has ended by itself, with {ended}{why}"));
        }
        if let Some(compared) = &self.bytes {
            out.push_str(&compared.text(bytes.min(AROUND) / 2));
        }
        for (i, cause) in self.causes.iter().enumerate() {
            let label = match (self.causes.len(), i) {
                (1, _) => "often",
                (_, 0) => "either",
                _ => "or",
            };
            let _ = writeln!(out, "{}", labelled(label, cause));
        }
        let _ = writeln!(out, "{}", labelled("read", &self.read));
        // The server's own words are among these: no terminal shall obey them.
        out.lines().map(|line| visible(line) + "\n").collect()
    }
}

impl Bytes {
    /// What should have come, a caret, and what came: so many bytes on either side of the first wrong one.
    fn text(&self, around: usize) -> String {
        let Raw { start, expected, came } = &self.raw;
        let wrong = self.wrong - start;
        let show = |bytes: &[u8]| match self.is_text {
            true => line(bytes),
            false => {
                let from = wrong.saturating_sub(around).min(bytes.len());
                hex(&bytes[from..(wrong + around).min(bytes.len())])
            }
        };
        let column = match self.is_text {
            true => line(&came[..wrong.min(came.len())]).chars().count(),
            false => 3 * (wrong - wrong.saturating_sub(around).min(came.len())),
        };
        let what = match wrong < came.len() {
            true => format!("byte {} of {}", self.wrong, self.unit),
            false => "more should follow here".to_owned(),
        };
        let mut out = String::new();
        if let Some(expected) = expected {
            let _ = writeln!(out, "{}", labelled("right", &show(expected)));
        }
        let indent = labelled("", "").chars().count() + column;
        let _ = writeln!(out, "{:indent$}^ {what}", "");
        let _ = writeln!(out, "{}", labelled("came", &show(came)));
        out
    }
}

/// A line of a head, with its end made visible.
fn line(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
    let text = String::from_utf8_lossy(&bytes[..end.min(LINE)]);
    let text = text.replace('\r', "\\r").replace('\n', "\\n");
    visible(&text)
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}").trim_end().to_owned() + "\n").collect()
}
