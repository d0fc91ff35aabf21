//! The chapter's conversation, recorded from its own program: the figure of its page.

use std::process::Command;

use ch00_wire::{assert_recording, masked_frame};
use stage::Stage;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch16-speed");

/// Three messages in one piece, and one write for all three answers.
#[test]
fn three_at_once() {
    let mut command = Command::new(PROGRAM);
    command.args(["127.0.0.1:0", "--app", "echo"]);
    let stage = Stage::announced(command);
    let mut client = stage.open();
    client
        .send(&["Li", " ", "Jing"].map(|text| masked_frame(1, text.as_bytes())).concat())
        .expect("sent");
    for text in ["Li", " ", "Jing"] {
        assert_eq!(client.frame().expect("a frame").payload, text.as_bytes());
    }
    assert_recording!(
        "at_once",
        stage.leaving("Three at once", "the connection is closed", [client])
    );
}
