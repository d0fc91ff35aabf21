//! The decoder: the same frames however their bytes are cut, and those that the instrument sees.
#![no_main]

use ch00_wire::{Side, Stream};
use ch09_stream::{Decoder, Header, MAX_CONTROL};
use libfuzzer_sys::fuzz_target;
use pieces::{pieces, whole};

/// How many bytes the instrument is given: two of them can be a frame, and it names every part of it.
const NAMED: usize = 1024;
/// How many frames are enough: more of them would only be slow.
const ENOUGH: usize = 256;

/// A header, as much of its payload as came, and whether that is all of it.
type Frame = (Header, Vec<u8>, bool);

fn frames(reads: &[&[u8]]) -> Vec<Frame> {
    let mut decoder = Decoder::default();
    let mut frames: Vec<Frame> = Vec::new();
    for read in reads {
        let mut bytes = read.to_vec();
        let mut at = 0;
        while at < bytes.len() {
            let (used, part) = decoder.decode(&mut bytes[at..]);
            assert!(used > 0, "the decoder goes on");
            at += used;
            let Some(part) = part else { continue };
            if part.first {
                assert!(frames.last().is_none_or(|(.., last)| *last));
                if frames.len() == ENOUGH {
                    return frames;
                }
                frames.push((part.header, Vec::new(), false));
            }
            let (header, payload, last) = frames.last_mut().expect("a first part comes first");
            assert!(part.header == *header && !*last);
            payload.extend_from_slice(part.payload);
            *last = part.last;
            assert_eq!(payload.len() as u64 == header.length, part.last);
            let is_control = header.opcode.0 >= 8 && header.length <= MAX_CONTROL;
            assert!(!is_control || part.first && part.last, "a control frame comes whole");
        }
    }
    frames
}

fuzz_target!(|input: &[u8]| {
    let pieces = pieces(input);
    let reads: Vec<&[u8]> = pieces.iter().map(|piece| &*piece.bytes).collect();
    let at_once = whole(&pieces);
    let frames = frames(&reads);
    assert_eq!(frames, self::frames(&[&at_once]));

    let beginning = &at_once[..at_once.len().min(NAMED)];
    let units = Stream::of_frames(Side::Client).feed(beginning);
    let seen = units.iter().filter(|unit| unit.complete).filter_map(|unit| unit.frame.as_ref());
    for ((header, payload, _), seen) in frames.iter().zip(seen) {
        let other = &seen.header;
        assert_eq!(
            (header.fin, header.rsv, header.opcode.0, header.masking_key, header.length),
            (other.fin, other.rsv, other.opcode, other.masking_key, other.length)
        );
        // The instrument keeps the beginning of a long one.
        assert!(payload.starts_with(&seen.payload));
    }
});
