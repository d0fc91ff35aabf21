//! Drawings of what was recorded, as inline SVG: they take their colors from the page.

use std::fmt::Write;

use ch00_wire::{Closing, Event, Part, Recording, Side, Unit};

use super::html::escaped;

/// The width of a bit or byte cell, and its height.
const CELL: usize = 44;
const HEIGHT: usize = 30;
/// How many cells stand in a row.
const COLUMNS: usize = 16;
const WIDTH: usize = CELL * COLUMNS + 2;
/// From one row of cells to the next, with names below.
const ROW: usize = 108;
/// From one line of text to the next, and the width of a character.
const LINE: usize = 15;
const CHARACTER: usize = 7;
/// Where the first row of whole bytes begins: below the two bytes that are drawn bit by bit.
const BYTES: usize = 124;
/// How many rows of whole bytes are drawn at the most.
const ROWS: usize = 3;

/// A frame: the bits of its first two bytes, then its other bytes, each part with its name.
pub(super) fn frame(unit: &Unit, from: Side) -> String {
    let bytes = ch00_wire::unhex(&unit.hex).unwrap_or_default();
    let mut svg = String::new();
    bits(&mut svg, unit, &bytes);
    let shown = bytes.len().min(2 + ROWS * COLUMNS);
    let rows = (shown.saturating_sub(2)).div_ceil(COLUMNS);
    for row in 0..rows {
        let start = 2 + row * COLUMNS;
        let end = (start + COLUMNS).min(shown);
        byte_row(&mut svg, unit, &bytes, start..end, BYTES + row * ROW);
    }
    let mut height = BYTES + rows * ROW;
    let left = unit.end - unit.start - shown;
    if left > 0 {
        let _ = write!(
            svg,
            "<text class=\"label\" x=\"1\" y=\"{}\">… and {left} more bytes</text>",
            height
        );
        height += 20;
    }
    picture(&svg, WIDTH, height, &spoken(unit, from))
}

/// The first two bytes, bit by bit.
fn bits(svg: &mut String, unit: &Unit, bytes: &[u8]) {
    for (i, byte) in bytes.iter().take(2).enumerate() {
        let x = 1 + i * 8 * CELL;
        let _ = write!(svg, "<text class=\"hex\" x=\"{x}\" y=\"14\">{byte:02x}</text>");
        for bit in 0..8 {
            cell(svg, x + bit * CELL, 22, "bits", &((byte >> (7 - bit)) & 1).to_string());
        }
    }
    for part in unit.parts.iter().filter(|part| part.bits.is_some()) {
        let (first, last) = part.bits.unwrap_or_default();
        let byte = part.start - unit.start;
        let x = 1 + (byte * 8 + usize::from(first)) * CELL;
        let width = usize::from(last - first) * CELL;
        let value = match part.name.as_str() {
            "opcode" => format!("{} {}", part.value, part.note),
            _ => part.value.clone(),
        };
        name_below(svg, x, width, 22 + HEIGHT, &part.name, &value);
    }
}

/// Whole bytes of one row, with the name of each part below its first byte.
fn byte_row(svg: &mut String, unit: &Unit, bytes: &[u8], range: std::ops::Range<usize>, y: usize) {
    let x_of = |at: usize| 1 + (at - range.start) * CELL;
    for at in range.clone() {
        let class = part_at(unit, at).map_or("byte", class_of);
        cell(svg, x_of(at), y, class, &format!("{:02x}", bytes[at]));
    }
    for part in unit.parts.iter().filter(|part| part.bits.is_none()) {
        let start = (part.start - unit.start).max(range.start);
        let end = (part.end - unit.start).min(range.end);
        if start < end {
            let first_row = part.start - unit.start >= range.start;
            let name = if first_row { part.name.as_str() } else { "" };
            let value = if first_row { value_of(part) } else { String::new() };
            name_below(svg, x_of(start), (end - start) * CELL, y + HEIGHT, name, &value);
        }
    }
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

fn cell(svg: &mut String, x: usize, y: usize, class: &str, text: &str) {
    let _ = write!(
        svg,
        "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{CELL}\" height=\"{HEIGHT}\"/>\
         <text class=\"{class}\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{text}</text>",
        x + CELL / 2,
        y + 20
    );
}

/// A brace under some cells, and under it a name and a value, in lines as wide as the cells.
fn name_below(svg: &mut String, x: usize, width: usize, y: usize, name: &str, value: &str) {
    let (left, right) = (x + 3, x + width - 3);
    let _ = write!(svg, "<path class=\"brace\" d=\"M{left} {} v4 H{right} v-4\"/>", y + 3);
    let lines = wrapped(name, width).into_iter().map(|line| ("label", line));
    let value = wrapped(value, width.max(2 * CELL)).into_iter().map(|line| ("value", line));
    for (i, (class, line)) in lines.chain(value).enumerate() {
        let y = y + 20 + i * LINE;
        let line = escaped(&line);
        let _ = write!(svg, "<text class=\"{class}\" x=\"{left}\" y=\"{y}\">{line}</text>");
    }
}

/// Breaks a text at its spaces, so that its lines are about as wide as `width`.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if (line.len() + 1 + word.len()) * CHARACTER <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Where the lines of the first client and of the server stand, and how far apart those of clients are.
const LEFT: usize = 60;
const RIGHT: usize = WIDTH - 60;
const APART: usize = 110;
/// From one arrow to the next.
const STEP: usize = 44;

/// Who says what to whom: a line for each end, and an arrow for each unit.
pub(super) fn sequence(recording: &Recording) -> String {
    let events: Vec<&Event> = recording.events.iter().filter(|event| !event.is_line()).collect();
    let clients = events.iter().filter_map(|event| event.client()).max().unwrap_or(1);
    let bottom = 40 + events.len() * STEP;
    let mut svg = String::new();
    for client in 1..=clients {
        let name = if clients == 1 { "client".to_owned() } else { format!("client {client}") };
        lifeline(&mut svg, lifeline_of(client, clients), "client", &name, bottom);
    }
    lifeline(&mut svg, RIGHT, "server", "server", bottom);
    let mut told = Vec::new();
    for (i, event) in events.into_iter().enumerate() {
        let y = 24 + (i + 1) * STEP;
        let (client, from, text, class) = match event {
            Event::Unit { client, from, unit } => (*client, *from, unit.title.clone(), "arrow"),
            Event::Closed { client, by, how } => {
                let verb = if *how == Closing::Closed { "closes" } else { "resets" };
                (*client, *by, format!("{verb} the connection"), "arrow closing")
            }
            Event::Line { .. } | Event::Gone { .. } | Event::LeftOut { .. } => continue,
        };
        arrow(&mut svg, lifeline_of(client, clients), y, from, class, &text);
        told.push(match (from, clients) {
            (_, 1) => format!("{from}: {text}"),
            (Side::Client, _) => format!("client {client}: {text}"),
            (Side::Server, _) => format!("server to client {client}: {text}"),
        });
    }
    picture(&svg, WIDTH, bottom + 6, &told.join("; "))
}

/// Where a client's line stands, of so many.
fn lifeline_of(client: usize, clients: usize) -> usize {
    let apart = APART.min((RIGHT - LEFT) / (clients + 1));
    LEFT + (client - 1) * apart
}

fn lifeline(svg: &mut String, x: usize, class: &str, name: &str, bottom: usize) {
    let _ = write!(
        svg,
        "<text class=\"label\" x=\"{x}\" y=\"16\" text-anchor=\"middle\">{name}</text>\
         <path class=\"lifeline {class}\" d=\"M{x} 24 V{bottom}\"/>"
    );
}

/// An arrow between a client's line and the server's.
fn arrow(svg: &mut String, client: usize, y: usize, from: Side, class: &str, text: &str) {
    let (tail, head, tip) = match from {
        Side::Client => (client, RIGHT, RIGHT - 8),
        Side::Server => (RIGHT, client, client + 8),
    };
    let _ = write!(
        svg,
        "<path class=\"{class} {from}\" d=\"M{tail} {y} H{head} M{tip} {} L{head} {y} L{tip} {}\"/>\
         <text class=\"label\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
        y - 5,
        y + 5,
        (client + RIGHT) / 2,
        y - 8,
        escaped(text)
    );
}

/// Names, one below the other, and beside them an arrow for each pair: from the first to the second.
pub(super) fn arcs(names: &[&str], arrows: &[(usize, usize)]) -> String {
    const NAMES: usize = 150;
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
        let (x, tip) = (NAMES + 10, NAMES + 18);
        let far = x + 40 + 46 * from.abs_diff(to);
        let _ = write!(
            svg,
            "<path class=\"arrow client\" d=\"M{x} {start} C{far} {start} {far} {end} {x} {end} \
             M{tip} {} L{x} {end} L{tip} {}\"/>",
            end - 5,
            end + 5
        );
        told.push(format!("{} uses {}", names[from], names[to]));
    }
    picture(&svg, WIDTH, 10 + names.len() * STEP, &told.join("; "))
}

fn picture(inner: &str, width: usize, height: usize, spoken: &str) -> String {
    let spoken: String = spoken.chars().filter(|c| !c.is_control()).collect();
    format!(
        "<div class=\"scroll\">\
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
