//! Encoding on known frames, and against decoding.

use ch00_wire::{Side, Stream, hex};
use ch04_decode::Opcode;
use ch05_reply::{TEXT, encode};

#[test]
fn hello_of_the_rfc() {
    assert_eq!(hex(&encode(TEXT, b"Hello")), "81 05 48 65 6c 6c 6f");
    assert_eq!(hex(&encode(Opcode(0x9), b"Hello")), "89 05 48 65 6c 6c 6f");
}

#[test]
fn the_header_of_every_length_around_the_three_forms() {
    let header = |length: usize| {
        let frame = encode(Opcode(0x2), &vec![0; length]);
        let unit = if length == 1 { "byte" } else { "bytes" };
        format!("{length:>6} {unit:<5}  {}", hex(&frame[..frame.len() - length]))
    };
    let headers: Vec<String> =
        [0, 1, 125, 126, 127, 256, 1_500, 65_535, 65_536, 70_000].map(header).into();
    insta::assert_snapshot!("headers", headers.join("\n"));
}

#[test]
fn the_instrument_reads_what_we_write() {
    for length in [0, 1, 125, 126, 127, 1_500, 65_535, 65_536, 70_000] {
        let payload: Vec<u8> = (0..length).map(|i| b'a' + (i % 26) as u8).collect();
        let units = Stream::of_frames(Side::Server).feed(&encode(TEXT, &payload));
        assert_eq!(units.len(), 1);
        assert!(units[0].complete && units[0].faults.is_empty(), "{:?}", units[0].faults);
        let frame = units[0].frame.as_ref().expect("a frame");
        assert_eq!((frame.header.fin, frame.header.opcode), (true, TEXT.0));
        assert_eq!(frame.payload, payload);
    }
}
