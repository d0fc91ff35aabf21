//! The chapter's conversations, recorded from its own program: the figures of its page.

use std::time::Duration;

use ch00_wire::{Recording, assert_recording, masked_frame};
use stage::Stage;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch04-decode");
const DONE: &str = "the connection is closed";

/// Opens a connection, sends some bytes in one piece, and says that this was all.
fn recorded(title: &str, bytes: &[u8]) -> Recording {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    client.send(bytes).expect("sent");
    client.finish_sending();
    client.ended().expect("the server hangs up");
    stage.recording(title, DONE)
}

#[test]
fn a_message_is_printed() {
    assert_recording!("li_jing", recorded("A message is printed", &masked_frame(1, b"Li Jing")));
}

#[test]
fn a_message_of_126_bytes() {
    let message = "Li Jing ".repeat(16);
    let frame = masked_frame(1, &message.as_bytes()[..126]);
    assert_recording!("126_bytes", recorded("The length needs two more bytes", &frame));
}

#[test]
fn characters_of_several_bytes() {
    let frame = masked_frame(1, "李静, héllo".as_bytes());
    assert_recording!("characters", recorded("Characters of several bytes", &frame));
}

#[test]
fn two_frames_in_one_read() {
    let frames = [masked_frame(1, b"Li"), masked_frame(1, b"Jing")].concat();
    assert_recording!("two_in_one", recorded("Two frames in one read", &frames));
}

#[test]
fn a_frame_in_two_reads() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    // What follows the cut may find the connection ended already.
    let _ = client.send_cut(&masked_frame(1, b"Li Jing"), &[9], Duration::from_secs(5));
    client.ended().expect("the server hangs up");
    assert_recording!("cut", stage.recording("A frame in two reads", DONE));
}

#[test]
fn a_frame_without_a_mask() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    client.send(b"\x81\x07Li Jing").expect("sent");
    client.ended().expect("the server hangs up");
    assert_recording!("not_masked", stage.recording("A frame without a mask", DONE));
}

#[test]
fn a_closing_frame_is_taken_for_text() {
    assert_recording!("close", recorded("A Close frame", &masked_frame(8, b"\x03\xe8")));
}
