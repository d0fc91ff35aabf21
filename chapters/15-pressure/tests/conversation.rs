//! The chapter's conversations, recorded from its own program: the figures of its page.

use std::process::Command;

use ch00_wire::{
    Closing, HIXIE76_KEY1, HIXIE76_KEY2, assert_recording, hixie76_request, masked_frame,
    rfc_request,
};
use stage::Stage;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch15-pressure");
const DONE: &str = "the connection is closed";
const METRICS: &[u8] = b"GET /metrics HTTP/1.1\r\nHost: example.com\r\n\r\n";

fn stage(settings: &[(&str, &str)]) -> Stage {
    let mut command = Command::new(PROGRAM);
    command.arg("127.0.0.1:0").envs(settings.iter().copied());
    Stage::announced(command)
}

#[test]
fn half_a_request_has_its_time() {
    let stage = stage(&[("HANDSHAKE_TIMEOUT", "0.5")]);
    let mut client = stage.client();
    client.send(&rfc_request()[..90]).expect("sent");
    let answer = client.unit().expect("a 408");
    assert_eq!(answer.value("status line"), Some("HTTP/1.1 408 Request Timeout"));
    assert_eq!(client.ended().expect("the server hangs up").0, Closing::Closed);
    assert_recording!("late", stage.recording("Half a request", DONE));
}

/// It has its answer, and is not told anything that it could take for frames.
#[test]
fn a_client_of_2010_that_keeps_its_eight_bytes_is_let_go() {
    let stage = stage(&[("HANDSHAKE_TIMEOUT", "2")]);
    let mut client = stage.client();
    client.send(&hixie76_request(HIXIE76_KEY1, HIXIE76_KEY2)).expect("sent");
    client.unit().expect("a 101");
    let (how, units) = client.ended().expect("the server hangs up");
    assert!(how == Closing::Closed && units.is_empty(), "{units:?}");
}

#[test]
fn a_silent_client_is_asked() {
    let stage = stage(&[("PING_AFTER", "2")]);
    let mut client = stage.open();
    let ping = client.frame().expect("a ping");
    assert_eq!(ping.header.opcode, 0x9);
    client.send(&masked_frame(0xa, &ping.payload)).expect("sent");
    assert_recording!("ping", stage.leaving("A ping and its pong", DONE, [client]));
}

#[test]
fn a_client_that_does_not_answer_is_let_go() {
    let stage = stage(&[("PING_AFTER", "0.5")]);
    let mut client = stage.open();
    assert_eq!(client.frame().expect("a ping").header.opcode, 0x9);
    let goodbye = client.frame().expect("a Close frame");
    assert_eq!(goodbye.payload[..2], 1008_u16.to_be_bytes());
    client.ended().expect("the server hangs up");
    assert_recording!("no_pong", stage.recording("A ping without a pong", DONE));
}

#[test]
fn one_too_many_may_try_again_later() {
    let stage = stage(&[("MAX_CLIENTS", "1")]);
    let first = stage.open();
    let mut second = stage.client();
    second.send(&rfc_request()).expect("sent");
    let answer = second.unit().expect("a 503");
    assert_eq!(answer.value("status line"), Some("HTTP/1.1 503 Service Unavailable"));
    assert_eq!(answer.value("Retry-After"), Some("10"));
    assert_eq!(second.ended().expect("the server hangs up").0, Closing::Closed);
    first.leave();
    stage.wait_for("client 1: the connection is closed");
    // There is room again.
    let third = stage.open();
    third.leave();
    stage.wait_for("client 3: the connection is closed");
    assert_recording!("full", stage.stop("One too many"));
}

#[test]
fn what_an_operator_asks() {
    let stage = stage(&[]);
    let mut client = stage.open();
    client.send(&masked_frame(1, b"Li Jing")).expect("sent");
    client.frame().expect("a message");
    let mut operator = stage.client();
    operator.send(METRICS).expect("sent");
    operator.unit().expect("an answer");
    operator.ended().expect("the server hangs up");
    stage.wait_for("client 2: the connection is closed");
    assert_recording!("metrics", stage.leaving("What an operator asks", DONE, [client]));
}
