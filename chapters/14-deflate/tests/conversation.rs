//! The chapter's conversations, recorded from its own program: the figures of its page.

use ch00_wire::{assert_recording, masked_frame, request, rfc_key_line};
use stage::{Client, Stage};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch14-deflate");
const DONE: &str = "the connection is closed";

/// What Chromium and Firefox offer.
const BROWSER: &str = "permessage-deflate; client_max_window_bits";
const FRESH: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

const LI_JING: &[u8] = &[0xf2, 0xc9, 0x54, 0xf0, 0xca, 0xcc, 0x4b, 0x07, 0x00];
const AGAIN: &[u8] = &[0xf2, 0x81, 0x50, 0x00, 0x00];
/// An opcode of 1, and RSV1.
const COMPRESSED: u8 = 0x41;

fn open(stage: &Stage, offers: &str) -> Client {
    let mut client = stage.client();
    let line = format!("{}\r\nSec-WebSocket-Extensions: {offers}", rfc_key_line());
    client.send(&request(&line)).expect("sent");
    client.unit().expect("a 101");
    client
}

fn hears(client: &mut Client, text: &str) -> u8 {
    let unit = client.unit().expect("a message");
    assert_eq!(unit.text.as_deref(), Some(text));
    assert!(unit.faults.is_empty(), "{:?}", unit.faults);
    unit.bytes[0]
}

#[test]
fn the_same_words_twice() {
    let stage = Stage::start(PROGRAM);
    let mut client = open(&stage, BROWSER);
    for compressed in [LI_JING, AGAIN] {
        client.send(&masked_frame(COMPRESSED, compressed)).expect("sent");
        assert_eq!(hears(&mut client, "Li Jing"), 0xc1);
    }
    assert_recording!("smaller", stage.leaving("The same words twice", DONE, [client]));
}

#[test]
fn without_takeover() {
    let stage = Stage::start(PROGRAM);
    let mut client = open(&stage, FRESH);
    client.send(&masked_frame(COMPRESSED, LI_JING)).expect("sent");
    assert_eq!(hears(&mut client, "Li Jing"), 0x81);
    let long = "Li Jing, Li Jing, Li Jing, Li Jing";
    client.send(&masked_frame(1, long.as_bytes())).expect("sent");
    assert_eq!(hears(&mut client, long), 0xc1);
    assert_recording!("fresh", stage.leaving("Nothing is remembered", DONE, [client]));
}

#[test]
fn in_two_frames() {
    let stage = Stage::start(PROGRAM);
    let mut client = open(&stage, BROWSER);
    let mut first = masked_frame(COMPRESSED, &LI_JING[..4]);
    first[0] &= 0x7f;
    client.send(&[first, masked_frame(0, &LI_JING[4..])].concat()).expect("sent");
    hears(&mut client, "Li Jing");
    assert_recording!("two_frames", stage.leaving("One message in two frames", DONE, [client]));
}

#[test]
fn the_second_offer_is_taken() {
    let stage = Stage::start(PROGRAM);
    let offers = "permessage-deflate; server_max_window_bits=08, permessage-deflate; server_max_window_bits=10";
    let client = open(&stage, offers);
    assert_recording!("offers", stage.leaving("The second offer", DONE, [client]));
}

#[test]
fn some_in_the_room_compress() {
    let stage = Stage::start(PROGRAM);
    let mut all = [open(&stage, BROWSER), stage.open(), open(&stage, FRESH)];
    let long = "Li Jing, Li Jing";
    all[1].send(&masked_frame(1, long.as_bytes())).expect("sent");
    let firsts = all.each_mut().map(|client| hears(client, long));
    assert_eq!(firsts, [0xc1, 0x81, 0xc1]);
    assert_recording!("room", stage.leaving("Some in the room compress", DONE, all));
}

#[test]
fn what_is_not_deflate() {
    let stage = Stage::start(PROGRAM);
    let mut client = open(&stage, BROWSER);
    client.send(&masked_frame(COMPRESSED, &[0x06, 0x00])).expect("sent");
    client.unit().expect("a Close frame");
    client.ended().expect("the server hangs up");
    assert_recording!("broken", stage.recording("What is not DEFLATE", DONE));
}

/// What chapter 15 is about: nobody is told that the server ends.
#[cfg(unix)]
#[test]
fn the_program_is_ended() {
    let recorder = ch00_wire::Recorder::new();
    let patience = std::time::Duration::from_secs(20);
    let mut command = std::process::Command::new(PROGRAM);
    command.arg("127.0.0.1:0");
    let server = stage::Server::announced(command, &recorder, patience).expect("it starts");
    let mut client = Client::connect(server.address(), &recorder, patience).expect("connected");
    client.send(&ch00_wire::rfc_request()).expect("sent");
    client.unit().expect("a 101");
    client.send(&masked_frame(1, b"Li Jing")).expect("sent");
    assert_eq!(hears(&mut client, "Li Jing"), 0x81);
    let said = server.wait_for(0, patience, |line| line == "client 1 says: Li Jing");
    assert!(said.is_some(), "its last line, before it ends");
    let status = std::process::Command::new("kill").arg(server.id().to_string()).status();
    assert!(status.expect("kill is there").success());
    let (_, units) = client.ended().expect("the server is gone");
    assert!(units.is_empty(), "not a word");
    drop(client);
    drop(server);
    assert_recording!("ended", recorder.recording("The program is ended"));
}
