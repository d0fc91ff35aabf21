//! The chapter's conversations, recorded from its own program: the figures of its page.

use std::process::Command;
use std::time::Duration;

use ch00_wire::{assert_recording, masked_frame};
use stage::{Client, Stage};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch09-stream");
const DONE: &str = "the connection is closed";
/// Between two pieces. That they come in two reads is what a figure shows; the answer is the same either way.
const PACE: Duration = Duration::from_millis(100);

fn hears(client: &mut Client, text: &str) {
    assert_eq!(client.unit().expect("a message").text.as_deref(), Some(text));
}

fn says(client: &mut Client, text: &str) {
    client.send(&masked_frame(1, text.as_bytes())).expect("sent");
}

fn echo() -> Stage {
    let mut command = Command::new(PROGRAM);
    command.args(["127.0.0.1:0", "--app", "echo"]);
    Stage::announced(command)
}

#[test]
fn a_frame_in_two_reads() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    client.send_cut(&masked_frame(1, b"Li Jing"), &[9], PACE).expect("no answer to a half");
    hears(&mut client, "Li Jing");
    assert_recording!("cut", stage.leaving("A frame in two reads", DONE, [client]));
}

#[test]
fn two_frames_in_one_read() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    client.send(&[masked_frame(1, b"Li"), masked_frame(1, b"Jing")].concat()).expect("sent");
    hears(&mut client, "Li");
    hears(&mut client, "Jing");
    assert_recording!("two_in_one", stage.leaving("Two frames in one read", DONE, [client]));
}

#[test]
fn a_frame_and_a_half() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    let (one, two) = (masked_frame(1, b"Li"), masked_frame(1, b"Jing"));
    client.send(&[&one[..], &two[..3]].concat()).expect("sent");
    hears(&mut client, "Li");
    client.send(&two[3..]).expect("sent");
    hears(&mut client, "Jing");
    let recording = stage.leaving("A frame and a half in one read", DONE, [client]);
    assert_recording!("and_a_half", recording);
}

/// What comes while a frame is unfinished is an event of its own, so nothing here waits for a time.
#[test]
fn another_client_talks_in_between() {
    let stage = Stage::start(PROGRAM);
    let (mut one, mut other) = (stage.open(), stage.open());
    let frame = masked_frame(1, b"Li Jing");
    one.send(&frame[..9]).expect("sent");
    says(&mut other, "I am quicker");
    hears(&mut other, "I am quicker");
    hears(&mut one, "I am quicker");
    one.send(&frame[9..]).expect("sent");
    hears(&mut one, "Li Jing");
    hears(&mut other, "Li Jing");
    let recording = stage.leaving("Another client talks in between", DONE, [one, other]);
    assert_recording!("between", recording);
}

#[test]
fn five_thousand_bytes() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    let text = "Li Jing ".repeat(625);
    says(&mut client, &text);
    assert_eq!(client.frame().expect("a message").payload, text.as_bytes());
    assert_recording!("5000_bytes", stage.leaving("5,000 bytes", DONE, [client]));
}

#[test]
fn a_message_and_a_goodbye_in_one_read() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    let goodbye = masked_frame(8, b"\x03\xe8");
    client.send(&[masked_frame(1, b"Li Jing"), goodbye].concat()).expect("sent");
    hears(&mut client, "Li Jing");
    client.ended().expect("the server hangs up");
    assert_recording!("goodbye", stage.recording("A message and a goodbye in one read", DONE));
}

#[test]
fn a_length_that_no_message_has() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    client.send(b"\x81\xff\x80\0\0\0\0\0\0\x07\x37\xfa\x21\x3d").expect("sent");
    client.ended().expect("the server hangs up");
    assert_recording!("too_long", stage.recording("A length that no message has", DONE));
}

#[test]
fn a_byte_at_a_time_beside_another_client() {
    let stage = Stage::start(PROGRAM);
    let (mut slow, mut other) = (stage.open(), stage.open());
    let frame = masked_frame(1, b"Li Jing");
    let (last, others) = frame.split_last().expect("a last byte");
    for byte in others {
        slow.send(&[*byte]).expect("sent");
        says(&mut other, "and?");
        hears(&mut other, "and?");
        hears(&mut slow, "and?");
    }
    slow.send(&[*last]).expect("sent");
    hears(&mut slow, "Li Jing");
    hears(&mut other, "Li Jing");
}

/// Every byte comes back, whatever the loop's reads were. A client of tests keeps no more than 128 KiB of a frame.
#[test]
fn long_messages_come_back_from_the_echo() {
    let stage = echo();
    let mut client = stage.open();
    for length in [4_088, 4_096, 32_767, 32_768, 65_535, 65_536, 100_000] {
        let payload: Vec<u8> = (0..length).map(|i: u32| (i % 251) as u8).collect();
        client.send(&masked_frame(2, &payload)).expect("sent");
        let frame = client.frame().expect("its own message");
        assert_eq!((frame.header.opcode, frame.payload == payload), (2, true), "{length} bytes");
    }
    client.send(&masked_frame(2, &vec![7; 1024 * 1024])).expect("sent");
    assert_eq!(client.frame().expect("its own message").header.length, 1024 * 1024);
}
