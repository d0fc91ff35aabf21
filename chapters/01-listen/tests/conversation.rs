//! The chapter's conversations, recorded from its own program: the figures of its page.

use std::net::SocketAddr;
use std::time::Duration;

use ch00_wire::{Recorder, assert_recording, rfc_request};
use socket2::{Domain, Socket, Type};
use stage::{Client, Stage, Trouble};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch01-listen");
const DONE: &str = "the connection is closed";

#[test]
fn nobody_listens() {
    // Bound, so that nobody else gets the port in the meantime, but not listening.
    let bound = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    bound.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a free port");
    let nowhere = bound.local_addr().ok().and_then(|at| at.as_socket()).expect("its address");
    let trouble = Client::connect(nowhere, &Recorder::new(), Duration::from_secs(20)).err();
    assert!(matches!(trouble, Some(Trouble::Refused(_))), "{trouble:?}");
    insta::assert_snapshot!("refused", trouble.map(|t| t.to_string()).unwrap_or_default());
}

#[test]
fn a_request_is_printed() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.client();
    client.send(&rfc_request()).expect("sent");
    client.ended().expect("the server hangs up");
    assert_recording!("request", stage.recording("A request is printed", DONE));
}

#[test]
fn anything_is_printed() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.client();
    client.send(b"hello\r\n\r\n").expect("sent");
    client.ended().expect("the server hangs up");
    assert_recording!("hello", stage.recording("Anything is printed", DONE));
}

#[test]
fn the_second_client_waits_in_the_queue() {
    let stage = Stage::start(PROGRAM);
    let first = stage.client();
    let mut second = stage.client();
    second.send(b"GET /second HTTP/1.1\r\n\r\n").expect("sent");
    second.quiet(Duration::from_millis(300)).expect("nothing happens to the second");
    first.leave();
    second.ended().expect("the server hangs up");
    assert_recording!("queue", stage.recording("The second client waits in the queue", DONE));
}

#[test]
fn one_read_is_taken_for_the_request() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.client();
    // What follows the cut finds the connection ended.
    let _ = client.send_cut(b"GET / HTTP/1.1\r\n\r\n", &[1], Duration::from_secs(5));
    client.ended().expect("the server hangs up");
    assert_recording!("pieces", stage.recording("One read is taken for the request", DONE));
}

#[test]
fn a_client_that_leaves_ends_nothing() {
    let stage = Stage::start(PROGRAM);
    stage.client().leave();
    stage.wait_for(DONE);
    let mut second = stage.client();
    second.send(b"GET /second HTTP/1.1\r\n\r\n").expect("sent");
    second.ended().expect("the server hangs up");
    assert_recording!("leaves", stage.recording("The next client is served", DONE));
}
