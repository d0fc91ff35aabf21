//! The decoder of the book's pages, which is JavaScript, held against the instrument.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufWriter, Write};
use std::process::{ChildStdin, Command, Stdio};
use std::time::Instant;

use ch00_wire::{Event, Fault, Kind, Part, Recording, Side, Stream, Unit, unhex};

use crate::common::{course, node};

/// How many inputs are made up.
const INPUTS: usize = 1_000_000;

/// The borders of the three forms of a length, and of its first bit.
const LENGTHS: [u64; 9] =
    [0, 125, 126, 127, 0xffff, 0x1_0000, 0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000, u64::MAX];

/// Pieces of text, and bytes that are not: characters of one to four bytes, their beginnings and ends, longer forms than
/// needed, halves of pairs, numbers that are too high, what a terminal or JSON has to escape.
const PIECES: [&[u8]; 24] = [
    b"Li Jing",
    "é".as_bytes(),
    "李静".as_bytes(),
    "🙂".as_bytes(),
    "\u{feff}".as_bytes(),
    "\u{fffd}".as_bytes(),
    "\u{2028}".as_bytes(),
    b"\"",
    b"\\",
    b"\r\n",
    b"\x00\x1b",
    b"\x7f",
    b"\x80",
    b"\xc3",
    b"\xc0\xaf",
    b"\xe6\x9d",
    b"\xe0\x80\x80",
    b"\xed\xa0\x80",
    b"\xef\xbf",
    b"\xef",
    b"\xf0\x9f\x99",
    b"\xf0\x80",
    b"\xf4\x90\x80\x80",
    b"\xff",
];

#[test]
fn the_page_names_every_recorded_frame_as_the_instrument_does() {
    let Some(node) = node("the decoder of the pages, on recordings") else { return };
    let streams: Vec<_> = recordings().iter().flat_map(frames).collect();
    let count: usize = streams.iter().map(|(_, units)| units.len()).sum();
    assert!(count >= 100, "only {count} recorded frames");
    let said = compare(node, "json", |page| {
        for (side, units) in streams {
            let json = serde_json::to_string(&units).expect("JSON");
            page.hear(side, &bytes_of(&units), &json);
        }
    });
    println!("{count} recorded frames: {said}");
}

#[test]
#[ignore = "long"]
fn the_page_names_a_million_inputs_as_the_instrument_does() {
    let Some(node) = node("the decoder of the pages, on made-up frames") else { return };
    let start = Instant::now();
    let said = compare(node, "text", |page| {
        let mut chance = Chance(6455);
        for _ in 0..INPUTS {
            let (side, bytes) = (chance.one_of(&[Side::Client, Side::Server]), input(&mut chance));
            page.hear(side, &bytes, &told(&Stream::of_frames(side).feed(&bytes)));
        }
    });
    println!("{said}, after {:?}", start.elapsed());
}

/// All that units say, a line each, as `decode.mjs` writes it too. Of a million, JSON would take minutes.
fn told(units: &[Unit]) -> String {
    let mut out = String::new();
    for unit in units {
        let Unit { title, start, end, complete, hex, omitted, .. } = unit;
        let text = unit.text.as_deref().unwrap_or("no text");
        let message = unit.message.as_deref().unwrap_or("no message");
        let _ =
            writeln!(out, "{title}\n{start} {end} {complete} {omitted}\n{hex}\n{text}\n{message}");
        for Fault { why, section, at } in &unit.faults {
            let at = at.expect("a fault of a frame has a place");
            let _ = writeln!(out, "{at} {why} {section}");
        }
        for Part { start, end, bits, name, value, note } in &unit.parts {
            let (first, last) = bits.unwrap_or_default();
            let _ = writeln!(out, "{start} {end} {first} {last} {name} {value} {note}");
        }
    }
    out
}

/// Where the inputs are written to, each with what the instrument makes of it.
struct Page(BufWriter<ChildStdin>);

impl Page {
    fn hear(&mut self, side: Side, bytes: &[u8], told: &str) {
        // A page that disagrees has ended, and says why itself.
        let _ = writeln!(self.0, "{side} {} {}", bytes.len(), told.len());
        let _ = self.0.write_all(bytes).and_then(|()| self.0.write_all(told.as_bytes()));
    }
}

/// Lets the page decode what `write` writes, and hands back what it says at the end.
fn compare(mut node: Command, form: &str, write: impl FnOnce(&mut Page)) -> String {
    node.arg(course().join("tests/clients/decode.mjs"));
    node.arg(course().join("book/theme/decode.js")).arg(form);
    node.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut page = node.spawn().expect("node starts");
    let mut input = Page(BufWriter::with_capacity(1 << 16, page.stdin.take().expect("its input")));
    write(&mut input);
    drop(input);
    let output = page.wait_with_output().expect("node ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

fn recordings() -> Vec<Recording> {
    let chapters = fs::read_dir(course().join("chapters")).expect("the chapters");
    let chapters = chapters.map(|chapter| chapter.expect("a chapter").path());
    let folders = chapters.map(|chapter| chapter.join("tests/snapshots"));
    let folders = folders.chain([course().join("tests/course/snapshots")]);
    let files = folders.flat_map(|folder| fs::read_dir(folder).into_iter().flatten());
    let paths = files.map(|file| file.expect("a snapshot").path());
    let recordings = paths.filter(|path| path.to_string_lossy().ends_with(".json.snap"));
    let texts = recordings.map(|path| fs::read_to_string(path).expect("a recording"));
    texts.map(|text| recording(&text.replace("\r\n", "\n"))).collect()
}

/// The body of a snapshot is what follows the second line of dashes.
fn recording(snapshot: &str) -> Recording {
    let body = snapshot.splitn(3, "---\n").nth(2).expect("a body");
    serde_json::from_str(body).expect("a recording")
}

/// The frames of a recording, for each client and side, as if each side had begun with the first of them.
fn frames(recording: &Recording) -> Vec<(Side, Vec<Unit>)> {
    let mut streams = BTreeMap::<_, BTreeMap<usize, Unit>>::new();
    for event in &recording.events {
        let Event::Unit { client, from, unit } = event else { continue };
        if unit.kind == Kind::Frame {
            let stream = streams.entry((*client, from.to_string())).or_default();
            // A frame that has grown is recorded again, at the same place.
            stream.insert(unit.start, Unit { pieces: Vec::new(), ..(**unit).clone() });
        }
    }
    let mut all = Vec::new();
    for ((_, from), stream) in streams {
        let side = if from == "client" { Side::Client } else { Side::Server };
        let units: Vec<Unit> = stream.into_values().collect();
        // What a page decodes has no handshake before it, so no extension is agreed on.
        if units.iter().any(|unit| unit.title.contains(", compressed")) {
            continue;
        }
        // Of a long frame a recording has only the beginning: the instrument says again what that is.
        let mut rest = units.as_slice();
        while let Some(long) = rest.iter().position(|unit| unit.omitted > 0) {
            all.push((side, from_the_first(&rest[..long])));
            all.push((side, Stream::of_frames(side).feed(&bytes_of(&rest[long..=long]))));
            rest = &rest[long + 1..];
        }
        all.push((side, from_the_first(rest)));
    }
    all
}

fn from_the_first(units: &[Unit]) -> Vec<Unit> {
    let by = units.first().map_or(0, |unit| unit.start);
    let mut units = units.to_vec();
    for unit in &mut units {
        unit.start -= by;
        unit.end -= by;
        unit.parts
            .iter_mut()
            .for_each(|part| (part.start, part.end) = (part.start - by, part.end - by));
        unit.faults.iter_mut().for_each(|fault| fault.at = fault.at.map(|at| at - by));
    }
    units
}

fn bytes_of(units: &[Unit]) -> Vec<u8> {
    units.iter().flat_map(|unit| unhex(&unit.hex).expect("bytes")).collect()
}

/// Numbers that look random, and are the same in every run (splitmix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// Happens once in so many times.
    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn byte(&mut self) -> u8 {
        self.next() as u8
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// What one side sends: some frames, often with a mistake, often cut; or bytes at random.
fn input(chance: &mut Chance) -> Vec<u8> {
    if chance.once_in(6) {
        return (0..=chance.below(20)).map(|_| chance.byte()).collect();
    }
    let mut bytes = Vec::new();
    for _ in 0..chance.one_of(&[1, 1, 1, 2, 3]) {
        put_frame(&mut bytes, chance);
    }
    if chance.once_in(4) {
        bytes.truncate(1 + chance.below(bytes.len()));
    }
    if chance.once_in(4) {
        let at = chance.below(bytes.len().min(20));
        bytes[at] ^= 1 << chance.below(8);
    }
    bytes
}

fn put_frame(bytes: &mut Vec<u8>, chance: &mut Chance) {
    let opcode = chance.one_of(&[0x0, 0x0, 0x1, 0x1, 0x1, 0x1, 0x2, 0x3, 0x8, 0x8, 0x9, 0xa, 0xb]);
    let fin = if chance.once_in(3) { 0 } else { 0x80 };
    let rsv = if chance.once_in(12) { chance.byte() & 0x70 } else { 0 };
    let payload = if opcode == 0x8 { close_body(chance) } else { payload(chance) };
    let key = if chance.once_in(2) { Some([0; 4].map(|_| chance.byte())) } else { None };
    bytes.push(fin | rsv | opcode);
    put_length(bytes, key.is_some(), payload.len() as u64, chance);
    bytes.extend(key.iter().flatten());
    let key = key.unwrap_or_default();
    bytes.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
}

/// The second byte and what belongs to it: now and then a length that is wrong, or longer than it needs to be.
fn put_length(bytes: &mut Vec<u8>, is_masked: bool, length: u64, chance: &mut Chance) {
    let mask = if is_masked { 0x80 } else { 0 };
    let length = match chance.below(24) {
        0 => chance.one_of(&LENGTHS),
        1 => chance.next(),
        _ => length,
    };
    let longer = chance.once_in(8);
    match length {
        0..=125 if !longer => bytes.push(mask | length as u8),
        0..=0xffff if !longer || chance.once_in(2) => {
            bytes.push(mask | 126);
            bytes.extend((length as u16).to_be_bytes());
        }
        _ => {
            bytes.push(mask | 127);
            bytes.extend(length.to_be_bytes());
        }
    }
}

/// A code, of any kind, and a reason; or less than that.
fn close_body(chance: &mut Chance) -> Vec<u8> {
    let code = match chance.below(4) {
        0 => chance.next() as u16,
        1 => chance.one_of(&[999, 2999, 3000, 3999, 4000, 4999, 5000]),
        _ => 1000 + chance.below(17) as u16,
    };
    let mut body = Vec::from(code.to_be_bytes());
    body.extend(payload(chance));
    if chance.once_in(6) {
        body.truncate(chance.below(3));
    }
    body
}

/// Text, or what is nearly text, mostly short.
fn payload(chance: &mut Chance) -> Vec<u8> {
    let about = match chance.below(50_000) {
        0..5 => chance.one_of(&[4_000, 4_096, 5_000, 65_535, 65_536, 70_000]),
        5..800 => chance.one_of(&[48, 49, 125, 126, 127]),
        _ => chance.below(12),
    };
    let plain = !chance.once_in(3);
    let mut bytes = Vec::new();
    while bytes.len() < about {
        let piece: &[u8] = if plain { b"i" } else { chance.one_of(&PIECES) };
        bytes.extend(piece);
    }
    if chance.once_in(4) {
        bytes.truncate(about);
    }
    bytes
}
