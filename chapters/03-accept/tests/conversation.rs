//! The chapter's conversations, recorded from its own program: the figures of its page.

use ch00_wire::{Client, RFC_KEY, Stage, assert_recording, masked_frame, request};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch03-accept");
const DONE: &str = "the connection is closed";

fn open(stage: &Stage) -> Client {
    let mut client = stage.client();
    client.send(&request(&format!("Sec-WebSocket-Key: {RFC_KEY}"))).expect("sent");
    client.unit().expect("an answer");
    client
}

#[test]
fn the_connection_opens() {
    let stage = Stage::start(PROGRAM);
    let mut client = open(&stage);
    client.finish_sending();
    let (_, after) = client.ended().expect("the server hangs up");
    assert!(after.is_empty(), "nothing follows the empty line: {after:#?}");
    assert_recording!("accept", stage.recording("The connection opens", DONE));
}

#[test]
fn a_message_arrives_scrambled() {
    let stage = Stage::start(PROGRAM);
    let mut client = open(&stage);
    client.send(&masked_frame(1, b"Li Jing")).expect("sent");
    client.finish_sending();
    client.ended().expect("the server hangs up");
    assert_recording!("scrambled", stage.recording("A message arrives scrambled", DONE));
}
