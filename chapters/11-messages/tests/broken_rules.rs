//! What breaks before chapter 12: frames that break a rule are taken for something.

use ch00_wire::{assert_recording, masked_frame};
use stage::Stage;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch11-messages");
const DONE: &str = "the connection is closed";

#[test]
fn a_reserved_bit_and_a_length_that_is_not_the_shortest() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    let mut reserved = masked_frame(1, b"Li Jing");
    reserved[0] |= 0x40;
    let mut long = masked_frame(1, b"Li Jing");
    long.splice(1..2, [0xfe, 0x00, 0x07]);
    for frame in [reserved, long] {
        client.send(&frame).expect("sent");
        assert_eq!(client.frame().expect("a message").payload, b"Li Jing");
    }
    assert_recording!("rules_taken", stage.leaving("Broken frames are taken", DONE, [client]));
}

#[test]
fn half_a_close_code() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    client.send(&masked_frame(8, b"\x03")).expect("sent");
    assert!(client.frame().expect("a Close frame").payload.is_empty());
    client.ended().expect("the server hangs up");
    assert_recording!("rules_half", stage.recording("Half a close code is answered", DONE));
}

#[test]
fn a_message_inside_a_message() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    let mut first = masked_frame(1, b"Li ");
    first[0] &= 0x7f;
    client.send(&[first, masked_frame(1, b"Jing")].concat()).expect("sent");
    assert_eq!(client.frame().expect("a message").payload, b"Jing");
    assert_recording!("rules_inside", stage.leaving("The first half is lost", DONE, [client]));
}
