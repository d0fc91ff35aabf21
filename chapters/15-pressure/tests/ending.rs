//! How the program ends: by a signal, and with everybody told.
#![cfg(unix)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use ch00_wire::{
    HIXIE76_KEY1, HIXIE76_KEY2, HIXIE76_KEY3, Recorder, assert_recording, hixie76_request,
    masked_frame, rfc_request,
};
use stage::{Client, Server};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch15-pressure");
const PATIENCE: Duration = Duration::from_secs(20);

fn start(recorder: &Recorder, settings: &[(&str, &str)]) -> Server {
    let mut command = Command::new(PROGRAM);
    command.arg("127.0.0.1:0").envs(settings.iter().copied());
    Server::announced(command, recorder, PATIENCE).expect("it starts")
}

fn client(server: &Server, recorder: &Recorder, first: &[u8]) -> Client {
    let mut client = Client::connect(server.address(), recorder, PATIENCE).expect("connected");
    client.send(first).expect("sent");
    client
}

fn signal(server: &Server, name: &str) {
    let status = Command::new("kill").args([name, &server.id().to_string()]).status();
    assert!(status.expect("kill is there").success());
}

fn code(server: &Server) -> Option<i32> {
    assert!(server.wait_for_end(PATIENCE), "the server goes on");
    server.exit().and_then(|exit| exit.status.code())
}

#[test]
fn everybody_is_told() {
    for name in ["-TERM", "-INT"] {
        let recorder = Recorder::new();
        let server = start(&recorder, &[]);
        let mut open = client(&server, &recorder, &rfc_request());
        open.unit().expect("a 101");
        signal(&server, name);
        assert_eq!(open.frame().expect("a Close frame").payload, b"\x03\xe9the server ends");
        // It says goodbye, too, and both are done.
        open.send(&masked_frame(8, b"\x03\xe9")).expect("sent");
        open.ended().expect("the server hangs up");
        drop(open);
        assert_eq!(code(&server), Some(0));
        drop(server);
        if name == "-TERM" {
            assert_recording!("goodbye", recorder.recording("TERM"));
        }
    }
}

#[test]
fn everybody_is_told_in_its_own_words() {
    let recorder = Recorder::new();
    let server = start(&recorder, &[]);
    let older = [&hixie76_request(HIXIE76_KEY1, HIXIE76_KEY2)[..], HIXIE76_KEY3].concat();
    let mut older = client(&server, &recorder, &older);
    older.unit().expect("a 101");
    older.unit().expect("sixteen bytes");
    let mut opening = client(&server, &recorder, b"GET /");
    assert!(server.wait_for(0, PATIENCE, |line| line == "client 2 connects").is_some());
    signal(&server, "-TERM");
    assert_eq!(older.unit().expect("a Close frame of 2010").bytes, [0xff, 0x00]);
    let answer = opening.unit().expect("a 503");
    assert_eq!(answer.value("status line"), Some("HTTP/1.1 503 Service Unavailable"));
    drop((older, opening));
    assert_eq!(code(&server), Some(0));
}

/// Who does not leave is waited for, but not for ever; and who comes now is sent away.
#[test]
fn who_stays_has_a_deadline() {
    let recorder = Recorder::new();
    let server = start(&recorder, &[("GOODBYE_TIMEOUT", "5"), ("RUST_LOG", "info")]);
    let mut stays = client(&server, &recorder, &rfc_request());
    stays.unit().expect("a 101");
    let start = Instant::now();
    signal(&server, "-TERM");
    stays.frame().expect("a Close frame");
    let mut late = client(&server, &recorder, &rfc_request());
    let answer = late.unit().expect("a 503");
    assert_eq!(answer.value("status line"), Some("HTTP/1.1 503 Service Unavailable"));
    assert_eq!(code(&server), Some(0));
    assert!(start.elapsed() >= Duration::from_secs(5), "it has had its time");
}

/// So many bytes wait for this one that its goodbye does not get through.
#[test]
fn who_does_not_read_is_not_waited_for() {
    let recorder = Recorder::new();
    let settings = [("APP", "echo"), ("GOODBYE_TIMEOUT", "0.5"), ("RUST_LOG", "info")];
    let server = start(&recorder, &settings);
    let mut deaf = TcpStream::connect(server.address()).expect("connected");
    deaf.write_all(&rfc_request()).expect("sent");
    // The server stops reading, so at last the system does not take anything more.
    deaf.set_write_timeout(Some(Duration::from_millis(500))).expect("a socket");
    let long = masked_frame(2, &[0; 60_000]);
    while deaf.write_all(&long).is_ok() {}
    signal(&server, "-TERM");
    assert_eq!(code(&server), Some(0));
    deaf.set_read_timeout(Some(PATIENCE)).expect("a socket");
    let mut came = Vec::new();
    // Reset or closed: it is over.
    let _ = deaf.read_to_end(&mut came);
}

#[test]
fn the_second_signal_ends_at_once() {
    let recorder = Recorder::new();
    let server = start(&recorder, &[("GOODBYE_TIMEOUT", "60")]);
    let mut stays = client(&server, &recorder, &rfc_request());
    stays.unit().expect("a 101");
    signal(&server, "-INT");
    stays.frame().expect("a Close frame");
    signal(&server, "-INT");
    assert_eq!(code(&server), Some(1));
}
