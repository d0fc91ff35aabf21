//! Fast, and in order: one room on two loops, many messages in flight, and long ones.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::thread;
use std::time::Duration;

use ch00_wire::{Recorder, masked_frame, rfc_request};
use stage::Server;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch16-speed");

fn server(app: &str, loops: &str) -> Server {
    let mut command = Command::new(PROGRAM);
    command.args(["127.0.0.1:0", "--app", app, "--loops", loops]);
    let patience = Duration::from_secs(60);
    Server::announced(command, &Recorder::new(), patience).expect("it starts")
}

fn open(server: &Server) -> TcpStream {
    let mut client = TcpStream::connect(server.address()).expect("it listens");
    client.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
    client.write_all(&rfc_request()).expect("sent");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).expect("a head");
        head.extend(byte);
    }
    client
}

fn frame(client: &mut TcpStream) -> String {
    let mut header = [0; 2];
    client.read_exact(&mut header).expect("a header");
    assert!(header[0] == 0x81 && header[1] < 126, "{header:?}");
    let mut payload = vec![0; header[1].into()];
    client.read_exact(&mut payload).expect("a payload");
    String::from_utf8(payload).expect("a text")
}

/// Four members, of whom two are on each loop, all speak at once, and all hear the same in one order.
#[test]
fn a_room_on_two_loops_has_one_order() {
    const EACH: usize = 500;
    let server = server("room", "2");
    let members: Vec<TcpStream> = (0..4).map(|_| open(&server)).collect();
    let mut talks = Vec::new();
    for (number, mut member) in members.into_iter().enumerate() {
        talks.push(thread::spawn(move || {
            let mut speaker = member.try_clone().expect("two halves");
            let speaks = thread::spawn(move || {
                for said in 0..EACH {
                    let text = format!("{number} {said}");
                    speaker.write_all(&masked_frame(1, text.as_bytes())).expect("sent");
                }
            });
            let heard: Vec<String> = (0..4 * EACH).map(|_| frame(&mut member)).collect();
            speaks.join().expect("all is said");
            heard
        }));
    }
    let heard: Vec<_> = talks.into_iter().map(|talk| talk.join().expect("all is heard")).collect();
    assert!(heard.iter().all(|one| *one == heard[0]), "each has heard the same in the same order");
    for number in 0..4 {
        let own = heard[0].iter().filter(|text| text.starts_with(&format!("{number} ")));
        assert!(own.eq(&(0..EACH).map(|said| format!("{number} {said}")).collect::<Vec<_>>()));
    }
}

#[test]
fn ten_thousand_in_flight_keep_their_order() {
    const MANY: usize = 10_000;
    let server = server("echo", "1");
    let mut client = open(&server);
    let mut speaker = client.try_clone().expect("two halves");
    let speaks = thread::spawn(move || {
        let all: Vec<u8> =
            (0..MANY).flat_map(|n| masked_frame(1, n.to_string().as_bytes())).collect();
        speaker.write_all(&all).expect("sent");
    });
    for number in 0..MANY {
        assert_eq!(frame(&mut client), number.to_string());
    }
    speaks.join().expect("all is said");
}

/// Short ones before and behind a long one, which the system takes in parts.
#[test]
fn a_long_message_stays_in_its_place() {
    const LONG: usize = 15 * 1024 * 1024;
    let server = server("echo", "1");
    let mut client = open(&server);
    let mut speaker = client.try_clone().expect("two halves");
    let payload: Vec<u8> = (0..LONG).map(|at| b'a' + (at % 23) as u8).collect();
    let said = payload.clone();
    let speaks = thread::spawn(move || {
        // What is short comes with the end of what is long.
        let all = [b"before".as_slice(), &said, b"behind", &said, b"last"];
        speaker.write_all(&all.map(|text| masked_frame(1, text)).concat()).expect("sent");
    });
    for short in ["before", "behind"] {
        assert_eq!(frame(&mut client), short);
        let mut long = vec![0; 10 + LONG];
        client.read_exact(&mut long).expect("a long one");
        assert_eq!(long[..10], [0x81, 127, 0, 0, 0, 0, 0, 0xf0, 0, 0]);
        assert!(long[10..] == payload);
    }
    assert_eq!(frame(&mut client), "last");
    speaks.join().expect("all is said");
}
