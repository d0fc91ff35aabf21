//! Figures: listings, recorded conversations, drawings of them, and the lab.

use std::fs;
use std::ops::Range;
use std::path::Path;

use ch00_wire::{
    Event, HIXIE76_KEY1, HIXIE76_KEY2, HIXIE76_KEY3, Kind, Recording, hixie76_request, rfc_request,
};

use super::html::{self, escaped};
use super::listing::Listing;
use super::live::{Live, Whole};
use super::{Edition, carried, drawing};
use crate::chapters::{self, Chapter, Hears, Lab, Prepared};
use crate::probes;

/// Code, under its file's name.
pub(super) fn listing(listing: &Listing, note: &str) -> String {
    let (first, last) = (listing.lines.start(), listing.lines.end());
    let note = if note.is_empty() { String::new() } else { format!(" · {}", escaped(note)) };
    format!(
        "<figure class=\"listing\">\n<figcaption><code>{}</code>, lines {first} to {last}{note}</figcaption>\n\n\
         ```{}\n{}\n```\n\n</figure>\n",
        escaped(&listing.path),
        listing.language(),
        listing.text
    )
}

/// A recorded conversation as text, or the events from the first to the last of a range like `3-4`.
pub(super) fn recording(
    course: &Path,
    name: &str,
    events: Option<&str>,
    caption: &str,
) -> Result<String, String> {
    let mut recording = load(course, name)?;
    let shown = match events {
        Some(range) => place_of(&recording, name, range)?,
        None => 0..on_the_wire(&recording).count(),
    };
    let live = html::data(carried::FIGURE, &Live::of(&recording, shown.clone(), events.is_none()))?;
    if events.is_some() {
        recording.events = on_the_wire(&recording).cloned().collect();
        recording.events = recording.events[shown].to_vec();
    }
    let text = recording.to_string();
    Ok(wire(&id_of(name, events, ""), &text, caption_or(caption, &recording.title), &live))
}

/// What the server's terminal shows in a recording, or the last lines of it.
pub(super) fn terminal(
    course: &Path,
    name: &str,
    last: Option<&str>,
    caption: &str,
) -> Result<String, String> {
    let mut recording = load(course, name)?;
    recording.events.retain(Event::is_line);
    let lines = recording.events.len();
    let last = match last.map(str::parse::<usize>) {
        None => lines,
        Some(Ok(last)) if last <= lines => last,
        Some(_) => return Err(format!("the terminal has {lines} lines in {name}")),
    };
    if last == 0 {
        return Err(format!("the server prints nothing in {name}"));
    }
    recording.events.drain(..lines - last);
    let id = id_of(name, None, "terminal");
    Ok(wire(&id, &recording.to_string(), caption_or(caption, &recording.title), ""))
}

/// A drawing of one frame.
pub(super) fn frame(
    course: &Path,
    name: &str,
    event: &str,
    caption: &str,
) -> Result<String, String> {
    let recording = load(course, name)?;
    let place = place_of(&recording, name, event)?;
    match on_the_wire(&recording).nth(place.start) {
        Some(Event::Unit { unit, from, .. }) if unit.kind == Kind::Frame => {
            let id = id_of(name, Some(event), "frame");
            Ok(drawn(&id, &drawing::frame(unit, *from), caption_or(caption, &unit.title)))
        }
        _ => Err(format!("event {event} of {name} is no frame")),
    }
}

/// One event of what crossed the wire.
pub(super) fn event(course: &Path, name: &str, event: &str) -> Result<Event, String> {
    let recording = load(course, name)?;
    let place = place_of(&recording, name, event)?;
    let event = on_the_wire(&recording).nth(place.start).cloned();
    event.ok_or_else(|| format!("{name} has no such event"))
}

/// A drawing of who says what to whom.
pub(super) fn sequence(course: &Path, name: &str, caption: &str) -> Result<String, String> {
    let recording = load(course, name)?;
    let id = id_of(name, None, "sequence");
    Ok(drawn(&id, &drawing::sequence(&recording), caption_or(caption, &recording.title)))
}

/// Any other snapshot, as text.
pub(super) fn snapshot(course: &Path, path: &str, caption: &str) -> Result<String, String> {
    let name = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".snap");
    Ok(wire(&id_of(name, None, ""), &body(course, path)?, caption, ""))
}

/// A table of what a chapter promises, and in the workshop a check of the reader's own server.
pub(super) fn probes(chapter: &str, edition: Edition) -> Result<String, String> {
    let Chapter { number, client, .. } = chapter_of(chapter)?;
    let who = if client { "client" } else { "server" };
    let mut list = format!(
        "<p>The {who} … (and with each promise, what people usually get wrong)</p>\n<dl class=\"promises\">\n",
    );
    for probe in probes::all().iter().filter(|probe| probe.chapter == number) {
        let section = match probe.section.starts_with(|c: char| c.is_ascii_digit()) {
            true => format!("section {}", probe.section),
            false => probe.section.clone(),
        };
        let mistakes = probe.usual_mistakes();
        let mistakes = mistakes.iter().map(|text| format!("<li>{}</li>", escaped(text)));
        list += &format!(
            "<dt>{} <small>{section}</small></dt><dd><ul>{}</ul></dd>\n",
            escaped(&probe.says),
            mistakes.collect::<String>()
        );
    }
    list += "</dl>\n";
    // A page has no command of a client.
    if edition == Edition::Workshop && !client {
        list += &format!(
            "\n<section class=\"check\" data-chapter=\"{number}\" \
             aria-label=\"Check: chapter {number:02}\"><p>With JavaScript, this page can check your server. \
             In a terminal, <code>cargo run -- check {number}</code> does the same.</p></section>\n"
        );
    }
    Ok(list)
}

/// A request of Hixie-76, its eight bytes, and a message, as a lab's raw request is written.
fn hixie76_conversation() -> Vec<u8> {
    let message = br"\x00Li Jing\xff";
    [&hixie76_request(HIXIE76_KEY1, HIXIE76_KEY2)[..], HIXIE76_KEY3, message].concat()
}

/// The lab of a chapter, with a recording to show until it is started.
pub(super) fn lab(
    course: &Path,
    chapter: &str,
    name: &str,
    edition: Edition,
) -> Result<String, String> {
    let recording = load(course, name)?;
    let Chapter { number, lab, .. } = chapter_of(chapter)?;
    let Lab { connects, clients, hears, request } = lab.ok_or("this chapter has no server")?;
    let first = if connects { "socket" } else { "raw" };
    // A browser makes the request of the RFC by itself.
    let raw = if connects && request == Prepared::Rfc { "folded" } else { "open" };
    let (prepared, request) = match request {
        Prepared::Rfc => ("rfc", rfc_request()),
        Prepared::Hixie76 => ("hixie76", hixie76_conversation()),
    };
    let hears = match hears {
        Hears::Nobody => "nobody",
        Hears::Itself => "itself",
        Hears::All => "all",
    };
    let request = String::from_utf8_lossy(&request).replace("\r\n", "\n");
    let life = match edition {
        Edition::Workshop => "With JavaScript, this page can start the server and talk to it.",
        Edition::Static => {
            "To bring this to life, type <code>cargo run</code> in the folder of the course, and open the \
             address that it prints in a browser with JavaScript."
        }
    };
    // What stands here until a script takes its place.
    let id = id_of(name, None, "lab");
    let text = wire(&id, &recording.to_string(), &recording.title, "");
    let data = html::data(carried::LAB, &Whole::of(&recording))?;
    Ok(format!(
        "<section class=\"lab\" id=\"lab\" data-chapter=\"{number}\" data-first=\"{first}\" data-raw=\"{raw}\" \
         data-clients=\"{clients}\" data-hears=\"{hears}\" data-prepared=\"{prepared}\" data-workshop=\"{}\" \
         aria-label=\"Lab: chapter {number:02}\" data-request=\"{}\">\
         {data}\n\n\
         <p class=\"lab-invitation\">{life}</p>\n\n{text}\n</section>\n",
        edition == Edition::Workshop,
        escaped(&request).replace('\n', "&#10;"),
    ))
}

/// A chapter that has a server, by its number.
fn chapter_of(number: &str) -> Result<Chapter, String> {
    chapters::find(number.parse().map_err(|_| format!("{number} is no chapter's number"))?)
}

/// Reads `05-reply/echo` from the chapter's snapshots.
fn load(course: &Path, name: &str) -> Result<Recording, String> {
    let (folder, file) = name.split_once('/').ok_or(format!("{name} is no chapter/recording"))?;
    let folder = match folder {
        "appendix" => "tests/course/snapshots".to_owned(),
        chapter => format!("chapters/{chapter}/tests/snapshots"),
    };
    let text = body(course, &format!("{folder}/{file}.json.snap"))?;
    serde_json::from_str(&text).map_err(|error| format!("{name} is no recording: {error}"))
}

/// The body of a snapshot file: what follows the second line of dashes.
fn body(course: &Path, path: &str) -> Result<String, String> {
    let file = fs::read_to_string(course.join(path))
        .map_err(|error| format!("there is no snapshot {path}: {error}"))?
        .replace("\r\n", "\n");
    let mut parts = file.splitn(3, "---\n");
    parts.nth(2).map(str::to_owned).ok_or(format!("{path} is no snapshot"))
}

/// What crossed the wire: all but what the server printed.
fn on_the_wire(recording: &Recording) -> impl Iterator<Item = &Event> {
    recording.events.iter().filter(|event| !event.is_line())
}

/// Where the events `3` or `3-4` are in what crossed the wire; they are counted from 1.
fn place_of(recording: &Recording, name: &str, range: &str) -> Result<Range<usize>, String> {
    let events = on_the_wire(recording).count();
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let place = |text: &str| text.parse::<usize>().map_err(|_| format!("{range} is no range"));
    let (first, last) = (place(first)?, place(last)?);
    if first == 0 || first > last || last > events {
        return Err(format!("{name} has the events 1 to {events}, and not {range}"));
    }
    Ok(first - 1..last)
}

/// The id by which a figure is linked to, such as `fig-05-reply-echo-3-4`.
fn id_of(name: &str, events: Option<&str>, kind: &str) -> String {
    let name = name.replace(['/', '_'], "-");
    let words = ["fig", &name, events.unwrap_or_default(), kind];
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

/// A figure of text, with what a script needs to bring it to life, if that is anything.
fn wire(id: &str, text: &str, caption: &str, live: &str) -> String {
    format!(
        "<figure class=\"wire\" id=\"{id}\">\n<figcaption>{}</figcaption>\n\n```text\n{}\n```\n\n{live}</figure>\n",
        escaped(caption),
        text.trim_end()
    )
}

pub(super) fn drawn(id: &str, svg: &str, caption: &str) -> String {
    format!(
        "<figure class=\"drawing\" id=\"{id}\">\n<figcaption>{}</figcaption>\n{svg}\n</figure>\n",
        escaped(caption)
    )
}

fn caption_or<'a>(caption: &'a str, title: &'a str) -> &'a str {
    if caption.is_empty() { title } else { caption }
}
