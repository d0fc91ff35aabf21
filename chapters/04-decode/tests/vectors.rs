//! Decoding on known frames.

use ch00_wire::{masked_frame, unhex};
use ch04_decode::{DecodeError, Frame, Opcode, decode, unmask};

fn decoded(hex: &str) -> Result<Frame, DecodeError> {
    decode(&unhex(hex).expect("hexadecimal"))
}

#[test]
fn hello_of_the_rfc() {
    let frame = Frame { fin: true, opcode: Opcode(1), payload: b"Hello".to_vec() };
    assert_eq!(decoded("81 85 37 fa 21 3d 7f 9f 4d 51 58"), Ok(frame));
    let pong = Frame { fin: true, opcode: Opcode(10), payload: b"Hello".to_vec() };
    assert_eq!(decoded("8a 85 37 fa 21 3d 7f 9f 4d 51 58"), Ok(pong));
}

/// The first of the two frames of the RFC's fragmented message (section 5.7), masked here, and the bits that
/// are reserved.
#[test]
fn a_frame_that_is_not_the_last_of_its_message() {
    let frame = |opcode| Frame { fin: false, opcode: Opcode(opcode), payload: b"Hel".to_vec() };
    assert_eq!(decoded("01 83 37 fa 21 3d 7f 9f 4d"), Ok(frame(1)));
    assert_eq!(decoded("70 83 37 fa 21 3d 7f 9f 4d"), Ok(frame(0)));
}

#[test]
fn a_mask_undoes_itself() {
    let key = [0x37, 0xfa, 0x21, 0x3d];
    assert_eq!(unmask(&unmask(b"Li Jing", key), key), b"Li Jing");
    assert_eq!(unmask(b"Li Jing", key), unhex("7b 93 01 77 5e 94 46").expect("hexadecimal"));
}

#[test]
fn every_length_around_the_three_forms() {
    for length in [0, 1, 125, 126, 127, 1_500, 65_535, 65_536, 70_000] {
        let payload: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
        let frame = decode(&masked_frame(1, &payload)).expect("a frame");
        assert_eq!(frame.payload, payload, "{length} bytes");
    }
}

#[test]
fn a_frame_that_is_cut_anywhere_is_no_frame() {
    for length in [7, 126, 65_536] {
        let frame = masked_frame(1, &vec![b'x'; length]);
        for end in (0..frame.len()).step_by(1 + frame.len() / 200) {
            assert!(decode(&frame[..end]).is_err(), "{end} of {} bytes", frame.len());
        }
    }
}

#[test]
fn what_is_no_frame() {
    insta::assert_debug_snapshot!([
        decoded(""),
        decoded("81"),
        decoded("81 05 48 65 6c 6c 6f"),
        decoded("81 85 37 fa"),
        decoded("81 85 37 fa 21 3d 7f"),
        decoded("81 fe 00"),
        decoded("82 ff ff ff ff ff ff ff ff ff 37 fa 21 3d"),
    ]);
}

#[test]
fn what_follows_a_frame_is_not_part_of_it() {
    let frame = decoded("81 82 37 fa 21 3d 7b 93 81 80 37 fa 21 3d").expect("a frame");
    assert_eq!(frame.payload, b"Li");
}
