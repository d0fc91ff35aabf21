//! The chapter's conversations, recorded from its own program: the figures of its page.

use std::time::Duration;

use ch00_wire::{Recording, assert_recording, masked_frame, rfc_request};
use stage::Stage;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch05-reply");
const DONE: &str = "the connection is closed";

/// Sends each message in turn, waits for each reply, and leaves.
fn conversation(title: &str, frames: &[Vec<u8>]) -> Recording {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    for frame in frames {
        client.send(frame).expect("sent");
        client.frame().expect("a reply");
    }
    client.leave();
    stage.recording(title, DONE)
}

/// A text of so many bytes.
fn text(length: usize) -> Vec<u8> {
    b"Li Jing ".iter().copied().cycle().take(length).collect()
}

#[test]
fn the_echo() {
    assert_recording!("echo", conversation("The echo", &[masked_frame(1, b"Li Jing")]));
}

#[test]
fn the_lengths_at_the_edges() {
    let frames = [125, 126, 127, 1_500].map(|length| masked_frame(1, &text(length)));
    assert_recording!("lengths", conversation("At the edges of the lengths", &frames));
}

#[test]
fn characters_of_several_bytes() {
    // 42 times 3 bytes: one byte more than a piece of 125 would hold.
    let frame = masked_frame(1, "静".repeat(42).as_bytes());
    assert_recording!("characters", conversation("Characters at the edge", &[frame]));
}

/// Sends bytes that this chapter does not bear, and waits until the server hangs up.
fn broken(title: &str, bytes: &[u8]) -> Recording {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    // The server may have hung up before it was all sent.
    let _ = client.send(bytes);
    client.ended().expect("the server hangs up");
    stage.recording(title, DONE)
}

#[test]
fn more_than_one_read_takes() {
    assert_recording!("5000_bytes", broken("5,000 bytes", &masked_frame(1, &text(5_000))));
}

#[test]
fn as_many_as_the_longest_form_is_for() {
    assert_recording!("65536_bytes", broken("65,536 bytes", &masked_frame(1, &text(65_536))));
}

#[test]
fn a_frame_in_two_reads() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    let _ = client.send_cut(&masked_frame(1, b"Li Jing"), &[9], Duration::from_secs(5));
    client.ended().expect("the server hangs up");
    assert_recording!("cut", stage.recording("A frame in two reads", DONE));
}

#[test]
fn two_frames_in_one_read() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    client.send(&[masked_frame(1, b"Li"), masked_frame(1, b"Jing")].concat()).expect("sent");
    client.frame().expect("a reply to the first");
    client.finish_sending();
    let (_, replies) = client.ended().expect("the server hangs up");
    assert!(replies.is_empty(), "the second is lost, until chapter 09");
    assert_recording!("two_in_one", stage.recording("Two frames in one read", DONE));
}

#[test]
fn a_message_in_two_frames_comes_back_as_two() {
    // FIN is 0 in the first frame; opcode 0 continues it.
    let mut first = masked_frame(1, b"Li");
    first[0] &= 0x7f;
    let frames = [first, masked_frame(0, b" Jing")];
    assert_recording!("fragments", conversation("A message in two frames", &frames));
}

#[test]
fn the_second_client_waits_for_the_first() {
    let stage = Stage::start(PROGRAM);
    let first = stage.open();
    let mut second = stage.client();
    second.send(&rfc_request()).expect("sent");
    second.quiet(Duration::from_millis(300)).expect("nothing comes for the second");
    first.leave();
    second.unit().expect("an answer, now");
    second.leave();
    assert_recording!("second_client", stage.recording("The second client waits", DONE));
}

#[test]
fn ping_and_close_come_back_as_text() {
    let frames = [masked_frame(9, b"Li Jing"), masked_frame(8, b"\x03\xe8")];
    assert_recording!("control", conversation("Ping and close come back as text", &frames));
}
