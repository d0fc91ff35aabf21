//! Every cut: what clients send in the recorded conversations of chapters 05 to 08, cut at every byte and at every pair
//! of bytes, gives the same events in the same order. A property of the protocol, without a socket.

use std::collections::HashSet;
use std::fs;

use ch00_wire::{Event as Recorded, Recording, Side};
use ch06_select::{Connection, Event, Message, Protocol, Writer};
use ch08_hixie::start;
use ch09_stream::{Frames, Stream};

use crate::common::course;

const CHAPTERS: [&str; 4] = ["05-reply", "06-select", "07-room", "08-hixie"];

/// Two cuts inside a head are tried once for each head, because most clients send the same one; after that, cuts so near its
/// end, in bytes. And in a frame of more than a hundred bytes, cuts so near to where it begins and ends.
const NEAR: usize = 16;

/// What one client sends in a conversation, and where its units begin and end.
struct Said {
    whose: String,
    bytes: Vec<u8>,
    edges: Vec<usize>,
}

/// Every client of every recording. One that sends more than the recording keeps is not here.
fn recorded() -> Vec<Said> {
    let mut all = Vec::new();
    for chapter in CHAPTERS {
        let folder = course().join("chapters").join(chapter).join("tests/snapshots");
        let mut files: Vec<_> = fs::read_dir(folder)
            .expect("a folder")
            .map(|file| file.expect("a file").path())
            .collect();
        files.sort();
        for file in files.iter().filter(|file| file.to_string_lossy().ends_with(".json.snap")) {
            let text = fs::read_to_string(file).expect("a recording").replace("\r\n", "\n");
            let (_, json) = text.split_once("---\n{").expect("a header and a body");
            let recording: Recording = serde_json::from_str(&format!("{{{json}")).expect("JSON");
            for client in 1.. {
                let units = recording.events.iter().filter_map(|event| match event {
                    Recorded::Unit { client: its, from: Side::Client, unit } if *its == client => {
                        Some(unit)
                    }
                    _ => None,
                });
                let units: Vec<_> = units.collect();
                if !recording.events.iter().any(|event| event.client() >= Some(client)) {
                    break;
                }
                let bytes: Vec<u8> = units.iter().flat_map(|unit| read(&unit.hex)).collect();
                if units.last().is_some_and(|unit| unit.end == bytes.len()) {
                    let whose = format!("client {client} of {}", file.display());
                    let edges = units.iter().map(|unit| unit.start).chain([bytes.len()]).collect();
                    all.push(Said { whose, bytes, edges });
                }
            }
        }
    }
    all
}

/// The bytes of a unit, as far as the recording has them.
fn read(hex: &str) -> Vec<u8> {
    let byte = |digits| u8::from_str_radix(digits, 16).expect("two digits");
    hex.split_ascii_whitespace().map(byte).collect()
}

/// What these reads come to, in words. A pair of frames that a read cuts apart is still two events.
fn events(reads: &[&[u8]]) -> Vec<String> {
    let mut connection = Connection::Opening(Vec::new(), start::<Stream<Frames>>);
    let mut events = Vec::new();
    for read in reads.iter().filter(|read| !read.is_empty()) {
        let end = connection.receive(&mut read.to_vec(), &mut |event| {
            events.push(match event {
                Event::Head(head) => format!("head {head:?}"),
                Event::Send(bytes) => format!("send {bytes:?}"),
                Event::Opened(mut writer) => format!("opened {:?}", written(&mut *writer)),
                Event::Message(Message { opcode, payload }) => format!("{opcode:?} {payload:?}"),
            });
        });
        if let Err(end) = end {
            events.push(format!("end {end:?}"));
            break;
        }
    }
    events
}

fn written(writer: &mut dyn Writer) -> Vec<u8> {
    let mut out = Vec::new();
    writer.write(&Message { opcode: ch06_select::BINARY, payload: b"Li Jing".into() }, &mut out);
    out
}

#[test]
fn every_cut_gives_the_same_events() {
    let all = recorded();
    assert!(all.len() > 30, "only {} conversations", all.len());
    let (mut cuts, mut heads) = (0, HashSet::new());
    for Said { whose, bytes, edges } in &all {
        let whole = events(&[bytes]);
        let mut is_same = |one: usize, other: usize| {
            let reads = [&bytes[..one], &bytes[one..other], &bytes[other..]];
            assert_eq!(events(&reads), whole, "{whose}, cut before {one} and {other}");
            cuts += 1;
        };
        (1..bytes.len()).for_each(|one| is_same(one, bytes.len()));
        let head = edges.get(1).copied().unwrap_or(bytes.len());
        let from = if heads.insert(&bytes[..head]) { 1 } else { head.saturating_sub(NEAR) };
        let is_near = |at: &usize| {
            let long = edges.windows(2).find(|two| (two[0]..two[1]).contains(at));
            long.is_none_or(|two| {
                two[1] - two[0] < 100 || at - two[0] < NEAR || two[1] - at < NEAR || two[0] == 0
            })
        };
        let pairs: Vec<usize> = (from..bytes.len()).filter(is_near).collect();
        for (i, one) in pairs.iter().enumerate() {
            pairs[i + 1..].iter().for_each(|other| is_same(*one, *other));
        }
        let singly: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(events(&singly), whole, "{whose}, a byte at a time");
    }
    println!("{} clients, {cuts} ways of cutting", all.len());
}
