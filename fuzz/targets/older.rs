//! The protocol of 2010, and the choice between the ages: bounded, and the same however it is cut.
#![no_main]

use ch06_select::{Connection, Frames};
use ch08_hixie::{LONGEST, OlderFrames, part, start};
use libfuzzer_sys::fuzz_target;
use pieces::{outcome, pieces, whole};

fuzz_target!(|input: &[u8]| {
    let pieces = pieces(input);
    let reads: Vec<&[u8]> = pieces.iter().map(|piece| &*piece.bytes).collect();
    let at_once = whole(&pieces);
    let older: [fn() -> OlderFrames; 2] =
        [OlderFrames::without_keys, || OlderFrames::with_keys([829_309_203, 259_970_620])];
    for older in older {
        assert_eq!(outcome(older(), &reads, LONGEST), outcome(older(), &[&at_once], LONGEST));
    }
    // Frames of today come one to a read, so that the cuts make a difference there.
    outcome(Connection::Opening(Vec::new(), start::<Frames>), &reads, usize::MAX);
    let _ = part(&String::from_utf8_lossy(input));
});
