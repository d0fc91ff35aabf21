//! Code, taken from a file between its anchors.

use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

use crate::marks::{self, is_mark};

/// Some lines of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The file, from the folder of the course.
    pub path: String,
    /// The numbers of its lines, from 1.
    pub lines: RangeInclusive<usize>,
    /// The lines, without marks, moved left as far as they all can.
    pub text: String,
}

impl Listing {
    /// Takes `chapters/05-reply/src/lib.rs:encode`, or a whole file without the part after the colon.
    pub fn take(course: &Path, place: &str) -> Result<Listing, String> {
        let (path, anchor) = match place.split_once(':') {
            Some((path, anchor)) => (path, Some(anchor)),
            None => (place, None),
        };
        let file = fs::read_to_string(course.join(path))
            .map_err(|error| format!("there is no file {path}: {error}"))?;
        let lines: Vec<&str> = file.lines().collect();
        let range = match anchor {
            Some(anchor) => between(path, &lines, anchor)?,
            None => 0..lines.len(),
        };
        if range.is_empty() {
            return Err(format!("{place} is empty"));
        }
        let numbers = range.start + 1..=range.end;
        let shown: Vec<&str> = lines[range].iter().filter(|line| !is_mark(line)).copied().collect();
        Ok(Listing { path: path.to_owned(), lines: numbers, text: dedented(&shown) })
    }

    /// The language of its syntax colors.
    pub fn language(&self) -> &'static str {
        match self.path.rsplit('.').next() {
            Some("rs") => "rust",
            Some("php") => "php",
            Some("mjs" | "js") => "js",
            Some("toml") => "toml",
            Some("html") => "html",
            Some("css") => "css",
            _ => "text",
        }
    }
}

/// Line numbers, from 0, between the two marks of an anchor.
fn between(path: &str, lines: &[&str], anchor: &str) -> Result<std::ops::Range<usize>, String> {
    let mark = |kind: &str| {
        let wanted = format!("{kind}: {anchor}");
        lines.iter().position(|line| line.ends_with(&wanted) && is_mark(line))
    };
    match (mark("ANCHOR"), mark("ANCHOR_END")) {
        (Some(start), Some(end)) if start < end => Ok(start + 1..end),
        _ => Err(format!("{path} has no anchor {anchor}; it has: {}", anchors(lines).join(", "))),
    }
}

fn anchors<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    lines.iter().copied().filter_map(marks::anchor).collect()
}

fn dedented(lines: &[&str]) -> String {
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let least = lines.iter().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
    let lines: Vec<&str> = lines.iter().map(|line| line.get(least..).unwrap_or_default()).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}
