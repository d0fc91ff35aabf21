//! Units and recordings as plain text: what a snapshot, a figure and a terminal show.

use std::fmt;

use crate::hex::{byte_or_bytes, hex};
use crate::record::{Closing, Event, Recording};
use crate::stream::PIECES;
use crate::unit::{Kind, Part, Side, Unit, source};

/// How many bytes a row of a dump shows.
const ROW: usize = 8;
/// How many rows of one part are shown before the rest is counted.
const ROWS: usize = 3;
/// The column of a row's meaning.
const MEANING: usize = 28;
/// How many pieces are counted out one by one.
const FEW_PIECES: usize = 6;
/// How many lines of a terminal are shown; where there are more, how many from its beginning.
const LINES: usize = 40;
const FIRST_LINES: usize = 10;
/// How much of a long text is shown.
const CHARACTERS: usize = 90;
/// How long a line of a terminal may be to be shown whole, and how much is shown of both ends of a longer one.
const LINE_CHARACTERS: usize = 200;
const FIRST_CHARACTERS: usize = 110;
const LAST_CHARACTERS: usize = 60;

impl fmt::Display for Recording {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.of(Side::Server).fmt(out)
    }
}

impl Recording {
    /// The figure, where the program whose terminal was read along is this side.
    pub fn of(&self, observed: Side) -> impl fmt::Display {
        Figure { recording: self, observed }
    }
}

struct Figure<'a> {
    recording: &'a Recording,
    observed: Side,
}

impl fmt::Display for Figure<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figure { recording: Recording { events, .. }, observed } = self;
        let crowd = events.iter().any(|event| event.client().is_some_and(|client| client > 1));
        let mut blank = "";
        for event in events.iter().filter(|event| !event.is_line()) {
            write!(out, "{blank}")?;
            write_event(out, event, crowd)?;
            blank = "\n";
        }
        let lines: Vec<&str> = events.iter().filter_map(Event::line).collect();
        if !lines.is_empty() {
            let whose = if *observed == Side::Client { "client" } else { "server" };
            writeln!(out, "{blank}the {whose}'s terminal")?;
        }
        let left_out = lines.len().saturating_sub(LINES);
        // The last lines say most of how it ended.
        let (first, last) = lines.split_at(if left_out > 0 { FIRST_LINES } else { 0 });
        write_lines(out, first)?;
        if left_out > 0 {
            writeln!(out, "  … {left_out} lines are left out …")?;
        }
        write_lines(out, &last[left_out..])
    }
}

impl fmt::Display for Event {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_event(out, self, true)
    }
}

impl fmt::Display for Unit {
    /// The rows of the dump, without a heading.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::RequestHead | Kind::ResponseHead => write_head(out, self)?,
            Kind::Frame | Kind::Challenge | Kind::HixieFrame | Kind::Record => {
                write_frame(out, self)?;
            }
            Kind::Body | Kind::Unknown => {
                let text =
                    self.text.as_deref().map(|text| format!("\"{}\"", shortened(text, "text")));
                write_rows(out, self, self.start..self.end, &text.unwrap_or_default())?;
            }
        }
        if let Some(message) = &self.message {
            writeln!(out, "  the whole message: \"{}\"", shortened(message, "message"))?;
        }
        if self.pieces.len() > 1 {
            writeln!(out, "  in {}", pieces(&self.pieces))?;
        }
        if !self.complete && self.is_frame() {
            writeln!(out, "  not all here yet")?;
        }
        for fault in &self.faults {
            writeln!(out, "  ✗ {} ({})", fault.why, source(&fault.section))?;
        }
        Ok(())
    }
}

impl Unit {
    fn is_frame(&self) -> bool {
        matches!(self.kind, Kind::Frame | Kind::Challenge | Kind::HixieFrame | Kind::Record)
    }

    fn bytes_shown(&self) -> usize {
        self.hex.len().div_ceil(3)
    }

    /// The digits of a range, which is given as offsets in the stream; two digits a byte.
    fn digits(&self, range: std::ops::Range<usize>) -> &str {
        let shown = self.bytes_shown();
        let place = |at: usize| (3 * (at - self.start).min(shown)).min(self.hex.len());
        self.hex[place(range.start)..place(range.end)].trim_end()
    }
}

fn write_event(out: &mut fmt::Formatter<'_>, event: &Event, crowd: bool) -> fmt::Result {
    let client = |number: usize| {
        if crowd { format!("client {number}") } else { "client".to_owned() }
    };
    match event {
        Event::Unit { client: number, from, unit } => {
            let (sender, receiver) = match from {
                crate::Side::Client => (client(*number), "server".to_owned()),
                crate::Side::Server => ("server".to_owned(), client(*number)),
            };
            writeln!(out, "{sender} → {receiver} · {}", visible(&unit.title))?;
            write!(out, "{unit}")
        }
        Event::Line { text } => writeln!(out, "server prints · {}", visible(text)),
        Event::Gone { client: number } => writeln!(out, "{} has gone", client(*number)),
        Event::LeftOut { events } => writeln!(out, "… {events} more, which are left out …"),
        Event::Closed { client: number, by, how } => {
            let by = match by {
                crate::Side::Server => "the server".to_owned(),
                crate::Side::Client if crowd => client(*number),
                crate::Side::Client => "the client".to_owned(),
            };
            let verb = if *how == Closing::Closed { "closes" } else { "resets" };
            writeln!(out, "{by} {verb} the connection")
        }
    }
}

/// In how many reads something came, and how long they were.
fn pieces(lengths: &[usize]) -> String {
    let count = lengths.len();
    if count <= FEW_PIECES {
        let lengths: Vec<String> = lengths.iter().map(usize::to_string).collect();
        return format!("{count} pieces: {} bytes", lengths.join(" + "));
    }
    // The last of too many is all that came after the ones that were told apart.
    let (told_apart, count) = match count > PIECES {
        true => (&lengths[..PIECES], format!("more than {PIECES}")),
        false => (lengths, count.to_string()),
    };
    let fewest = told_apart.iter().min().copied().unwrap_or_default();
    let most = told_apart.iter().max().copied().unwrap_or_default();
    match fewest == most {
        true => format!("{count} pieces, each of {}", counted(most)),
        false => format!("{count} pieces, of {fewest} to {}", counted(most)),
    }
}

fn counted(bytes: usize) -> String {
    format!("{} {}", grouped(bytes), byte_or_bytes(bytes as u64))
}

/// A number with its thousands set apart.
fn grouped(number: usize) -> String {
    match number {
        0..1_000 => number.to_string(),
        _ => format!("{},{:03}", grouped(number / 1_000), number % 1_000),
    }
}

fn write_head(out: &mut fmt::Formatter<'_>, unit: &Unit) -> fmt::Result {
    for part in &unit.parts {
        let bytes = crate::unhex(unit.digits(part.start..part.end)).unwrap_or_default();
        let line = marked(&String::from_utf8_lossy(&bytes));
        match part.note.is_empty() {
            true => writeln!(out, "  {line}")?,
            false => writeln!(out, "  {line:<54}  {}", part.note)?,
        }
    }
    Ok(())
}

/// A head's line with its end made visible.
fn marked(line: &str) -> String {
    let (text, end) = match (line.strip_suffix("\r\n"), line.strip_suffix('\n')) {
        (Some(text), _) => (text, "\\r\\n"),
        (None, Some(text)) => (text, "\\n"),
        (None, None) => (line, ""),
    };
    format!("{}{end}", visible(text))
}

fn write_frame(out: &mut fmt::Formatter<'_>, unit: &Unit) -> fmt::Result {
    let mut parts = unit.parts.as_slice();
    while let Some(first) = parts.first() {
        let same = parts.iter().take_while(|part| part.start == first.start).count();
        let (row, rest) = parts.split_at(same);
        let meanings: Vec<String> = row.iter().map(meaning).collect();
        write_rows(out, unit, first.start..first.end, &meanings.join(", "))?;
        parts = rest;
    }
    // What has come of a field that is not whole has no name yet.
    let named = unit.parts.iter().map(|part| part.end).max().unwrap_or(unit.start);
    match unit.start + unit.bytes.len() {
        here if here > named => write_rows(out, unit, named..here, ""),
        _ => Ok(()),
    }
}

fn meaning(part: &Part) -> String {
    let (name, value, note) = (&part.name, visible(&part.value), &part.note);
    match name.as_str() {
        "masking-key" => name.clone(),
        "FIN" | "MASK" => format!("{name} {value}"),
        "opcode" | "close code" => format!("{name} {value} {note}"),
        _ if note.is_empty() => format!("{name} {value}"),
        _ if value.is_empty() => format!("{name}, {note}"),
        "payload length" => format!("{name} {value}: {note}"),
        _ => format!("{name} {value}, {note}"),
    }
}

fn write_rows(
    out: &mut fmt::Formatter<'_>,
    unit: &Unit,
    range: std::ops::Range<usize>,
    meaning: &str,
) -> fmt::Result {
    let length = range.len();
    let digits: Vec<&str> = unit.digits(range).split_whitespace().take(ROW * ROWS).collect();
    let mut meaning = meaning;
    for row in digits.chunks(ROW) {
        writeln!(out, "{}", format!("  {:<MEANING$}{meaning}", row.join(" ")).trim_end())?;
        meaning = "";
    }
    match length - digits.len() {
        0 => Ok(()),
        left => writeln!(out, "  … and {left} more {}", byte_or_bytes(left as u64)),
    }
}

fn write_lines(out: &mut fmt::Formatter<'_>, lines: &[&str]) -> fmt::Result {
    lines
        .iter()
        .try_for_each(|line| writeln!(out, "{}", format!("  {}", with_its_end(line)).trim_end()))
}

/// A text that fits in a figure, with what a terminal would obey made visible.
fn shortened(text: &str, what: &str) -> String {
    let count = text.chars().count();
    let start: String = text.chars().take(CHARACTERS).collect();
    match count > CHARACTERS {
        true => format!("{}… ({count} characters in this {what})", visible(&start)),
        false => visible(&start),
    }
}

/// A line of a terminal that fits in a figure, with what a terminal would obey made visible. Of a long one, its last
/// words are shown too: what went wrong is often said there.
fn with_its_end(line: &str) -> String {
    let count = line.chars().count();
    if count <= LINE_CHARACTERS {
        return visible(line);
    }
    let start: String = line.chars().take(FIRST_CHARACTERS).collect();
    let end: String = line.chars().skip(count - LAST_CHARACTERS).collect();
    format!("{}… ({count} characters in this line) …{}", visible(&start), visible(&end))
}

/// A text in which control characters are written out, so that no terminal obeys them; also those that
/// change the direction of what follows.
pub fn visible(text: &str) -> String {
    let turns = |c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let escape = |c: char| match c.is_control() || turns(c) {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    };
    text.chars().map(escape).collect()
}

/// Bytes in a row, for messages: the first 16 of them.
pub fn short_hex(bytes: &[u8]) -> String {
    match bytes.len() > 16 {
        true => format!("{} … ({} bytes)", hex(&bytes[..16]), bytes.len()),
        false => hex(bytes),
    }
}
