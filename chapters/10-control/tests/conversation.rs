//! The chapter's conversations, recorded from its own program: the figures of its page.

use std::io::Write;
use std::net::TcpStream;

use ch00_wire::{Unit, assert_recording, masked_frame, rfc_request, unmasked_frame};
use stage::{Client, Stage};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch10-control");
const DONE: &str = "the connection is closed";
/// A Close frame's payload: 1000, and a reason.
const BYE: &[u8] = b"\x03\xe8bye";

/// The opcode and the payload of the next frame.
fn next(client: &mut Client) -> (u8, Vec<u8>) {
    let frame = client.frame().expect("a frame");
    (frame.header.opcode, frame.payload)
}

/// Everything that comes until the server hangs up: opcodes and payloads.
fn to_the_end(client: &mut Client) -> Vec<(u8, Vec<u8>)> {
    let (_, units) = client.ended().expect("the server hangs up");
    let frame = |unit: Unit| unit.frame.expect("a frame");
    units.into_iter().map(frame).map(|frame| (frame.header.opcode, frame.payload)).collect()
}

#[test]
fn a_ping_is_answered() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    client.send(&masked_frame(9, b"Li Jing")).expect("sent");
    assert_eq!(next(&mut client), (10, b"Li Jing".to_vec()));
    assert_recording!("ping", stage.leaving("A ping is answered", DONE, [client]));
}

#[test]
fn any_payload_of_a_ping_comes_back() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    for payload in [&b""[..], &[0, 255, 128, 10], &[b'x'; 125]] {
        client.send(&masked_frame(9, payload)).expect("sent");
        assert_eq!(next(&mut client), (10, payload.to_vec()));
    }
}

#[test]
fn a_ping_between_two_messages() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    let frames = [(1, &b"Li"[..]), (9, b"there?"), (1, b"Jing")];
    client
        .send(&frames.map(|(opcode, payload)| masked_frame(opcode, payload)).concat())
        .expect("sent");
    for expected in [(1, b"Li".to_vec()), (10, b"there?".to_vec()), (1, b"Jing".to_vec())] {
        assert_eq!(next(&mut client), expected);
    }
    assert_recording!("amid", stage.leaving("A ping between two messages", DONE, [client]));
}

#[test]
fn ten_pings_in_one_read_are_ten_pongs() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    let pings: Vec<u8> = (0..10).flat_map(|i| masked_frame(9, &[i])).collect();
    client.send(&pings).expect("sent");
    for i in 0..10 {
        assert_eq!(next(&mut client), (10, vec![i]));
    }
}

#[test]
fn a_ping_cut_at_every_byte() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    let ping = masked_frame(9, b"Li Jing");
    for cut in 1..ping.len() {
        client.send(&ping[..cut]).expect("sent");
        client.send(&ping[cut..]).expect("sent");
        assert_eq!(next(&mut client), (10, b"Li Jing".to_vec()), "cut at {cut}");
    }
}

#[test]
fn a_pong_that_nobody_asked_for() {
    let stage = Stage::start(PROGRAM);
    let (mut client, mut other) = (stage.open(), stage.open());
    client.send(&masked_frame(10, b"Li Jing")).expect("sent");
    client.send(&masked_frame(9, b"there?")).expect("sent");
    assert_eq!(next(&mut client), (10, b"there?".to_vec()));
    client.send(&masked_frame(1, b"Li Jing")).expect("sent");
    assert_eq!(next(&mut other), (1, b"Li Jing".to_vec()));
}

#[test]
fn goodbye() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    client.send(&masked_frame(8, BYE)).expect("sent");
    assert_eq!(to_the_end(&mut client), [(8, b"\x03\xe8".to_vec())]);
    assert_recording!("goodbye", stage.recording("Goodbye", DONE));
}

#[test]
fn goodbye_without_a_code() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    client.send(&masked_frame(8, b"")).expect("sent");
    assert_eq!(to_the_end(&mut client), [(8, b"".to_vec())]);
    assert_recording!("no_code", stage.recording("Goodbye without a code", DONE));
}

#[test]
fn a_goodbye_cut_at_every_byte() {
    let stage = Stage::start(PROGRAM);
    let close = masked_frame(8, &[&b"\x0f\xa0"[..], &[b'x'; 123]].concat());
    for cut in 1..close.len() {
        let mut client = stage.open();
        client.send(&close[..cut]).expect("sent");
        client.send(&close[cut..]).expect("sent");
        assert_eq!(to_the_end(&mut client), [(8, b"\x0f\xa0".to_vec())], "cut at {cut}");
    }
}

#[test]
fn a_message_too_late() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    let frames = [(9, &b"there?"[..]), (8, BYE), (1, b"Li Jing"), (9, b"hello?")];
    let frames = frames.map(|(opcode, payload)| masked_frame(opcode, payload));
    client.send(&frames.concat()).expect("sent");
    assert_eq!(to_the_end(&mut client), [(10, b"there?".to_vec()), (8, b"\x03\xe8".to_vec())]);
    assert_recording!("behind", stage.recording("A message too late", DONE));
}

#[test]
fn what_is_behind_a_close_frame_is_not_read() {
    let stage = Stage::start(PROGRAM);
    let (mut client, mut other) = (stage.open(), stage.open());
    let frames = [(1, &b"Li Jing"[..]), (8, BYE), (1, b"one more thing"), (9, b"there?")];
    client
        .send(&frames.map(|(opcode, payload)| masked_frame(opcode, payload)).concat())
        .expect("sent");
    assert_eq!(to_the_end(&mut client), [(1, b"Li Jing".to_vec()), (8, b"\x03\xe8".to_vec())]);
    // What comes in another read is thrown away, too.
    client.send(&masked_frame(1, b"and another")).expect("sent");
    client.leave();
    assert_eq!(next(&mut other), (1, b"Li Jing".to_vec()));
    other.send(&masked_frame(1, b"still here")).expect("sent");
    assert_eq!(next(&mut other), (1, b"still here".to_vec()));
}

#[test]
fn the_server_says_goodbye_first() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    client.send(&unmasked_frame(1, b"Li Jing")).expect("sent");
    let came = to_the_end(&mut client);
    client.send(&masked_frame(8, b"\x03\xea")).expect("sent");
    assert_eq!(came, [(8, b"\x03\xeaa client masks its frames".to_vec())]);
    stage.wait_for("client 1: 1002: a client masks its frames");
    assert_recording!("first", stage.recording("The server says goodbye first", DONE));
}

#[test]
fn a_ping_of_126_bytes() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.open();
    // Its header is enough: nothing of the payload is waited for.
    client.send(&masked_frame(9, &[b'x'; 126])[..8]).expect("sent");
    let came = to_the_end(&mut client);
    assert_eq!(came, [(8, b"\x03\xeaa control frame has at most 125 bytes".to_vec())]);
}

/// A client that pings and never reads is cut off, and keeps nobody waiting.
#[test]
fn pings_whose_pongs_are_not_read() {
    const PINGS: usize = 128;
    let stage = Stage::start(PROGRAM);
    let mut other = stage.open();
    // The instrument would name every byte of sixteen megabytes: more than the system and the server keep.
    let (_, server) = other.addresses().expect("it is connected");
    let mut silent = TcpStream::connect(server).expect("it connects");
    silent.write_all(&rfc_request()).expect("sent");
    let pings = masked_frame(9, &[b'x'; 125]).repeat(PINGS);
    let cut_off = (0..1_024).any(|_| {
        other.send(&masked_frame(9, b"there?")).expect("sent");
        assert_eq!(next(&mut other), (10, b"there?".to_vec()));
        silent.write_all(&pings).is_err()
    });
    assert!(cut_off, "all of it was taken");
    stage.wait_for("client 2: the connection is lost: it does not read what it is sent");
}
