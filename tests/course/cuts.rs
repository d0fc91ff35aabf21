//! Every cut: what clients send in the recorded conversations of chapters 05 to 08, cut at every byte and at every pair
//! of bytes, gives the same events in the same order. A property of the protocol, without a socket.

use std::fs;

use ch00_wire::{Event as Recorded, Recording, Side};
use ch06_select::{Connection, Event, Message, Protocol, Writer};
use ch08_hixie::start;
use ch09_stream::{Frames, Stream};

use crate::common::course;

const CHAPTERS: [&str; 4] = ["05-reply", "06-select", "07-room", "08-hixie"];

/// So many bytes are cut at every pair of bytes. Of a longer conversation, pairs are tried around what is here in bytes: the
/// edges of its units.
const SHORT: usize = 420;

/// What one client sends in a conversation, and where its units begin.
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
                let bytes: Vec<u8> = units.iter().flat_map(|unit| unit.bytes.clone()).collect();
                if units.last().is_some_and(|unit| unit.end == bytes.len()) {
                    let whose = format!("client {client} of {}", file.display());
                    all.push(Said {
                        whose,
                        bytes,
                        edges: units.iter().map(|unit| unit.start).collect(),
                    });
                }
            }
        }
    }
    all
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
    let mut cuts = 0;
    for Said { whose, bytes, edges } in &all {
        let whole = events(&[bytes]);
        let mut is_same = |one: usize, other: usize| {
            let reads = [&bytes[..one], &bytes[one..other], &bytes[other..]];
            assert_eq!(events(&reads), whole, "{whose}, cut before {one} and {other}");
            cuts += 1;
        };
        let near = |at: usize| edges.iter().any(|edge| at.abs_diff(*edge) < 16);
        let all_cuts = 1..bytes.len();
        all_cuts.clone().for_each(|one| is_same(one, bytes.len()));
        let is_short = bytes.len() <= SHORT;
        let pairs: Vec<usize> = all_cuts.filter(|&at| is_short || near(at)).collect();
        for (i, one) in pairs.iter().enumerate() {
            pairs[i + 1..].iter().for_each(|other| is_same(*one, *other));
        }
        let singly: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(events(&singly), whole, "{whose}, a byte at a time");
    }
    println!("{} clients, {cuts} ways of cutting", all.len());
}
