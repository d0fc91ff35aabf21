//! The chapter's conversations, recorded from its own program: the figures of its page.

use ch00_wire::{assert_recording, masked_frame};
use stage::Stage;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch03-accept");
const DONE: &str = "the connection is closed";

#[test]
fn the_connection_opens() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    client.finish_sending();
    let (_, after) = client.ended().expect("the server hangs up");
    assert!(after.is_empty(), "nothing follows the empty line: {after:#?}");
    assert_recording!("accept", stage.recording("The connection opens", DONE));
}

#[test]
fn a_message_arrives_scrambled() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    client.send(&masked_frame(1, b"Li Jing")).expect("sent");
    client.finish_sending();
    client.ended().expect("the server hangs up");
    assert_recording!("scrambled", stage.recording("A message arrives scrambled", DONE));
}
