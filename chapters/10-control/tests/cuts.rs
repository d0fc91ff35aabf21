//! However a conversation is cut, the same follows from it, in the same order.

use ch00_wire::{masked_frame, unmasked_frame};
use ch06_select::{End, Event, Protocol};
use ch09_stream::{Frames, Stream};
use ch10_control::Control;

/// What follows from these reads, up to the end of the connection.
fn events(reads: &[&[u8]]) -> (Vec<String>, Option<End>) {
    let mut stream = Stream::new(Control(Frames::default()));
    let mut events = Vec::new();
    for read in reads {
        let mut bytes = read.to_vec();
        let end = stream.receive(&mut bytes, &mut |event| {
            events.push(match event {
                Event::Send(bytes) => format!("send {bytes:02x?}"),
                Event::Message(message) => format!("message {message:?}"),
                Event::Head(_) | Event::Opened(_) => panic!("the connection is open already"),
            });
        });
        if let Err(end) = end {
            return (events, Some(end));
        }
    }
    (events, None)
}

fn in_every_way(bytes: &[u8], expected: &(Vec<String>, Option<End>)) {
    for one in 0..=bytes.len() {
        for two in one..=bytes.len() {
            let reads = [&bytes[..one], &bytes[one..two], &bytes[two..]];
            assert_eq!(events(&reads), *expected, "cut at {one} and {two}");
        }
    }
    let each: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(events(&each), *expected, "every byte alone");
}

#[test]
fn pings_among_messages_and_a_goodbye() {
    let frames = [
        (9, &b"Li"[..]),
        (1, b"Li Jing"),
        (9, b""),
        (10, b"unasked"),
        (2, b"\x00\xff"),
        (9, b"there?"),
        (8, b"\x03\xe8bye"),
        (1, b"too late"),
    ];
    let bytes = frames.map(|(opcode, payload)| masked_frame(opcode, payload)).concat();
    let (seen, end) = events(&[&bytes]);
    assert_eq!(seen.len(), 5, "{seen:?}");
    assert_eq!(seen[0], "send [8a, 02, 4c, 69]");
    assert_eq!(seen[2], "send [8a, 00]");
    assert_eq!(end.as_ref().expect("an end").last, b"\x88\x02\x03\xe8");
    in_every_way(&bytes, &(seen, end));
}

#[test]
fn a_frame_without_a_mask_behind_a_ping() {
    let bytes = [masked_frame(9, b"Li Jing"), unmasked_frame(1, b"Li Jing")].concat();
    let (seen, end) = events(&[&bytes]);
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert!(end.as_ref().is_some_and(|end| end.why.starts_with("1002: ")), "{end:?}");
    in_every_way(&bytes, &(seen, end));
}

#[test]
fn a_control_frame_of_any_length_is_whole_or_refused() {
    for length in 0..=300 {
        let bytes = masked_frame(9, &vec![b'x'; length]);
        let (seen, end) = events(&bytes.chunks(7).collect::<Vec<_>>());
        assert_eq!(
            (seen.len(), end.is_none()),
            (usize::from(length <= 125), length <= 125),
            "{length}"
        );
    }
}
