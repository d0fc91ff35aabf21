//! The chapter's conversations, recorded from its own program: the figures of its page.

use std::time::Duration;

use ch00_wire::{
    HIXIE76_KEY1, HIXIE76_KEY2, HIXIE76_KEY3, assert_recording, hixie_frame, hixie75_request,
    hixie76_request, masked_frame,
};
use stage::{Client, Stage};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch08-hixie");
const DONE: &str = "the connection is closed";

/// A client of 2010, whose eight bytes follow its head at once.
fn open_older(stage: &Stage) -> Client {
    let mut client = stage.client();
    let request = hixie76_request(HIXIE76_KEY1, HIXIE76_KEY2);
    client.send(&[&request, &HIXIE76_KEY3[..]].concat()).expect("sent");
    client.unit().expect("a 101");
    client.unit().expect("sixteen bytes");
    client
}

fn hears(client: &mut Client, text: &str) {
    assert_eq!(client.unit().expect("a message").text.as_deref(), Some(text));
}

#[test]
fn a_client_of_2010_says_hello_and_goodbye() {
    let stage = Stage::start(PROGRAM);
    let mut client = open_older(&stage);
    client.send(&hixie_frame("Li Jing")).expect("sent");
    hears(&mut client, "Li Jing");
    client.send(b"\xff\x00").expect("sent");
    client.ended().expect("the server hangs up");
    assert_recording!("older", stage.recording("A client of 2010", DONE));
}

#[test]
fn the_eight_bytes_come_when_the_head_has_been_answered() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.client();
    client.send(&hixie76_request(HIXIE76_KEY1, HIXIE76_KEY2)).expect("sent");
    client.unit().expect("a 101");
    client.send(HIXIE76_KEY3).expect("sent");
    client.unit().expect("sixteen bytes");
    let recording = stage.leaving("The eight bytes wait for the answer", DONE, [client]);
    assert_recording!("late", recording);
}

#[test]
fn two_ages_in_one_room() {
    let stage = Stage::start(PROGRAM);
    let mut newer = stage.open();
    let mut older = open_older(&stage);
    newer.send(&masked_frame(1, b"Li Jing")).expect("sent");
    hears(&mut newer, "Li Jing");
    hears(&mut older, "Li Jing");
    older.send(&hixie_frame("Li Jing")).expect("sent");
    hears(&mut newer, "Li Jing");
    hears(&mut older, "Li Jing");
    assert_recording!("room", stage.leaving("Two ages in one room", DONE, [newer, older]));
}

#[test]
fn a_client_of_2009() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.client();
    client.send(&hixie75_request()).expect("sent");
    client.unit().expect("a 101");
    client.send(&hixie_frame("Li Jing")).expect("sent");
    hears(&mut client, "Li Jing");
    assert_recording!("oldest", stage.leaving("A client of Hixie-75", DONE, [client]));
}

#[test]
fn a_key_without_a_space() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.client();
    client.send(&hixie76_request("12345", HIXIE76_KEY2)).expect("sent");
    client.unit().expect("a 400");
    client.ended().expect("the server hangs up");
    assert_recording!("no_space", stage.recording("A key without a space", DONE));
}

#[test]
fn a_frame_that_is_skipped() {
    let stage = Stage::start(PROGRAM);
    let mut client = open_older(&stage);
    client.send(b"\x80\x02He\x00Hello\xff").expect("sent");
    hears(&mut client, "Hello");
    assert_recording!("skipped", stage.leaving("A frame that is skipped", DONE, [client]));
}

#[test]
fn a_frame_that_does_not_end() {
    let stage = Stage::start(PROGRAM);
    let mut client = open_older(&stage);
    client.send(b"\x00").expect("sent");
    for _ in 0..17 {
        client.send(&[b'x'; 4096]).expect("what comes too late is still taken, and thrown away");
    }
    stage.wait_for("client 1: a frame of more than 65536 bytes");
    client.ended().expect("the server hangs up");
}

#[test]
fn nothing_of_the_client_gets_into_the_head_but_what_it_may_say() {
    let answer = |from: &str, to: &str| {
        let stage = Stage::start(PROGRAM);
        let mut client = stage.client();
        let request = String::from_utf8(hixie75_request()).expect("text");
        assert!(request.contains(from));
        client.send(request.replace(from, to).as_bytes()).expect("sent");
        client.unit().expect("a head").value("status line").unwrap_or_default().to_owned()
    };
    let bad = "HTTP/1.1 400 Bad Request";
    // A carriage return alone ends a line for some readers (CVE-2026-1527 is about such a case).
    assert_eq!(answer("http://example.com", "http://a\rSet-Cookie: b"), bad);
    assert_eq!(answer("server.example.com", "a\u{7f}"), bad);
    assert_eq!(answer("/chat", "/ch\u{e9}at"), bad);
    assert_eq!(answer("Origin:", "X-Origin:"), bad);
    assert_eq!(answer("Host:", "X-Host:"), bad);
    assert_eq!(answer("Upgrade: WebSocket", "Upgrade: h2c"), bad);
    assert_eq!(answer("/chat", "/chat?room=1"), "HTTP/1.1 101 Web Socket Protocol Handshake");
}

/// One member of 2010 empties no room: what the others get of it is at most eight times what it sends.
#[test]
fn a_long_name_and_a_flood_of_empty_messages() {
    const MESSAGES: usize = 2_000;
    let stage = Stage::start(PROGRAM);
    let mut newer = stage.open();
    let mut older = open_older(&stage);
    let name = hixie_frame(&format!("/name {}", "🎉".repeat(40)));
    older.send(&name).expect("sent");
    hears(&mut newer, &format!("* {} joins", "🎉".repeat(40)));
    older.send(&b"\x00\xff".repeat(MESSAGES)).expect("sent");
    let heard = |_| newer.unit().expect("a message").bytes.len();
    let bytes: usize = (0..MESSAGES).map(heard).sum();
    assert!(bytes <= 8 * 2 * MESSAGES, "{bytes} bytes for {} that were sent", 2 * MESSAGES);
}

#[test]
fn the_echo_for_clients_of_two_ages() {
    let mut command = std::process::Command::new(PROGRAM);
    command.args(["127.0.0.1:0", "--app", "echo"]);
    let stage = Stage::announced(command);
    let mut newer = stage.open();
    let mut older = open_older(&stage);
    older.send(&hixie_frame("from 2010")).expect("sent");
    hears(&mut older, "from 2010");
    newer.send(&masked_frame(2, b"\x00\xff")).expect("sent");
    let frame = newer.frame().expect("its own message, and no other");
    assert_eq!((frame.header.opcode, frame.payload.as_slice()), (2, &b"\x00\xff"[..]));
}

/// What breaks, for chapter 09: frames of today still come one to a read.
#[test]
fn five_thousand_bytes() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    client.send(&masked_frame(1, "Li Jing ".repeat(625).as_bytes())).expect("sent");
    client.ended().expect("the server hangs up");
    assert_recording!("5000_bytes", stage.recording("5,000 bytes", DONE));
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
    hears(&mut client, "Li");
    assert_recording!("two_in_one", stage.leaving("Two frames in one read", DONE, [client]));
}
