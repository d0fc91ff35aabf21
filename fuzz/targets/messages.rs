//! Frames, rules, control frames and messages: the same however they are cut, and never more than is allowed.
#![no_main]

use ch09_stream::{LONGEST, Stream};
use ch10_control::Control;
use ch11_messages::Messages;
use ch12_strict::Strict;
use libfuzzer_sys::fuzz_target;
use pieces::{outcome, pieces, whole};

fuzz_target!(|input: &[u8]| {
    let pieces = pieces(input);
    let reads: Vec<&[u8]> = pieces.iter().map(|piece| &*piece.bytes).collect();
    let at_once = whole(&pieces);
    let strict = Stream::<Strict<Control<Messages>>>::default;
    let kept = outcome(strict(), &reads, LONGEST);
    assert_eq!(kept, outcome(strict(), &[&at_once], LONGEST));
    for message in kept.iter().filter_map(|said| said.strip_prefix(&[1])) {
        assert!(str::from_utf8(message).is_ok(), "a text is UTF-8");
    }
    // Without the rules: anything may come out, and the same in every cut.
    let lenient = Stream::<Control<Messages>>::default;
    assert_eq!(outcome(lenient(), &reads, LONGEST), outcome(lenient(), &[&at_once], LONGEST));
});
