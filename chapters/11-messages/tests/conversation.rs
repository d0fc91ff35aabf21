//! The chapter's conversations, recorded from its own program: the figures of its page.

use ch00_wire::{assert_recording, fragment, masked_frame, unhex};
use stage::{Client, Stage};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch11-messages");
const DONE: &str = "the connection is closed";

fn hears(client: &mut Client, text: &str) {
    assert_eq!(client.unit().expect("a message").text.as_deref(), Some(text));
}

/// The code and the reason of the Close frame that comes next.
fn is_failed(client: &mut Client) -> (String, String) {
    let unit = client.unit().expect("a Close frame");
    let value = |name| unit.value(name).unwrap_or_default().to_owned();
    (value("close code"), unit.text.clone().unwrap_or_default())
}

#[test]
fn a_message_in_three_fragments() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    client.send(&fragment(1, b"Li ")).expect("sent");
    client.send(&fragment(0, b"Ji")).expect("sent");
    client.send(&masked_frame(0, b"ng")).expect("sent");
    hears(&mut client, "Li Jing");
    assert_recording!("fragments", stage.leaving("A message in three fragments", DONE, [client]));
}

#[test]
fn a_ping_between_two_fragments() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    client.send(&fragment(1, b"Li ")).expect("sent");
    client.send(&masked_frame(9, b"still there?")).expect("sent");
    assert_eq!(client.frame().expect("a pong").payload, b"still there?");
    client.send(&masked_frame(0, b"Jing")).expect("sent");
    hears(&mut client, "Li Jing");
    assert_recording!("ping", stage.leaving("A ping between two fragments", DONE, [client]));
}

/// 漢 is e6 bc a2.
#[test]
fn a_character_in_two_fragments() {
    let stage = Stage::start(PROGRAM);
    let mut all = [stage.open(), stage.open()];
    all[0].send(&fragment(1, b"\xe6")).expect("sent");
    all[0].send(&masked_frame(0, b"\xbc\xa2")).expect("sent");
    all.iter_mut().for_each(|client| hears(client, "漢"));
    assert_recording!("character", stage.leaving("A character in two fragments", DONE, all));
}

/// The frame declares 100 bytes. Ten come, and the last of these is wrong.
#[test]
fn a_wrong_byte_in_a_frame_that_does_not_end() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    let frame = masked_frame(1, &[b"Li Jing, \xff".as_slice(), &[b'.'; 90]].concat());
    client.send(&frame[..6 + 10]).expect("sent");
    assert_eq!(is_failed(&mut client), ("1007".to_owned(), "a text is UTF-8".to_owned()));
    client.ended().expect("the server hangs up");
    assert_recording!("wrong_byte", stage.recording("A wrong byte", DONE));
}

#[test]
fn a_text_that_ends_inside_a_character() {
    let stage = Stage::start(PROGRAM);
    let mut all = [stage.open(), stage.open()];
    all[0].send(&fragment(1, b"Li \xe6")).expect("sent");
    all[0].send(&masked_frame(0, b"\xbc")).expect("sent");
    assert_eq!(is_failed(&mut all[0]).0, "1007");
    all[0].ended().expect("the server hangs up");
    stage.wait_for("client 1: 1007: a text is UTF-8");
    // The other one has heard nothing of it: what it hears next is its own.
    all[1].send(&masked_frame(1, b"Li Jing")).expect("sent");
    hears(&mut all[1], "Li Jing");
    let [_, other] = all;
    let recording = stage.leaving("A text that ends inside a character", DONE, [other]);
    assert_recording!("half_a_character", recording);
}

#[test]
fn a_terabyte_is_refused_before_it_comes() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    let header = unhex("82 ff 00 00 01 00 00 00 00 00 37 fa 21 3d").expect("hexadecimal");
    client.send(&header).expect("sent");
    assert_eq!(is_failed(&mut client).0, "1009");
    client.ended().expect("the server hangs up");
    assert_recording!("too_long", stage.recording("A terabyte is declared", DONE));
}

#[test]
fn binary_in_fragments_comes_back_binary_from_the_echo() {
    let mut command = std::process::Command::new(PROGRAM);
    command.args(["127.0.0.1:0", "--app", "echo"]);
    let stage = Stage::announced(command);
    let mut client = stage.open();
    client.send(&[fragment(2, b"\x00\xff"), masked_frame(0, b"\xfe")].concat()).expect("sent");
    let frame = client.frame().expect("its message");
    assert_eq!((frame.header.opcode, frame.payload.as_slice()), (2, &b"\x00\xff\xfe"[..]));
    assert_recording!("binary", stage.leaving("Binary in two fragments", DONE, [client]));
}

#[test]
fn the_room_tells_whoever_sends_binary_that_nobody_heard() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    client.send(&[fragment(2, b"\x00"), masked_frame(0, b"\xff")].concat()).expect("sent");
    hears(&mut client, "* this room is for text: nobody has heard that");
}
