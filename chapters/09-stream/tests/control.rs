//! What breaks before chapter 10: control frames are recognized, and left unanswered.

use ch00_wire::{assert_recording, masked_frame};
use stage::Stage;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch09-stream");
const DONE: &str = "the connection is closed";

#[test]
fn a_ping_is_not_answered() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    client.send(&masked_frame(9, b"Li Jing")).expect("sent");
    client.send(&masked_frame(1, b"Li Jing")).expect("sent");
    assert_eq!(client.frame().expect("a message").header.opcode, 1);
    assert_recording!("unanswered_ping", stage.leaving("A ping is not answered", DONE, [client]));
}

#[test]
fn a_close_frame_is_not_answered() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    client.send(&masked_frame(8, b"\x03\xe8bye")).expect("sent");
    client.ended().expect("the server hangs up");
    assert_recording!("unanswered_close", stage.recording("A Close frame is not answered", DONE));
}

#[test]
fn an_unmasked_frame_ends_it_without_a_word() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    client.send(b"\x81\x07Li Jing").expect("sent");
    client.ended().expect("the server hangs up");
    assert_recording!("without_a_word", stage.recording("An unmasked frame", DONE));
}
