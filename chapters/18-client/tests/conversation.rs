//! The chapter's conversations, recorded at the other end of its client: the figures of its page.

use std::io::Read;
use std::net::{Ipv4Addr, TcpListener};
use std::thread;
use std::time::Duration;

use ch00_wire::{Recorder, assert_recording, masked_frame, rfc_request, unmasked_frame};
use ch01_listen::listen;
use ch05_reply::TEXT;
use ch06_select::{Event, Message, Protocol};
use ch18_client::{Client, Transport, Wish};

const PATIENCE: Duration = Duration::from_secs(20);
const GRANTED: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                       Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// The key of the RFC, and its mask.
fn known(bytes: &mut [u8]) {
    match bytes.len() {
        16 => bytes.copy_from_slice(b"the sample nonce"),
        _ => bytes.copy_from_slice(&[0x37, 0xfa, 0x21, 0x3d]),
    }
}

/// A client that says this when its connection opens, against a script that plays the server.
fn recorded(
    title: &str,
    says: &'static [&str],
    serve: impl FnOnce(&mut stage::Client),
) -> ch00_wire::Recording {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("bound");
    let at = listener.local_addr().expect("an address");
    let client = thread::spawn(move || talk(&format!("ws://{at}"), says));
    let recorder = Recorder::new();
    let (stream, _) = listener.accept().expect("the client connects");
    let mut end = stage::Client::accepted(stream, &recorder, PATIENCE);
    serve(&mut end);
    end.leave();
    client.join().expect("the client ends");
    recorder.recording(title)
}

/// The client, without the program: it says what it is told, and hears until the server hangs up.
fn talk(at: &str, says: &[&str]) {
    let trust = || unreachable!("it is not wss:");
    let address = at.parse().expect("an address");
    let mut transport = Transport::connect(&address, trust, PATIENCE).expect("connected");
    let mut reader = transport.reader().expect("a reader");
    let wish = Wish {
        address: "ws://server.example.com/chat".parse().expect("an address"),
        subprotocols: Vec::new(),
        fields: Vec::new(),
        compressed: true,
    };
    let (mut client, request) = Client::new(wish, known);
    transport.send(request.as_bytes()).expect("sent");
    let mut bytes = [0; 4096];
    while let Ok(count @ 1..) = reader.read(&mut bytes) {
        let mut out = Vec::new();
        let result = client.receive(&mut bytes[..count], &mut |event| match event {
            Event::Send(frame) => out.extend_from_slice(frame),
            Event::Opened(mut writer) => says.iter().for_each(|text| {
                writer.write(&Message { opcode: TEXT, payload: text.as_bytes().into() }, &mut out);
            }),
            Event::Head(_) | Event::Message(_) => {}
        });
        let is_over = result.is_err();
        result.unwrap_or_else(|end| out.extend(end.last));
        transport.send(&out).expect("sent");
        if is_over && out.is_empty() {
            return;
        }
    }
}

#[test]
fn a_conversation() {
    let recording = recorded("A client says hello", &["Li Jing"], |end| {
        end.unit().expect("a request");
        end.send(GRANTED.as_bytes()).expect("sent");
        end.unit().expect("a message");
        end.send(&unmasked_frame(1, b"Li Jing")).expect("sent");
        end.send(&unmasked_frame(9, b"Hello")).expect("sent");
        end.unit().expect("a pong");
        end.send(&unmasked_frame(8, &[0x03, 0xe8])).expect("sent");
        end.unit().expect("a goodbye");
    });
    assert_recording!("hello", recording);
}

#[test]
fn a_redirect() {
    let recording = recorded("The server is elsewhere", &["Li Jing"], |end| {
        end.unit().expect("a request");
        end.send(b"HTTP/1.1 302 Found\r\nLocation: wss://server.example.com/chat\r\n\r\n")
            .expect("sent");
        end.ended().expect("the client hangs up");
    });
    assert_recording!("redirect", recording);
}

#[test]
fn a_mask_from_the_wrong_side() {
    let recording = recorded("A server that masks", &[], |end| {
        end.unit().expect("a request");
        end.send(GRANTED.as_bytes()).expect("sent");
        end.send(&masked_frame(1, b"Li Jing")).expect("sent");
        end.unit().expect("a goodbye");
    });
    assert_recording!("masked", recording);
}

/// What chapter 14 makes of the frames that chapter 05 writes.
#[test]
fn no_mask() {
    let listener = listen(([127, 0, 0, 1], 0).into()).expect("it listens");
    let at = listener.local_addr().ok().and_then(|at| at.as_socket()).expect("an address");
    thread::spawn(move || ch14_deflate::serve(&listener));
    let recorder = Recorder::new();
    let mut client = stage::Client::connect(at, &recorder, PATIENCE).expect("connected");
    client.send(&rfc_request()).expect("sent");
    client.unit().expect("a 101");
    client.send(&ch05_reply::encode(TEXT, b"Li Jing")).expect("sent");
    client.unit().expect("a goodbye");
    client.ended().expect("the server hangs up");
    client.leave();
    assert_recording!("no_mask", recorder.recording("A frame of chapter 05, from the other side"));
}
