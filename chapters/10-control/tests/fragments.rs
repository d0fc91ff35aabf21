//! What breaks before chapter 11: a message that comes in fragments.

use ch00_wire::{assert_recording, fragment, masked_frame};
use stage::Stage;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch10-control");
const DONE: &str = "the connection is closed";

#[test]
fn each_fragment_is_a_message() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    for (frame, heard) in
        [(fragment(1, b"Li "), "Li "), (fragment(0, b"Ji"), "Ji"), (masked_frame(0, b"ng"), "ng")]
    {
        client.send(&frame).expect("sent");
        assert_eq!(client.unit().expect("a text").text.as_deref(), Some(heard));
    }
    assert_recording!(
        "in_fragments",
        stage.leaving("A message in three fragments", DONE, [client])
    );
}

/// 漢 is e6 bc a2.
#[test]
fn a_character_that_is_cut_is_lost() {
    let stage = Stage::start(PROGRAM);
    let mut all = [stage.open(), stage.open()];
    for frame in [fragment(1, b"\xe6"), masked_frame(0, b"\xbc\xa2")] {
        all[0].send(&frame).expect("sent");
        for client in &mut all {
            let text = client.unit().expect("a text").text;
            assert!(text.is_some_and(|text| text.starts_with('\u{fffd}')));
        }
    }
    assert_recording!("cut_character", stage.leaving("A character in two fragments", DONE, all));
}
