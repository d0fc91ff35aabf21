//! The chapter's conversations, recorded from its own program: the figures of its page.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use ch00_wire::{
    Closing, Recorder, assert_recording, masked_frame, request, rfc_key_line, rfc_request,
};
use stage::{Client, Server, Stage};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch06-select");
const DONE: &str = "the connection is closed";

fn echoes(client: &mut Client, text: &str) {
    client.send(&masked_frame(1, text.as_bytes())).expect("sent");
    assert_eq!(client.frame().expect("a reply").payload, text.as_bytes());
}

#[test]
fn the_second_client_does_not_wait() {
    let stage = Stage::start(PROGRAM);
    let mut first = stage.open();
    let mut second = stage.open();
    echoes(&mut second, "Li Jing");
    echoes(&mut first, "Li Jing");
    let recording = stage.leaving("The second client does not wait", DONE, [first, second]);
    assert_recording!("two_clients", recording);
}

#[test]
fn half_a_request_keeps_nobody_waiting() {
    let stage = Stage::start(PROGRAM);
    let mut slow = stage.client();
    let request = rfc_request();
    slow.send(&request[..90]).expect("sent");
    let mut other = stage.open();
    echoes(&mut other, "Li Jing");
    slow.send(&request[90..]).expect("sent");
    slow.unit().expect("a 101");
    let recording = stage.leaving("Half a request keeps nobody waiting", DONE, [slow, other]);
    assert_recording!("half_a_request", recording);
}

#[test]
fn a_request_may_take_several_reads() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.client();
    let long = format!("{}\r\nX-Long: {}", rfc_key_line(), "x".repeat(10_000));
    client.send(&request(&long)).expect("sent");
    let answer = client.unit().expect("a 101");
    assert_eq!(answer.value("status line"), Some("HTTP/1.1 101 Switching Protocols"));
}

#[test]
fn a_head_that_is_too_long_is_answered_before_the_end() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.client();
    let long = format!("{}\r\nX-Long: {}", rfc_key_line(), "x".repeat(200_000));
    client.send(&request(&long)).expect("all of it is taken");
    let answer = client.unit().expect("a 400");
    assert_eq!(answer.value("status line"), Some("HTTP/1.1 400 Bad Request"));
    let (how, _) = client.ended().expect("the server hangs up");
    assert_eq!(how, Closing::Closed, "a reset could have cost the client its answer");
}

#[test]
fn one_is_killed_in_the_middle_of_a_frame() {
    let stage = Stage::start(PROGRAM);
    let mut killed = stage.open();
    let mut other = stage.open();
    // Five bytes are no frame, so the server closes this connection, if the reset does not first.
    killed.send(&masked_frame(1, b"Li Jing")[..5]).expect("sent");
    killed.ended().expect("the server hangs up");
    stage.wait_for("client 1: the connection is closed");
    stage.client().reset();
    echoes(&mut other, "Li Jing");
    other.leave();
    stage.wait_for("client 2: the connection is closed");
}

#[test]
fn what_is_owed_is_sent_after_the_last_word() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    client.send(&masked_frame(1, b"Li Jing")).expect("sent");
    client.finish_sending();
    let (_, units) = client.ended().expect("the server hangs up");
    assert_eq!(units[0].text.as_deref(), Some("Li Jing"));
    assert_recording!("last_word", stage.recording("The last word is answered", DONE));
}

#[test]
fn a_frame_that_follows_the_request_at_once() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.client();
    client.send(&[rfc_request(), masked_frame(1, b"Li Jing")].concat()).expect("sent");
    client.unit().expect("a 101");
    assert_eq!(client.frame().expect("a reply").payload, b"Li Jing");
    assert_recording!("early", stage.leaving("A frame that does not wait", DONE, [client]));
}

#[test]
fn ping_and_close_are_not_answered() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    client.send(&masked_frame(9, b"Li Jing")).expect("sent");
    // The server has seen the ping when it answers this.
    client.quiet(Duration::from_millis(300)).expect("no pong");
    echoes(&mut client, "Li Jing");
    client.send(&masked_frame(8, b"\x03\xe8")).expect("sent");
    client.ended().expect("the server hangs up");
    assert_recording!("control", stage.recording("Ping and close are not answered", DONE));
}

#[test]
fn two_frames_in_one_read() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    client.send(&[masked_frame(1, b"Li"), masked_frame(1, b"Jing")].concat()).expect("sent");
    client.frame().expect("a reply to the first");
    client.finish_sending();
    let (_, replies) = client.ended().expect("the server hangs up");
    assert!(replies.is_empty(), "the second is lost, until chapter 09");
    assert_recording!("two_in_one", stage.recording("Two frames in one read", DONE));
}

/// A raw connection whose opening handshake is over: the instrument would keep all that crosses.
fn raw(server: &Server) -> TcpStream {
    let mut client = TcpStream::connect(server.address()).expect("a client connects");
    client.set_nodelay(true).expect("a socket");
    client.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
    client.write_all(&rfc_request()).expect("sent");
    let mut head = [0; 129];
    client.read_exact(&mut head).expect("a 101");
    assert!(head.ends_with(b"\r\n\r\n"), "the whole head, and nothing after it");
    client
}

#[test]
fn one_that_does_not_read_is_cut_off() {
    let mut command = Command::new(PROGRAM);
    command.arg("127.0.0.1:0");
    let patience = Duration::from_secs(20);
    let server = Server::announced(command, &Recorder::new(), patience).expect("it starts");
    let (mut slow, mut other) = (raw(&server), raw(&server));
    let long = masked_frame(1, "Li Jing ".repeat(500).as_bytes());
    // Some is in the system's buffers, and then 1 MiB in the server: 64 MiB are more than both.
    for _ in 0..64 * 256 {
        if slow.write_all(&long).is_err() {
            break;
        }
        // After two turns the long one has been read, and the next comes in its own read.
        for _ in 0..2 {
            other.write_all(&masked_frame(1, b"Li Jing")).expect("sent");
            let mut reply = [0; 9];
            other.read_exact(&mut reply).expect("a reply, all the while");
            assert_eq!(&reply, b"\x81\x07Li Jing");
        }
    }
    let of_slow = |line: &str| line.starts_with("client 1: the connection is lost: it");
    let line = server.wait_for(0, patience, of_slow).expect("it is cut off");
    insta::assert_snapshot!("cut_off", line);
}

/// At the limit of open files a client cannot be accepted, and whoever talks must not be told of it all the
/// time. Afterwards, those who have waited come in.
#[cfg(unix)]
#[test]
fn one_failure_to_accept_is_one_line() {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 16; exec \"$0\" 127.0.0.1:0", PROGRAM]);
    let patience = Duration::from_secs(20);
    let server = Server::announced(command, &Recorder::new(), patience).expect("it starts");
    let mut talker = raw(&server);
    let waiting: Vec<TcpStream> = (0..30)
        .map(|_| TcpStream::connect(server.address()).expect("the system takes it"))
        .collect();
    let refused = |line: &str| line.starts_with("a client could not be accepted");
    server.wait_for(0, patience, refused).expect("a line says so");
    for _ in 0..1_000 {
        talker.write_all(&masked_frame(1, b"Li Jing")).expect("sent");
        talker.read_exact(&mut [0; 9]).expect("a reply");
    }
    let told = server.lines_from(0).iter().filter(|line| refused(line)).count();
    assert!(told <= 3, "{told} times in 1,000 turns");
    drop(waiting);
    raw(&server);
}

/// Thirty clients, one after the other, and files for ten at once.
#[cfg(unix)]
#[test]
fn a_client_that_has_left_keeps_no_file_open() {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 16; exec \"$0\" 127.0.0.1:0", PROGRAM]);
    let stage = Stage::announced(command);
    for client in 1..=30 {
        stage.open().leave();
        stage.wait_for(&format!("client {client}: the connection is closed"));
    }
}
