//! What clients see of TLS: who may come in, what they hear, and how it ends.

mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};

use ch00_wire::{masked_frame, rfc_request};
use rustls::version::{TLS12, TLS13};
use support::{Lab, PATIENCE, head, hears, is_echoed};

/// The beginning of a ClientHello: the header of its record, and its kind.
const BEGINNING: &[u8] = b"\x16\x03\x01\x02\x00\x01";

#[test]
fn a_client_is_echoed_in_both_versions() {
    let lab = Lab::start(&[]);
    for version in [&TLS12, &TLS13] {
        let mut client = lab.member(&[version]);
        for size in [0, 1, 125, 126, 16 * 1024 - 4, 16 * 1024, 70_000, 1_000_000] {
            is_echoed(&mut client, &vec![7; size]);
        }
        assert_eq!(client.conn.protocol_version(), Some(version.version));
    }
}

#[test]
fn frames_that_share_a_record_are_answered_in_one_record() {
    let lab = Lab::start(&[]);
    let mut client = lab.member(&[&TLS13]);
    let frames: Vec<u8> = (0..64).flat_map(|number| masked_frame(2, &[number; 32])).collect();
    client.write_all(&frames).expect("sent");
    let mut header = [0; 5];
    client.sock.peek(&mut header).expect("a record");
    let length = u16::from_be_bytes([header[3], header[4]]);
    assert_eq!((header[0], usize::from(length)), (0x17, 64 * (2 + 32) + 1 + 16));
    for number in 0..64 {
        hears(&mut client, &[number; 32]);
    }
}

#[test]
fn bytes_may_come_one_by_one() {
    let lab = Lab::start(&[]);
    let mut client = lab.client(&[&TLS13]);
    // Whatever the client has to say, it says it byte by byte.
    let mut slow = Slow(lab.connect());
    client.conn.complete_io(&mut slow).expect("a handshake");
    let mut client = rustls::StreamOwned::new(client.conn, slow);
    client.write_all(&rfc_request()).expect("sent");
    head(&mut client);
    is_echoed(&mut client, b"Li Jing");
}

struct Slow(TcpStream);

impl Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(&bytes[..bytes.len().min(1)])
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_server_says_close_notify_before_tcp_ends() {
    let lab = Lab::start(&[]);
    for version in [&TLS12, &TLS13] {
        let mut client = lab.member(&[version]);
        client.write_all(&masked_frame(8, &1000_u16.to_be_bytes())).expect("sent");
        let mut goodbye = Vec::new();
        // An end without close_notify would be the error UnexpectedEof.
        client.read_to_end(&mut goodbye).expect("close_notify");
        assert_eq!(goodbye, b"\x88\x02\x03\xe8");
    }
}

#[test]
fn an_end_without_close_notify_is_an_error() {
    let lab = Lab::start(&[]);
    let client = lab.member(&[&TLS13]);
    client.sock.shutdown(Shutdown::Write).expect("shut down");
    lab.shows("no close_notify came");
}

#[test]
fn close_notify_is_an_end() {
    let lab = Lab::start(&[]);
    let mut client = lab.member(&[&TLS13]);
    client.conn.send_close_notify();
    client.flush().expect("sent");
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).expect("close_notify comes back");
    let line = lab.shows("it hangs up");
    assert!(!line.contains("no close_notify"), "{line}");
}

#[test]
fn a_cut_within_a_record_takes_nothing_of_it() {
    let lab = Lab::start(&[]);
    let mut client = lab.member(&[&TLS13]);
    client.conn.writer().write_all(&masked_frame(1, b"Li Jing")).expect("taken");
    let mut record = Vec::new();
    client.conn.write_tls(&mut record).expect("written");
    client.sock.write_all(&record[..record.len() - 1]).expect("sent");
    client.sock.shutdown(Shutdown::Write).expect("shut down");
    lab.shows("no close_notify came");
    assert!(!lab.server.lines_from(0).iter().any(|line| line.contains("Li Jing")));
}

#[test]
fn a_record_that_was_changed_on_its_way_ends_the_connection() {
    let lab = Lab::start(&[]);
    let mut client = lab.member(&[&TLS13]);
    client.conn.writer().write_all(&masked_frame(1, b"Li Jing")).expect("taken");
    let mut record = Vec::new();
    client.conn.write_tls(&mut record).expect("written");
    *record.last_mut().expect("a byte") ^= 1;
    client.sock.write_all(&record).expect("sent");
    let error = client.read(&mut [0]).expect_err("an alert");
    assert!(error.to_string().contains("BadRecordMac"), "{error}");
    lab.shows("cannot decrypt peer's message");
    is_echoed(&mut lab.member(&[&TLS13]), b"others go on");
}

#[test]
fn a_slow_handshake_delays_nobody() {
    let lab = Lab::start(&[]);
    let mut silent = lab.connect();
    let mut slow = lab.connect();
    slow.write_all(BEGINNING).expect("sent");
    is_echoed(&mut lab.member(&[&TLS13]), b"Li Jing");
    silent.set_nonblocking(true).expect("set");
    assert_eq!(silent.read(&mut [0]).expect_err("nothing").kind(), ErrorKind::WouldBlock);
}

#[test]
fn a_handshake_that_takes_too_long_is_given_up() {
    let lab = Lab::start(&["--handshake-timeout", "0.2"]);
    let mut slow = lab.connect();
    slow.write_all(BEGINNING).expect("sent");
    assert_eq!(slow.read(&mut [0]).expect("the end"), 0);
    lab.shows("the handshake took too long");
}

#[test]
fn of_too_many_handshakes_the_oldest_is_given_up() {
    let lab = Lab::start(&["--max-handshakes", "2"]);
    let mut slow: Vec<TcpStream> = Vec::new();
    for _ in 0..3 {
        let mut one = lab.connect();
        one.write_all(BEGINNING).expect("sent");
        slow.push(one);
    }
    assert_eq!(slow[0].read(&mut [0]).expect("the end"), 0);
    lab.shows("too many TLS handshakes are unfinished");
    slow[2].set_nonblocking(true).expect("set");
    assert_eq!(slow[2].read(&mut [0]).expect_err("nothing").kind(), ErrorKind::WouldBlock);
    is_echoed(&mut lab.member(&[&TLS13]), b"Li Jing");
}

#[test]
fn a_refusal_waits_for_the_handshake() {
    let lab = Lab::start(&["--max-clients", "1"]);
    let _here = lab.member(&[&TLS13]);
    for version in [&TLS12, &TLS13] {
        let mut late = lab.client(&[version]);
        late.flush().expect("a handshake");
        assert!(head(&mut late).starts_with("HTTP/1.1 503 "));
        late.read_to_end(&mut Vec::new()).expect("close_notify");
    }
}

#[test]
fn a_plain_request_is_told_to_speak_tls() {
    let lab = Lab::start(&[]);
    let mut plain = lab.connect();
    plain.write_all(&rfc_request()).expect("sent");
    let mut answer = String::new();
    plain.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("wss://"), "{answer}");
}

#[test]
fn one_port_may_be_for_both() {
    let lab = Lab::start(&["--plain"]);
    let mut plain = lab.connect();
    plain.write_all(&rfc_request()).expect("sent");
    assert!(head(&mut plain).starts_with("HTTP/1.1 101 "));
    is_echoed(&mut plain, b"plain");
    is_echoed(&mut lab.member(&[&TLS13]), b"secret");
}

#[test]
fn a_client_that_does_not_read_is_not_read_from() {
    let lab = Lab::start(&["--slow-timeout", "1"]);
    let mut client = lab.member(&[&TLS13]);
    let message = masked_frame(2, &[7; 64 * 1024]);
    let mut sent = 0;
    client.sock.set_write_timeout(Some(PATIENCE)).expect("set");
    // At some time the server takes no more, and when its patience is over, it ends the connection.
    while client.write_all(&message).is_ok() {
        sent += message.len();
        assert!(sent < 64 * 1024 * 1024, "the server takes whatever comes");
    }
    lab.shows("does not read");
}

#[test]
fn the_other_clients_go_on_when_the_certificate_changes() {
    let lab = Lab::start(&[]);
    let mut early = lab.member(&[&TLS13]);
    let old = early.conn.peer_certificates().expect("a certificate").to_vec();
    #[cfg(unix)]
    {
        let hup = || {
            let process = lab.server.id().to_string();
            let status = std::process::Command::new("kill").args(["-HUP", &process]).status();
            assert!(status.expect("kill starts").success());
        };
        let key = lab.folder.path().join("key.pem");
        let kept = std::fs::read(&key).expect("a key");
        std::fs::write(&key, "no key").expect("written");
        hup();
        lab.shows("the certificate stays as it is: ");
        is_echoed(&mut early, b"Li Jing");
        let same = lab.member(&[&TLS13]);
        assert_eq!(same.conn.peer_certificates().expect("a certificate"), old);
        std::fs::write(&key, kept).expect("written");

        std::fs::remove_file(&key).expect("removed");
        ch17_secret::self_signed(lab.folder.path()).expect("another certificate");
        hup();
        lab.shows("the certificate has been read again");
        is_echoed(&mut early, b"Li Jing");
        let mut late = lab.member(&[&TLS13]);
        assert_ne!(late.conn.peer_certificates().expect("a certificate"), old);
        is_echoed(&mut late, b"Li Jing");
    }
}

#[cfg(unix)]
#[test]
fn without_a_certificate_hup_ends_the_server_as_before() {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ch17-secret"));
    command.arg("127.0.0.1:0");
    let recorder = ch00_wire::Recorder::new();
    let server = stage::Server::announced(command, &recorder, PATIENCE).expect("it starts");
    let status =
        std::process::Command::new("kill").args(["-HUP", &server.id().to_string()]).status();
    assert!(status.expect("kill starts").success());
    assert!(server.wait_for_end(PATIENCE));
}

#[test]
fn only_http_1_1_is_spoken() {
    let lab = Lab::start(&[]);
    for (offered, agreed) in [("http/1.1", Some("http/1.1")), ("h2", None)] {
        let mut client = lab.client_offering(offered);
        let result = client.flush();
        let protocol =
            client.conn.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned());
        assert_eq!(protocol.as_deref(), agreed);
        assert_eq!(result.is_ok(), agreed.is_some(), "{result:?}");
    }
}
