//! The instrument names whatever crosses: it never panics, it leaves no byte out, it keeps little.
#![no_main]

use ch00_wire::{Recorder, Side, Stream};
use libfuzzer_sys::fuzz_target;
use pieces::pieces;

/// What the instrument keeps of one unit, at the most.
const KEPT: usize = 128 * 1024;

fuzz_target!(|input: &[u8]| {
    for stream in [
        Stream::new(Side::Client),
        Stream::new(Side::Server),
        Stream::of_frames(Side::Client),
        Stream::of_frames(Side::Server),
    ] {
        leaves_nothing_out(stream, input);
    }
    conversation(input);
});

/// Whole units follow each other without a gap, and the one that grows takes the rest.
fn leaves_nothing_out(mut stream: Stream, input: &[u8]) {
    let (mut fed, mut named) = (0, 0);
    for piece in pieces(input) {
        fed += piece.bytes.len();
        let units = stream.feed(&piece.bytes);
        for unit in &units {
            assert_eq!(unit.start, named, "a gap before {}", unit.title);
            assert!(unit.bytes.len() <= KEPT);
            assert!(unit.parts.iter().all(|part| unit.start <= part.start && part.end <= unit.end));
            let mut places = unit.faults.iter().filter_map(|fault| fault.at);
            assert!(places.all(|at| unit.start <= at && at < unit.end), "{:?}", unit.faults);
            if unit.complete {
                named = unit.end;
            }
        }
        if let Some(last) = units.last() {
            assert_eq!(last.end, fed, "what was fed is named");
        }
    }
}

/// What of a conversation is written down: a recorder keeps every unit, and two bytes can be one.
const RECORDED: usize = 16 * 1024;

/// Both sides in one record, which can be shown as text and as data.
fn conversation(input: &[u8]) {
    let recorder = Recorder::new();
    let client = recorder.new_client();
    let mut room = RECORDED;
    for piece in pieces(input) {
        let now = &piece.bytes[..piece.bytes.len().min(room)];
        room -= now.len();
        let side = if piece.from_server { Side::Server } else { Side::Client };
        recorder.bytes(client, side, now);
    }
    let recording = recorder.recording("any bytes");
    assert!(!recording.to_string().contains('\u{1b}'), "a terminal would obey this");
    recording.to_json();
}
