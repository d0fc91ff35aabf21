//! The chapter's conversations, recorded from its own program: the figures of its page.

use ch00_wire::{assert_recording, masked_frame};
use stage::{Client, Stage};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch12-strict");
const DONE: &str = "the connection is closed";

/// Sees the connection failed: a Close frame with this code, and the end.
fn fails(client: &mut Client, code: u16) {
    let frame = client.frame().expect("a Close frame");
    assert_eq!((frame.header.opcode, &frame.payload[..2]), (8, &code.to_be_bytes()[..]));
    client.ended().expect("the server hangs up");
}

/// A client that has opened and says this, and how the server ends it.
fn failed(title: &str, bytes: &[u8], code: u16) -> ch00_wire::Recording {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    client.send(bytes).expect("sent");
    fails(&mut client, code);
    stage.recording(title, DONE)
}

#[test]
fn a_reserved_bit() {
    let mut frame = masked_frame(1, b"Li Jing");
    frame[0] |= 0x40;
    assert_recording!("reserved_bit", failed("A frame with a reserved bit", &frame, 1002));
}

#[test]
fn a_length_that_is_not_the_shortest() {
    let mut frame = masked_frame(1, b"Li Jing");
    frame.splice(1..2, [0xfe, 0x00, 0x07]);
    assert_recording!("long_form", failed("Seven bytes, counted in two more", &frame, 1002));
}

#[test]
fn a_close_frame_of_one_byte() {
    let frame = masked_frame(8, b"\x03");
    assert_recording!("half_a_code", failed("Half a close code", &frame, 1002));
}

#[test]
fn a_code_that_is_never_sent() {
    let frame = masked_frame(8, &1006_u16.to_be_bytes());
    assert_recording!("code_1006", failed("A code that is never sent", &frame, 1002));
}

#[test]
fn a_reason_that_is_not_utf8() {
    let frame = masked_frame(8, b"\x03\xe8Li \xe9\x9d");
    assert_recording!("reason", failed("A reason that is not UTF-8", &frame, 1007));
}

#[test]
fn a_message_inside_a_message() {
    let mut first = masked_frame(1, b"Li ");
    first[0] &= 0x7f;
    let bytes = [first, masked_frame(1, b"Jing")].concat();
    assert_recording!("inside", failed("A message inside a message", &bytes, 1002));
}

/// One breaks a rule, and the room goes on without it.
#[test]
fn the_others_go_on() {
    let stage = Stage::start(PROGRAM);
    let (mut one, mut other) = (stage.open(), stage.open());
    let mut broken = masked_frame(1, b"nobody hears this");
    broken[0] |= 0x10;
    one.send(&[broken, masked_frame(1, b"nor this")].concat()).expect("sent");
    one.ended().expect("the server hangs up");
    other.send(&masked_frame(1, b"Li Jing")).expect("sent");
    assert_eq!(other.frame().expect("a message").payload, b"Li Jing");
}

#[test]
fn a_header_is_enough() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    let mut frame = masked_frame(1, &[b'x'; 1000]);
    frame[0] |= 0x40;
    client.send(&frame[..8]).expect("sent: of the payload, nothing");
    fails(&mut client, 1002);
    assert_recording!("header", stage.recording("1,000 bytes are declared, and none comes", DONE));
}
