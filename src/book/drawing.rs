//! Drawings of what was recorded, as inline SVG: they take their colors from the page.
//!
//! Each drawing is there twice, wide and upright for a narrow column. The style sheet shows the one that fits, and
//! takes the other one from screen readers too.

use std::borrow::Cow;
use std::fmt::Write;
use std::ops::Range;

use ch00_wire::{Closing, Event, Part, Recording, Side, Unit};
use textwrap::{Options, WordSplitter};

use super::html::escaped;

/// How wide a drawing is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Wide,
    /// For the column of a telephone.
    Upright,
}

/// The height of a bit or byte cell.
const HEIGHT: usize = 30;
/// From one row of cells to the next: with names below, and without.
const ROW: usize = 108;
const BARE_ROW: usize = HEIGHT + 12;
/// The least width of a value.
const VALUE: usize = 80;
/// From one line of text to the next, and the width of ten characters.
const LINE: usize = 15;
const TEN_CHARACTERS: usize = 72;
/// From the bits of one row to what is below them.
const BITS: usize = 124;
/// How many whole bytes are drawn at the most.
const MOST: usize = 48;

impl Shape {
    /// The width of a bit or byte cell.
    fn cell(self) -> usize {
        match self {
            Shape::Wide => 44,
            Shape::Upright => 40,
        }
    }

    /// How many cells are in a row.
    fn columns(self) -> usize {
        match self {
            Shape::Wide => 16,
            Shape::Upright => 8,
        }
    }

    fn width(self) -> usize {
        self.cell() * self.columns() + 2
    }

    /// How far the lines of the first client and of the server are from the edges.
    fn margin(self) -> usize {
        match self {
            Shape::Wide => 60,
            Shape::Upright => 32,
        }
    }

    /// How far the lines of clients are from each other.
    fn apart(self) -> usize {
        match self {
            Shape::Wide => 110,
            Shape::Upright => 66,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Shape::Wide => "wide",
            Shape::Upright => "upright",
        }
    }
}

/// A drawing in both of its shapes.
fn both(draw: impl Fn(Shape) -> String) -> String {
    draw(Shape::Wide) + &draw(Shape::Upright)
}

/// A frame: the bits of its first two bytes, then its other bytes, each part with its name.
pub(super) fn frame(unit: &Unit, from: Side) -> String {
    both(|shape| frame_in(shape, unit, from))
}

fn frame_in(shape: Shape, unit: &Unit, from: Side) -> String {
    let bytes = ch00_wire::unhex(&unit.hex).unwrap_or_default();
    let mut svg = String::new();
    let mut height = bits(&mut svg, shape, unit, &bytes);
    let shown = bytes.len().min(2 + MOST);
    for start in (2..shown).step_by(shape.columns()) {
        let end = (start + shape.columns()).min(shown);
        height += byte_row(&mut svg, shape, unit, &bytes, start..end, height);
    }
    let left = unit.end - unit.start - shown;
    if left > 0 {
        height += LINE;
        let _ = write!(
            svg,
            "<text class=\"label\" x=\"1\" y=\"{height}\">… and {left} more bytes</text>"
        );
        height += LINE;
    }
    picture(&svg, shape, height, &spoken(unit, from))
}

/// The first two bytes, bit by bit. Hands back how high they are.
fn bits(svg: &mut String, shape: Shape, unit: &Unit, bytes: &[u8]) -> usize {
    let cell_width = shape.cell();
    // Where a byte's first bit is.
    let place = |byte: usize| match shape {
        Shape::Wide => (1 + byte * 8 * cell_width, 0),
        Shape::Upright => (1, byte * BITS),
    };
    for (i, byte) in bytes.iter().take(2).enumerate() {
        let (x, y) = place(i);
        let _ = write!(svg, "<text class=\"hex\" x=\"{x}\" y=\"{}\">{byte:02x}</text>", y + 14);
        let digits: Vec<String> = format!("{byte:08b}").chars().map(String::from).collect();
        cells(svg, shape, (x, y + 22), "bits", &digits);
    }
    for part in unit.parts.iter().filter(|part| part.bits.is_some()) {
        let (first, last) = part.bits.unwrap_or_default();
        let (x, y) = place(part.start - unit.start);
        let x = x + usize::from(first) * cell_width;
        let width = usize::from(last - first) * cell_width;
        let value = match part.name.as_str() {
            "opcode" => format!("{} {}", part.value, part.note),
            _ => part.value.clone(),
        };
        name_below(svg, x, width, y + 22 + HEIGHT, &part.name, &value);
    }
    place(1).1 + BITS
}

/// Whole bytes of one row, with the name of each part below its first byte. Hands back how high the row is.
fn byte_row(
    svg: &mut String,
    shape: Shape,
    unit: &Unit,
    bytes: &[u8],
    range: Range<usize>,
    y: usize,
) -> usize {
    let x_of = |at: usize| 1 + (at - range.start) * shape.cell();
    let class = |at: &usize| part_at(unit, *at).map_or("byte", class_of);
    let places: Vec<usize> = range.clone().collect();
    for run in places.chunk_by(|one, next| class(one) == class(next)) {
        let digits: Vec<String> = run.iter().map(|at| format!("{:02x}", bytes[*at])).collect();
        cells(svg, shape, (x_of(run[0]), y), class(&run[0]), &digits);
    }
    let mut height = BARE_ROW;
    for part in unit.parts.iter().filter(|part| part.bits.is_none()) {
        let start = (part.start - unit.start).max(range.start);
        let end = (part.end - unit.start).min(range.end);
        if start >= end {
            continue;
        }
        let width = (end - start) * shape.cell();
        if part.start - unit.start >= range.start {
            let (name, value) = (&part.name, value_of(part));
            let lines = name_below(svg, x_of(start), width, y + HEIGHT, name, &value);
            height = height.max(ROW).max(BARE_ROW + (lines + 1) * LINE);
        } else {
            name_below(svg, x_of(start), width, y + HEIGHT, "", "");
        }
    }
    height
}

fn value_of(part: &Part) -> String {
    match part.name.as_str() {
        "masking-key" => String::new(),
        _ => part.value.chars().filter(|c| !c.is_control()).collect(),
    }
}

fn class_of(part: &Part) -> &'static str {
    match part.name.as_str() {
        "masking-key" => "byte key",
        "payload" | "payload, masked" => "byte payload",
        _ => "byte",
    }
}

fn part_at(unit: &Unit, at: usize) -> Option<&Part> {
    unit.parts.iter().find(|part| (part.start..part.end).contains(&(unit.start + at)))
}

/// Cells of one kind side by side: one box, a line between each two of them, and a text in each.
fn cells(svg: &mut String, shape: Shape, (x, y): (usize, usize), class: &str, texts: &[String]) {
    let width = shape.cell();
    let _ = write!(
        svg,
        "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{HEIGHT}\"/><path class=\"cells\" d=\"",
        texts.len() * width
    );
    for i in 1..texts.len() {
        let _ = write!(svg, "M{} {y}v{HEIGHT}", x + i * width);
    }
    let _ = write!(svg, "\"/><text y=\"{}\" text-anchor=\"middle\">", y + 20);
    for (i, text) in texts.iter().enumerate() {
        let _ = write!(svg, "<tspan x=\"{}\">{text}</tspan>", x + i * width + width / 2);
    }
    svg.push_str("</text>");
}

/// A brace under some cells, and under it a name and a value, in lines as wide as the cells. Hands back how many.
fn name_below(
    svg: &mut String,
    x: usize,
    width: usize,
    y: usize,
    name: &str,
    value: &str,
) -> usize {
    let (left, right) = (x + 3, x + width - 3);
    let _ = write!(svg, "<path class=\"brace\" d=\"M{left} {} v4 H{right} v-4\"/>", y + 3);
    let lines = wrapped(name, width).into_iter().map(|line| ("label", line));
    let value = wrapped(value, width.max(VALUE)).into_iter().map(|line| ("value", line));
    let lines: Vec<(&str, String)> = lines.chain(value).collect();
    for (i, (class, line)) in lines.iter().enumerate() {
        let y = y + 20 + i * LINE;
        let line = escaped(line);
        let _ = write!(svg, "<text class=\"{class}\" x=\"{left}\" y=\"{y}\">{line}</text>");
    }
    lines.len()
}

/// Breaks a text at its spaces, so that its lines are about as wide as `width`.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let options = Options::new(width.saturating_sub(3) * 10 / TEN_CHARACTERS)
        .break_words(false)
        .word_splitter(WordSplitter::NoHyphenation);
    let lines = textwrap::wrap(&text, options).into_iter();
    lines.filter(|line| !line.is_empty()).map(Cow::into_owned).collect()
}

/// From one arrow to the next.
const STEP: usize = 44;

/// Who says what to whom: a line for each end, and an arrow for each unit.
pub(super) fn sequence(recording: &Recording) -> String {
    both(|shape| sequence_in(shape, recording))
}

fn sequence_in(shape: Shape, recording: &Recording) -> String {
    let events: Vec<&Event> = recording.events.iter().filter(|event| !event.is_line()).collect();
    let clients = events.iter().filter_map(|event| event.client()).max().unwrap_or(1);
    let (mut arrows, mut told, mut y) = (String::new(), Vec::new(), 24);
    for event in events {
        let (client, from, text, class) = match event {
            Event::Unit { client, from, unit } => (*client, *from, unit.title.clone(), "arrow"),
            Event::Closed { client, by, how } => {
                let verb = if *how == Closing::Closed { "closes" } else { "resets" };
                (*client, *by, format!("{verb} the connection"), "arrow closing")
            }
            Event::Line { .. } | Event::Gone { .. } | Event::LeftOut { .. } => continue,
        };
        let ends = (lifeline_of(shape, client, clients), server_of(shape));
        let lines = wrapped(&text, ends.1 - ends.0);
        y += STEP + (lines.len().saturating_sub(1)) * LINE;
        arrow(&mut arrows, ends, y, from, class, &lines);
        told.push(match (from, clients) {
            (_, 1) => format!("{from}: {text}"),
            (Side::Client, _) => format!("client {client}: {text}"),
            (Side::Server, _) => format!("server to client {client}: {text}"),
        });
    }
    let bottom = y + 16;
    let mut svg = String::new();
    for client in 1..=clients {
        let name = if clients == 1 { "client".to_owned() } else { format!("client {client}") };
        lifeline(&mut svg, lifeline_of(shape, client, clients), "client", &name, bottom);
    }
    lifeline(&mut svg, server_of(shape), "server", "server", bottom);
    // Above the lines, so that no line runs through a text.
    picture(&(svg + &arrows), shape, bottom + 6, &told.join("; "))
}

/// Where the server's line is.
fn server_of(shape: Shape) -> usize {
    shape.width() - shape.margin()
}

/// Where a client's line is, of so many.
fn lifeline_of(shape: Shape, client: usize, clients: usize) -> usize {
    let apart = shape.apart().min((server_of(shape) - shape.margin()) / (clients + 1));
    shape.margin() + (client - 1) * apart
}

fn lifeline(svg: &mut String, x: usize, class: &str, name: &str, bottom: usize) {
    let _ = write!(
        svg,
        "<text class=\"label\" x=\"{x}\" y=\"16\" text-anchor=\"middle\">{name}</text>\
         <path class=\"lifeline {class}\" d=\"M{x} 24 V{bottom}\"/>"
    );
}

/// An arrow between a client's line and the server's, with its text above it.
fn arrow(
    svg: &mut String,
    (client, server): (usize, usize),
    y: usize,
    from: Side,
    class: &str,
    lines: &[String],
) {
    let (tail, head, tip) = match from {
        Side::Client => (client, server, server - 8),
        Side::Server => (server, client, client + 8),
    };
    let _ = write!(
        svg,
        "<path class=\"{class} {from}\" d=\"M{tail} {y} H{head} M{tip} {} L{head} {y} L{tip} {}\"/>",
        y - 5,
        y + 5
    );
    for (above, line) in lines.iter().rev().enumerate() {
        let _ = write!(
            svg,
            "<text class=\"label\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            (client + server) / 2,
            y - 8 - above * LINE,
            escaped(line)
        );
    }
}

/// Names, one below the other, and beside them an arrow for each pair: from the first to the second.
pub(super) fn arcs(names: &[&str], arrows: &[(usize, usize)]) -> String {
    both(|shape| arcs_in(shape, names, arrows))
}

fn arcs_in(shape: Shape, names: &[&str], arrows: &[(usize, usize)]) -> String {
    /// Where the names end.
    const NAMES: usize = 150;
    /// How far the shortest arrow swings out.
    const NEAR: usize = 40;
    let (x, tip) = (NAMES + 10, NAMES + 18);
    let longest = arrows.iter().map(|(from, to)| from.abs_diff(*to)).max().unwrap_or(1);
    // A curve gets three quarters of the way to where it is drawn.
    let room = (shape.width() - x) * 4 / 3 - NEAR;
    let swing = (room / longest.max(1)).min(46);
    let mut svg = String::new();
    for (i, name) in names.iter().enumerate() {
        let y = 20 + i * STEP;
        let _ = write!(
            svg,
            "<text class=\"label\" x=\"{NAMES}\" y=\"{y}\" text-anchor=\"end\">{}</text>",
            escaped(name)
        );
    }
    let mut told = Vec::new();
    for &(from, to) in arrows {
        // A little below the name and a little above it, so that arrows in and out do not meet.
        let (start, end) = (12 + from * STEP, 20 + to * STEP);
        let far = x + NEAR + swing * from.abs_diff(to);
        let _ = write!(
            svg,
            "<path class=\"arrow client\" d=\"M{x} {start} C{far} {start} {far} {end} {x} {end} \
             M{tip} {} L{x} {end} L{tip} {}\"/>",
            end - 5,
            end + 5
        );
        told.push(format!("{} uses {}", names[from], names[to]));
    }
    picture(&svg, shape, 10 + names.len() * STEP, &told.join("; "))
}

/// Two bars for each name, a strong one in front of a faint one, each as long as its part of the whole.
pub(super) fn bars(bars: &[(String, [usize; 2])], whole: usize) -> String {
    both(|shape| bars_in(shape, bars, whole))
}

fn bars_in(shape: Shape, bars: &[(String, [usize; 2])], whole: usize) -> String {
    /// Where the bars begin, and how much room the numbers behind them have.
    const FROM: usize = 36;
    const NUMBERS: usize = 80;
    /// From one bar to the next.
    const NEXT: usize = 26;
    let width = shape.width() - FROM - NUMBERS;
    let mut svg = String::new();
    let mut told = Vec::new();
    for (i, (name, [strong, faint])) in bars.iter().enumerate() {
        let (y, text_y) = (4 + i * NEXT, 18 + i * NEXT);
        let name = escaped(name);
        let _ = write!(svg, "<text class=\"label\" x=\"0\" y=\"{text_y}\">{name}</text>");
        for (class, part) in [("frame", whole), ("payload", *faint), ("bar", *strong)] {
            let _ = write!(
                svg,
                "<rect class=\"{class}\" x=\"{FROM}\" y=\"{y}\" width=\"{}\" height=\"{}\"/>",
                width * part / whole.max(1),
                NEXT - 8
            );
        }
        let _ = write!(
            svg,
            "<text x=\"{}\" y=\"{text_y}\" text-anchor=\"end\">{strong} ({faint})</text>",
            shape.width()
        );
        told.push(format!("{name}: {strong} of {whole}, and {faint}"));
    }
    picture(&svg, shape, 4 + bars.len() * NEXT, &told.join("; "))
}

/// A bar for each name, from 1 to so many times, with a line from the least to the most. The scale is logarithmic: each
/// step doubles.
pub(super) fn times(bars: &[(String, [f64; 3])]) -> String {
    both(|shape| times_in(shape, bars))
}

fn times_in(shape: Shape, bars: &[(String, [f64; 3])]) -> String {
    /// How much room the names have, and the numbers behind the bars.
    const NAMES: usize = 172;
    const NUMBERS: usize = 52;
    /// From one bar to the next, and how high the scale is.
    const NEXT: usize = 24;
    const SCALE: usize = 20;
    let width = (shape.width() - NAMES - NUMBERS) as f64;
    let most = bars.iter().map(|(_, [_, _, most])| *most).fold(2.0, f64::max);
    let x = |times: f64| NAMES as f64 + width * times.max(1.0).log2() / most.log2();
    let height = SCALE + bars.len() * NEXT;
    let (mut svg, mut told) = (String::new(), Vec::new());
    let marks = std::iter::successors(Some(1.0), |mark| Some(mark * 2.0));
    for mark in marks.take_while(|mark| *mark <= most) {
        let x = x(mark);
        let _ = write!(
            svg,
            "<path class=\"lifeline\" d=\"M{x:.0} {SCALE}V{height}\"/>\
             <text class=\"value\" x=\"{x:.0}\" y=\"14\" text-anchor=\"middle\">{mark:.0}</text>"
        );
    }
    for (at, (name, [least, median, most])) in bars.iter().enumerate() {
        let y = SCALE + at * NEXT;
        let (name, middle, text_y) = (escaped(name), y + 12, y + 16);
        let _ = write!(
            svg,
            "<text class=\"label\" x=\"0\" y=\"{text_y}\">{name}</text>\
             <rect class=\"bar\" x=\"{NAMES}\" y=\"{}\" width=\"{:.0}\" height=\"{}\"/>\
             <path d=\"M{:.0} {middle}H{:.0}\"/>\
             <text x=\"{}\" y=\"{text_y}\" text-anchor=\"end\">{}</text>",
            y + 4,
            x(*median) - NAMES as f64,
            NEXT - 8,
            x(*least),
            x(*most),
            shape.width(),
            if *median < 10.0 { format!("{median:.2}") } else { format!("{median:.0}") },
        );
        told.push(format!("{name}: {median:.2}, from {least:.2} to {most:.2}"));
    }
    picture(&svg, shape, height, &told.join("; "))
}

fn picture(inner: &str, shape: Shape, height: usize, spoken: &str) -> String {
    let spoken: String = spoken.chars().filter(|c| !c.is_control()).collect();
    let (class, width) = (shape.class(), shape.width());
    format!(
        "<div class=\"shape {class}\">\
         <svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\" \
         xmlns=\"http://www.w3.org/2000/svg\">{inner}</svg></div>",
        escaped(&spoken)
    )
}

/// What a drawing says to somebody who hears it.
fn spoken(unit: &Unit, from: Side) -> String {
    let parts: Vec<String> = unit
        .parts
        .iter()
        .map(|part| format!("{} {} {}", part.name, part.value, part.note).trim().to_owned())
        .collect();
    format!("{from}'s {}: {}", unit.title, parts.join("; "))
}
