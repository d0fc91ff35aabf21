//! Clients that do not read what they are sent, and those beside them.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use ch00_wire::{Recorder, masked_frame, rfc_request};
use stage::Server;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch15-pressure");
const PATIENCE: Duration = Duration::from_secs(20);

fn start(settings: &[(&str, &str)]) -> Server {
    let mut command = Command::new(PROGRAM);
    command.arg("127.0.0.1:0").env("RUST_LOG", "info").envs(settings.iter().copied());
    Server::announced(command, &Recorder::new(), PATIENCE).expect("it starts")
}

/// A raw connection whose opening handshake is over: the instrument would keep all that crosses.
fn open(server: &Server) -> TcpStream {
    let mut client = TcpStream::connect(server.address()).expect("a client connects");
    client.set_nodelay(true).expect("a socket");
    client.set_read_timeout(Some(PATIENCE)).expect("a socket");
    client.write_all(&rfc_request()).expect("sent");
    let mut head = [0; 129];
    client.read_exact(&mut head).expect("a 101");
    client
}

/// A number of the server's report.
fn metric(server: &Server, name: &str) -> u64 {
    let mut client = TcpStream::connect(server.address()).expect("a client connects");
    client.write_all(b"GET /metrics HTTP/1.1\r\nHost: example.com\r\n\r\n").expect("sent");
    let mut report = String::new();
    client.read_to_string(&mut report).expect("a report");
    let mut lines = report.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    lines.next().unwrap_or_else(|| panic!("no {name} in {report}")).parse().expect("a number")
}

/// The opcode and the payload of the next frame.
fn frame(client: &mut TcpStream) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 2];
    client.read_exact(&mut head)?;
    let mut length = usize::from(head[1]);
    if length == 126 {
        let mut long = [0; 2];
        client.read_exact(&mut long)?;
        length = u16::from_be_bytes(long).into();
    }
    let mut payload = vec![0; length];
    client.read_exact(&mut payload)?;
    Ok((head[0] & 0x0f, payload))
}

/// A message that says which one it is.
fn message(number: usize) -> Vec<u8> {
    format!("{number:060000}").into_bytes()
}

/// More than the system keeps for two connections, and the server for one.
const MANY: usize = 400;

fn sends_many(client: &TcpStream) -> thread::JoinHandle<io::Result<()>> {
    let mut client = client.try_clone().expect("a socket");
    thread::spawn(move || {
        (0..MANY).try_for_each(|number| client.write_all(&masked_frame(2, &message(number))))
    })
}

/// Lets time go by, as the server counts it: in so many pings, each of which is answered.
fn wait_for_pings(clock: &mut TcpStream, pings: usize) {
    for _ in 0..pings {
        let (opcode, payload) = frame(clock).expect("a ping");
        assert_eq!(opcode, 0x9);
        clock.write_all(&masked_frame(0xa, &payload)).expect("sent");
    }
}

/// Much longer than a client has that does not answer a ping.
#[test]
fn who_reads_late_gets_everything() {
    let server = start(&[("APP", "echo"), ("PING_AFTER", "1")]);
    let (mut late, mut clock) = (open(&server), open(&server));
    let sending = sends_many(&late);
    wait_for_pings(&mut clock, 2);
    let received = metric(&server, "ws_received_bytes_total");
    assert!(!sending.is_finished() && received < (MANY * 60_000) as u64, "it has stopped reading");
    for number in 0..MANY {
        let (mut opcode, mut payload) = frame(&mut late).expect("a frame");
        while opcode == 0x9 {
            (opcode, payload) = frame(&mut late).expect("a frame");
        }
        assert!(opcode == 2 && payload == message(number), "message {number}");
    }
    sending.join().expect("no panic").expect("all is sent");
}

#[test]
fn who_takes_nothing_is_cut_off_in_time() {
    let server = start(&[("APP", "echo"), ("SLOW_TIMEOUT", "1")]);
    let slow = open(&server);
    let begin = Instant::now();
    let sending = sends_many(&slow);
    assert!(sending.join().expect("no panic").is_err(), "it is cut off");
    assert!(begin.elapsed() >= Duration::from_secs(1));
    let line =
        server.wait_for(0, PATIENCE, |line| line.contains("it does not read what it is sent"));
    assert!(line.is_some(), "{:?}", server.lines_from(0));
    assert_eq!(metric(&server, "ws_slow_total"), 1);
}

/// Its own answer is longer than what may wait, and it has said more before it could read any of it.
#[test]
fn a_long_message_and_a_short_one_come_in_one_breath() {
    let server = start(&[("APP", "echo"), ("MAX_UNSENT", "1000")]);
    let mut client = open(&server);
    let long = vec![b'a'; 15 * 1024 * 1024];
    let mut said = masked_frame(2, &long);
    (0..10).for_each(|number| said.extend(masked_frame(2, &[number])));
    client.write_all(&said).expect("sent");
    let mut head = [0; 10];
    client.read_exact(&mut head).expect("a header");
    let mut payload = vec![0; long.len()];
    client.read_exact(&mut payload).expect("a payload");
    assert!(payload == long, "the long one");
    for number in 0..10 {
        assert_eq!(frame(&mut client).expect("a frame"), (2, vec![number]));
    }
    assert_eq!(metric(&server, "ws_slow_total"), 0);
}

#[test]
fn nobody_in_a_room_waits_for_one() {
    let server = start(&[("MAX_UNSENT", "100000"), ("PING_AFTER", "600")]);
    let (_deaf, mut speaker, mut hearer) = (open(&server), open(&server), open(&server));
    for number in 0..MANY {
        speaker.write_all(&masked_frame(1, &message(number))).expect("sent");
        for client in [&mut speaker, &mut hearer] {
            assert!(frame(client).expect("a frame") == (1, message(number)), "message {number}");
        }
    }
    assert_eq!(metric(&server, "ws_slow_total"), 1);
}

/// One line says so, and service goes on as soon as somebody leaves.
#[cfg(unix)]
#[test]
fn without_descriptors_there_is_one_line() {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 24; exec \"$0\" 127.0.0.1:0", PROGRAM]);
    let server = Server::announced(command, &Recorder::new(), PATIENCE).expect("it starts");
    let crowd: Vec<TcpStream> = (0..40)
        .map(|_| TcpStream::connect(server.address()).expect("the system takes it"))
        .collect();
    let is_complaint = |line: &str| line.contains("could not be accepted");
    assert!(server.wait_for(0, PATIENCE, is_complaint).is_some());
    // Whoever waits longest comes first.
    for mut client in crowd {
        client.write_all(&rfc_request()).expect("sent");
        client.set_read_timeout(Some(PATIENCE)).expect("a socket");
        let mut head = [0; 129];
        client.read_exact(&mut head).expect("a 101");
    }
    let complaints = server.lines_from(0).iter().filter(|line| is_complaint(line)).count();
    assert_eq!(complaints, 1, "{:#?}", server.lines_from(0));
}
