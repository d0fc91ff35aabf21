//! What holds for any bytes at all: the instrument never panics, and names what it is given.

use ch00_wire::{
    Event, HIXIE76_ANSWER, HIXIE76_KEY1, HIXIE76_KEY2, HIXIE76_KEY3, Recorder, Side, Stream, Unit,
    hixie_frame, hixie76_request,
};
use proptest::prelude::*;

const ESCAPE: char = '\u{1b}';

const OLDER_HEAD: &[u8] = b"HTTP/1.1 101 WebSocket Protocol Handshake\r\n\
    Sec-WebSocket-Location: ws://server.example.com/chat\r\n\r\n";
const OLDEST_HEAD: &[u8] = b"HTTP/1.1 101 Web Socket Protocol Handshake\r\n\
    WebSocket-Location: ws://server.example.com/chat\r\n\r\n";

/// Feeds the pieces between `cuts`, and keeps the last form of each unit.
fn fed_in_pieces(mut stream: Stream, bytes: &[u8], cuts: &[usize]) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    let mut edges: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    edges.extend([0, bytes.len()]);
    edges.sort_unstable();
    for pair in edges.windows(2) {
        for unit in stream.feed(&bytes[pair[0]..pair[1]]) {
            if units.last().is_some_and(|last| last.start == unit.start) {
                units.pop();
            }
            units.push(unit);
        }
    }
    for unit in &mut units {
        unit.pieces.clear();
    }
    units
}

fn streams() -> impl Strategy<Value = (Side, bool)> {
    (prop_oneof![Just(Side::Client), Just(Side::Server)], any::<bool>())
}

fn stream(side: Side, frames: bool) -> Stream {
    if frames { Stream::of_frames(side) } else { Stream::new(side) }
}

/// Bytes that look like the wire more often than random ones do.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..20),
        Just(b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n".to_vec()),
        Just(b"HTTP/1.1 101 Switching Protocols\r\n\r\n".to_vec()),
        Just(vec![0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]),
        Just(vec![0x88, 0x02, 0x03, 0xe8]),
        Just(vec![0x01, 0x01, 0xe6]),
        (any::<u8>(), 0u16..300).prop_map(|(first, length)| {
            [&[first, 126][..], &length.to_be_bytes(), &vec![0x41; length.into()]].concat()
        }),
        Just(hixie76_request(HIXIE76_KEY1, HIXIE76_KEY2)),
        Just(OLDER_HEAD.to_vec()),
        Just(OLDEST_HEAD.to_vec()),
        Just(hixie_frame("Li Jing")),
        Just(vec![0xff, 0x00]),
        Just(vec![0x80, 0x02, 0x48, 0x65]),
        any::<u64>().prop_map(|length| [&[0x82, 127][..], &length.to_be_bytes()].concat()),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_have_names((side, frames) in streams(), bytes in bytes()) {
        for unit in stream(side, frames).feed(&bytes) {
            prop_assert!(unit.start < unit.end && unit.end <= bytes.len());
            prop_assert!(!unit.to_string().contains(ESCAPE));
            for part in &unit.parts {
                prop_assert!(unit.start <= part.start && part.end <= unit.end);
            }
            for at in unit.faults.iter().filter_map(|fault| fault.at) {
                prop_assert!(unit.start <= at && at < unit.end, "{unit:?}");
            }
        }
    }

    #[test]
    fn every_byte_of_a_whole_frame_is_in_some_part((side, _) in streams(), bytes in bytes()) {
        for unit in stream(side, true).feed(&bytes) {
            for at in unit.start..unit.end {
                let named = unit.parts.iter().any(|part| part.start <= at && at < part.end);
                prop_assert!(named || !unit.complete, "byte {at} of {unit:?}");
            }
        }
    }

    #[test]
    fn where_reads_are_cut_changes_no_name(
        (side, frames) in streams(),
        bytes in bytes(),
        cuts in prop::collection::vec(any::<usize>(), 0..6),
    ) {
        let at_once = fed_in_pieces(stream(side, frames), &bytes, &[]);
        prop_assert_eq!(fed_in_pieces(stream(side, frames), &bytes, &cuts), at_once);
    }
}

proptest! {
    /// A head that was answered too early included.
    #[test]
    fn a_conversation_leaves_no_byte_without_a_name(
        reads in prop::collection::vec((any::<bool>(), bytes(), any::<usize>()), 0..6),
    ) {
        let recorder = Recorder::new();
        let client = recorder.new_client();
        let mut fed = [0, 0];
        for (is_server, bytes, cut) in &reads {
            let side = if *is_server { Side::Server } else { Side::Client };
            let (first, second) = bytes.split_at(cut % (bytes.len() + 1));
            recorder.bytes(client, side, first);
            recorder.bytes(client, side, second);
            fed[usize::from(*is_server)] += bytes.len();
        }
        for (side, fed) in [Side::Client, Side::Server].into_iter().zip(fed) {
            let mut named: Vec<(usize, usize)> = recorder
                .recording("")
                .events
                .iter()
                .filter_map(|event| match event {
                    Event::Unit { from, unit, .. } if *from == side => Some((unit.start, unit.end)),
                    _ => None,
                })
                .collect();
            named.sort_unstable();
            let mut at = 0;
            for (start, end) in named {
                prop_assert_eq!(start, at);
                at = end;
            }
            prop_assert_eq!(at, fed);
        }
    }
}

#[test]
fn a_connection_of_2010_may_be_cut_anywhere() {
    let request = hixie76_request(HIXIE76_KEY1, HIXIE76_KEY2);
    let frames = [&hixie_frame("Hé 漢")[..], b"\x80\x81\x02", &[0xff; 130], b"\x0fx\xff\xff\x00"];
    let frames = frames.concat();
    let client = [&request[..], HIXIE76_KEY3, &frames].concat();
    let server = [OLDER_HEAD, HIXIE76_ANSWER, &frames].concat();
    let older = [OLDEST_HEAD, &frames].concat();
    for (side, bytes, count) in
        [(Side::Client, client, 6), (Side::Server, server, 6), (Side::Server, older, 5)]
    {
        let at_once = fed_in_pieces(Stream::new(side), &bytes, &[]);
        assert_eq!(at_once.len(), count, "{at_once:#?}");
        assert!(at_once.iter().all(|unit| unit.complete && unit.faults.is_empty()));
        for cut in 1..bytes.len() {
            assert_eq!(fed_in_pieces(Stream::new(side), &bytes, &[cut]), at_once, "cut at {cut}");
        }
        let bytewise: Vec<usize> = (1..bytes.len()).collect();
        assert_eq!(fed_in_pieces(Stream::new(side), &bytes, &bytewise), at_once);
    }
}

#[test]
fn a_declared_length_is_not_allocated() {
    let mut stream = Stream::of_frames(Side::Server);
    let header = [0x82, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    stream.feed(&header);
    for _ in 0..64 {
        let units = stream.feed(&[0xaa; 16 * 1024]);
        assert!(
            units[0].bytes.len() <= 128 * 1024,
            "the instrument keeps {}",
            units[0].bytes.len()
        );
    }
    let unit = &stream.feed(&[0xaa])[0];
    assert_eq!(unit.end, 10 + 64 * 16 * 1024 + 1);
    assert!(!unit.complete);
}

#[test]
fn a_text_of_2010_is_not_kept_whatever_its_length() {
    let mut stream = Stream::new(Side::Server);
    stream.feed(OLDEST_HEAD);
    stream.feed(b"\x00");
    for _ in 0..64 {
        let units = stream.feed(&[b'x'; 16 * 1024]);
        assert!(units.len() == 1 && units[0].bytes.len() <= 128 * 1024);
    }
    let units = stream.feed(b"x\xff\x00Hello\xff");
    let (long, next) = (&units[0], &units[1]);
    assert!(long.complete && long.end - long.start == 1 + 64 * 16 * 1024 + 1 + 1);
    assert_eq!(next.text.as_deref(), Some("Hello"));
}

#[test]
fn what_never_ends_costs_no_more_the_longer_it_lasts() {
    let older = [OLDEST_HEAD, b"\x00"].concat();
    let endless: [(&str, &[u8], &[u8]); 4] = [
        ("an older frame in single bytes", &older, b"x"),
        ("a body in single bytes", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"x"),
        ("a head of short lines", b"HTTP/1.1 200 OK\r\n", b"x\n"),
        (
            "a frame in single bytes",
            b"HTTP/1.1 101 Switching\r\n\r\n\x82\x7f\0\0\0\0\xff\0\0\0",
            b"x",
        ),
    ];
    for (what, start, more) in endless {
        let mut stream = Stream::new(Side::Server);
        stream.feed(start);
        let units: Vec<Unit> = (0..1_000).flat_map(|_| stream.feed(more)).collect();
        let last = units.last().expect("a unit that grows");
        assert!(last.pieces.len() <= 66, "{what}: {} pieces", last.pieces.len());
        assert!(last.parts.len() <= 201, "{what}: {} parts", last.parts.len());
    }
}

/// A text ends in the middle of a character, with a frame that has no byte of its own.
#[test]
fn an_empty_frame_is_at_fault_within_itself() {
    let bytes = [0x01, 0x01, 0xe6, 0x80, 0x00];
    let units = stream(Side::Server, true).feed(&bytes);
    let faults: Vec<_> = units.iter().flat_map(|unit| &unit.faults).collect();
    assert_eq!(faults.len(), 1, "{units:?}");
    assert_eq!(faults[0].at, Some(4), "{units:?}");
}
