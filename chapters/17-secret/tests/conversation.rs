//! The chapter's conversations, recorded from its own program: the figures of its page.

mod support;

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use ch00_wire::{
    Closing, Recorder, Side, assert_recording, masked_frame, request, rfc_key_line, rfc_request,
};
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ED25519, SerialNumber, date_time_ymd};
use rustls::version::TLS13;
use rustls::{ClientConnection, Stream};
use stage::Stage;
use support::{PATIENCE, client_config, head};

/// What the server says of a client that has left.
const DONE: &str = "the connection is closed";

/// A ClientHello of this version, whose random bytes are all the same, so that it is the same in each run.
fn client_hello(version: [u8; 2]) -> Vec<u8> {
    let extensions: &[u8] = &[
        0, 10, 0, 4, 0, 2, 0, 29, // supported_groups: x25519
        0, 13, 0, 6, 0, 4, 4, 3, 8, 7, // signature_algorithms
    ];
    let rest = [&[0, 0, 4, 0xc0, 0x2b, 0xc0, 0x09, 1, 0, 0, 18], extensions].concat();
    let body = [&version[..], &[7; 32], &rest].concat();
    let length = body.len() as u8;
    [&[22, 3, 1, 0, length + 4, 1, 0, 0, length][..], &body].concat()
}

fn stage(arguments: &[&str]) -> Stage {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ch17-secret"));
    command.args(["127.0.0.1:0", "--app", "echo"]).args(arguments);
    Stage::announced(command)
}

#[test]
fn a_server_without_a_certificate() {
    let stage = stage(&["--handshake-timeout", "0.2"]);
    let mut client = stage.client();
    client.send(&client_hello([3, 3])).expect("sent");
    client.ended().expect("the server hangs up");
    let title = "A server that does not speak TLS waits for a request";
    assert_recording!("unheard", stage.recording(title, DONE));
}

#[test]
fn the_same_words_in_the_clear() {
    let stage = stage(&[]);
    let mut client = stage.client();
    client.send(&rfc_request()).expect("sent");
    client.unit().expect("a head");
    client.send(&masked_frame(1, b"Li Jing")).expect("sent");
    client.unit().expect("the echo");
    let title = "By ws: everybody on the way can read all of it";
    assert_recording!("plain", stage.leaving(title, DONE, [client]));
}

#[test]
fn the_same_words_by_tls() {
    let folder = tempfile::tempdir().expect("a folder");
    let (certificate, key) = certificate(folder.path());
    let stage = stage(&["--certificate", &certificate, "--key", &key]);
    let recorder = Recorder::new();
    let stream = TcpStream::connect(stage.address()).expect("connected");
    stream.set_read_timeout(Some(PATIENCE)).expect("set");
    let mut wire = Wire { stream, number: recorder.new_client(), recorder: recorder.clone() };

    let config = client_config(Path::new(&certificate), &[&TLS13]);
    let name = "localhost".try_into().expect("a name");
    let mut tls = ClientConnection::new(config.into(), name).expect("a client");
    tls.complete_io(&mut wire).expect("a handshake");
    let mut client = Stream::new(&mut tls, &mut wire);
    client.write_all(&rfc_request()).expect("sent");
    assert!(head(&mut client).starts_with("HTTP/1.1 101 "));
    client.write_all(&masked_frame(1, b"Li Jing")).expect("sent");
    let mut echo = [0; 9];
    client.read_exact(&mut echo).expect("the echo");
    assert_eq!(&echo, b"\x81\x07Li Jing");
    client.conn.send_close_notify();
    client.flush().expect("sent");
    assert_eq!(client.read(&mut [0]).expect("close_notify"), 0);
    assert_eq!(wire.stream.read(&mut [0]).expect("the end"), 0);
    recorder.closed(1, Side::Server, Closing::Closed);
    assert_recording!("secret", recorder.recording("By wss: nobody on the way can read any of it"));
}

#[test]
fn a_plain_request_at_a_port_for_tls() {
    let folder = tempfile::tempdir().expect("a folder");
    let stage = stage(&["--self-signed", &folder.path().display().to_string()]);
    let mut client = stage.client();
    client.send(&request(&rfc_key_line())).expect("sent");
    client.ended().expect("the server hangs up");
    let title = "A client that has written ws: for wss:";
    assert_recording!("not_plain", stage.recording(title, "it does not speak TLS"));
}

#[test]
fn a_client_of_1999() {
    let folder = tempfile::tempdir().expect("a folder");
    let stage = stage(&["--self-signed", &folder.path().display().to_string()]);
    let mut client = stage.client();
    client.send(&client_hello([3, 1])).expect("sent");
    client.ended().expect("the server hangs up");
    let title = "TLS 1.0 is refused with an alert";
    assert_recording!("old", stage.recording(title, "Tls12NotOffered"));
}

/// A connection that is written down.
struct Wire {
    stream: TcpStream,
    number: usize,
    recorder: Recorder,
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        self.recorder.bytes(self.number, Side::Server, &buffer[..count]);
        Ok(count)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.stream.write(bytes)?;
        self.recorder.bytes(self.number, Side::Client, &bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A certificate whose length is the same in each run: the signatures of most kinds of keys are not always of one length.
fn certificate(folder: &Path) -> (String, String) {
    let mut wanted = CertificateParams::new(["localhost".to_owned()]).expect("a name");
    wanted.serial_number = Some(SerialNumber::from_slice(&[7; 16]));
    wanted.distinguished_name.push(DnType::CommonName, "Frame by Frame");
    (wanted.not_before, wanted.not_after) = (date_time_ymd(2026, 1, 1), date_time_ymd(2099, 1, 1));
    let key = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
    let certificate = wanted.self_signed(&key).expect("a certificate");
    let put = |name: &str, text: String| {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    };
    (put("certificate.pem", certificate.pem()), put("key.pem", key.serialize_pem()))
}
