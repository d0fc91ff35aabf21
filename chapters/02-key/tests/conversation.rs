//! The chapter's conversations, recorded from its own program: the figures of its page.

use std::time::Duration;

use ch00_wire::{Closing, RFC_KEY, assert_recording, request, rfc_request};
use stage::Stage;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch02-key");
const DONE: &str = "the connection is closed";

/// Sends a request that is none, and records the answer.
fn refusal(title: &str, request: &[u8]) -> ch00_wire::Recording {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.client();
    client.send(request).expect("sent");
    client.ended().expect("the server hangs up");
    stage.recording(title, DONE)
}

#[test]
fn no_request() {
    assert_recording!("hello", refusal("Not a request", b"hello\r\n\r\n"));
}

#[test]
fn no_key() {
    let request = b"GET / HTTP/1.1\r\nHost: server.example.com\r\n\r\n";
    assert_recording!("no_key", refusal("A request without a key", request));
}

#[test]
fn a_key_and_then_silence() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.client();
    client.send(&request(&format!("sec-websocket-key:{RFC_KEY}"))).expect("sent");
    stage.wait_for(&format!("the key is {RFC_KEY}"));
    client.quiet(Duration::from_millis(300)).expect("neither an answer nor an end");
    client.leave();
    assert_recording!("key", stage.recording("The key is found, and the client waits", DONE));
}

#[test]
fn a_head_in_pieces() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.client();
    let request = rfc_request();
    client.send_cut(&request, &[1, 100], Duration::from_millis(50)).expect("sent");
    stage.wait_for(&format!("the key is {RFC_KEY}"));
    client.leave();
    assert_recording!("pieces", stage.recording("A head in three pieces", DONE));
}

#[test]
fn a_head_that_is_too_long_is_answered_before_the_end() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.client();
    client.send(&request(&format!("X-Long: {}", "x".repeat(40_000)))).expect("all of it is taken");
    let answer = client.unit().expect("a 400");
    assert_eq!(answer.value("status line"), Some("HTTP/1.1 400 Bad Request"));
    let (how, _) = client.ended().expect("the server hangs up");
    assert_eq!(how, Closing::Closed, "a reset could have cost the client its answer");
    stage.wait_for("400: the head must end within 16 KiB");
}
