//! The chapter's conversations, recorded from its own program: the figures of its page.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use ch00_wire::{
    HIXIE76_KEY1, HIXIE76_KEY2, HIXIE76_KEY3, RFC_KEY, assert_recording, hixie_frame,
    hixie76_request, masked_frame, rfc_request,
};
use ch02_key::MAX_HEAD;
use ch13_door::MAX_FIELDS;
use stage::{Client, Stage};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch13-door");
const DONE: &str = "the connection is closed";

/// A request of a page with this origin, with these lines in place of version and key.
fn request(origin: &str, more: &[&str]) -> Vec<u8> {
    let origin = format!("Origin: {origin}");
    let first = [
        "GET /chat HTTP/1.1",
        "Host: room.example.com",
        "Upgrade: websocket",
        "Connection: Upgrade",
        &origin,
    ];
    let lines = first.iter().chain(more).chain(&["\r\n"]);
    lines.copied().collect::<Vec<_>>().join("\r\n").into_bytes()
}

fn key() -> String {
    format!("Sec-WebSocket-Key: {RFC_KEY}")
}

const VERSION: &str = "Sec-WebSocket-Version: 13";

/// The program, with these arguments before its address, and this list in its environment.
fn program(arguments: &[&str], origins: &str) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).arg("127.0.0.1:0").env("ORIGINS", origins);
    command
}

/// Open to the pages of one origin.
fn guarded() -> Stage {
    Stage::announced(program(&["--origin", "http://room.example.com"], ""))
}

/// The status line of the answer to these bytes.
fn answer(stage: &Stage, bytes: &[u8]) -> String {
    let mut client = stage.client();
    client.send(bytes).expect("sent");
    client.unit().expect("a head").value("status line").unwrap_or_default().to_owned()
}

const GRANTED: &str = "HTTP/1.1 101 Switching Protocols";
const FORBIDDEN: &str = "HTTP/1.1 403 Forbidden";

#[test]
fn a_page_of_another_origin_is_refused() {
    let stage = guarded();
    let mut client = stage.client();
    let cookie = "Cookie: session=Li-Jing";
    let request = request("http://cats.example.com", &[cookie, &key(), VERSION]);
    client.send(&request).expect("sent");
    client.unit().expect("a 403");
    client.ended().expect("the server hangs up");
    assert_recording!("foreign", stage.recording("A page of another origin", DONE));
}

#[test]
fn our_own_page_comes_in() {
    let stage = guarded();
    let mut client = stage.client();
    client.send(&request("http://room.example.com", &[&key(), VERSION])).expect("sent");
    client.unit().expect("a 101");
    client.send(&masked_frame(1, b"Li Jing")).expect("sent");
    assert_eq!(client.frame().expect("a message").payload, b"Li Jing");
    assert_recording!("own", stage.leaving("Our own page", DONE, [client]));
}

#[test]
fn another_version() {
    let stage = Stage::announced(program(&[], ""));
    let mut client = stage.client();
    let other = "Sec-WebSocket-Version: 8";
    client.send(&request("http://room.example.com", &[&key(), other])).expect("sent");
    client.unit().expect("a 426");
    client.ended().expect("the server hangs up");
    assert_recording!("version", stage.recording("Another version", DONE));
}

#[test]
fn a_subprotocol_is_chosen() {
    let stage = Stage::announced(program(&[], ""));
    let mut client = stage.client();
    let offer = "Sec-WebSocket-Protocol: mqtt, superchat, chat";
    client.send(&request("http://room.example.com", &[&key(), VERSION, offer])).expect("sent");
    client.unit().expect("a 101");
    assert_recording!("subprotocol", stage.leaving("A subprotocol is chosen", DONE, [client]));
}

#[test]
fn two_hosts() {
    let stage = Stage::announced(program(&[], ""));
    let mut client = stage.client();
    let other = "Host: cats.example.com";
    client.send(&request("http://room.example.com", &[other, &key(), VERSION])).expect("sent");
    client.unit().expect("a 400");
    client.ended().expect("the server hangs up");
    assert_recording!("two_hosts", stage.recording("Two names for one host", DONE));
}

#[test]
fn a_list_of_origins() {
    let of = |origin: &str| request(origin, &[&key(), VERSION]);
    let two = ["--origin", "http://a.example:8000", "--origin=https://b.example"];
    for (arguments, variable) in
        [(&two[..], "http://c.example"), (&[], " http://a.example:8000  https://b.example ")]
    {
        let stage = Stage::announced(program(arguments, variable));
        for ours in ["http://a.example:8000", "https://b.example", "HTTPS://B.EXAMPLE"] {
            assert_eq!(answer(&stage, &of(ours)), GRANTED, "{ours}");
        }
        let others = [
            "http://a.example",
            "http://b.example",
            "https://b.example.evil.example",
            "https://evil-b.example",
            "http://c.example",
            "http://a.example:8000/",
            "null",
            "",
        ];
        for other in others {
            assert_eq!(answer(&stage, &of(other)), FORBIDDEN, "{other}");
        }
        // A client that is no browser names no origin, and two are one too many.
        let without = String::from_utf8(of("http://evil.example")).expect("text");
        let without = without.replace("Origin: http://evil.example\r\n", "");
        assert_eq!(answer(&stage, without.as_bytes()), GRANTED);
        let ours = ["Origin: https://b.example", &key(), VERSION].map(str::to_owned);
        let ours: Vec<&str> = ours.iter().map(String::as_str).collect();
        let two = request("http://evil.example", &ours);
        assert_eq!(answer(&stage, &two), "HTTP/1.1 400 Bad Request");
    }
}

#[test]
fn without_a_list_all_pages_come_in() {
    let stage = Stage::announced(program(&[], ""));
    for origin in ["http://cats.example.com", "null", "file://"] {
        assert_eq!(answer(&stage, &request(origin, &[&key(), VERSION])), GRANTED, "{origin}");
    }
}

#[test]
fn a_page_without_an_origin_can_be_on_the_list() {
    let stage = Stage::announced(program(&["--origin", "null"], ""));
    assert_eq!(answer(&stage, &request("null", &[&key(), VERSION])), GRANTED);
}

fn older(stage: &Stage, origin: &str) -> Client {
    let request = String::from_utf8(hixie76_request(HIXIE76_KEY1, HIXIE76_KEY2)).expect("text");
    let request = request.replace("http://example.com", origin);
    let mut client = stage.client();
    client.send(&[request.as_bytes(), HIXIE76_KEY3].concat()).expect("sent");
    client
}

#[test]
fn a_client_of_2010_is_asked_for_its_origin_too() {
    let stage = guarded();
    let refused = older(&stage, "http://cats.example.com").unit().expect("a 403");
    assert_eq!(refused.value("status line"), Some(FORBIDDEN));
    let mut client = older(&stage, "http://room.example.com");
    client.unit().expect("a 101");
    client.unit().expect("sixteen bytes");
    client.send(&hixie_frame("Li Jing")).expect("sent");
    assert_eq!(client.unit().expect("a message").text.as_deref(), Some("Li Jing"));
}

/// Whatever its origin: a page is read, and what it does then is asked for again.
#[test]
fn the_page_of_the_room_is_for_all() {
    let stage = guarded();
    let page =
        "GET / HTTP/1.1\r\nHost: room.example.com\r\nOrigin: http://cats.example.com\r\n\r\n";
    assert_eq!(answer(&stage, page.as_bytes()), "HTTP/1.1 200 OK");
}

#[test]
fn a_head_is_bounded_in_fields_and_in_bytes() {
    const TOO_LARGE: &str = "HTTP/1.1 431 Request Header Fields Too Large";
    let stage = Stage::announced(program(&[], ""));
    let with = |fields: usize| {
        let there = String::from_utf8(rfc_request()).expect("text").matches(": ").count();
        let more = "a: b\r\n".repeat(fields - there);
        [&rfc_request()[..rfc_request().len() - 2], more.as_bytes(), b"\r\n"].concat()
    };
    assert_eq!(answer(&stage, &with(MAX_FIELDS)), GRANTED);
    assert_eq!(answer(&stage, &with(MAX_FIELDS + 1)), TOO_LARGE);
    let filler = "x".repeat(MAX_HEAD - rfc_request().len() - "X-Name: \r\n".len());
    let full = [&rfc_request()[..rfc_request().len() - 2], b"X-Name: ", filler.as_bytes()].concat();
    assert_eq!(answer(&stage, &[&full, &b"\r\n\r\n"[..]].concat()), GRANTED);
    let long = "x".repeat(MAX_HEAD);
    let endless = format!("GET /chat HTTP/1.1\r\nHost: a\r\nX-Name: {long}");
    assert_eq!(answer(&stage, endless.as_bytes()), TOO_LARGE);
}

/// Each read looks at the new bytes only (CVE-2023-43669 is about a server that began anew each time).
#[test]
fn a_head_of_sixteen_thousand_bytes_comes_byte_by_byte() {
    let stage = Stage::announced(program(&[], ""));
    let (_, at) = stage.client().addresses().expect("a connection");
    let more = "x".repeat(16_000 - rfc_request().len() - "X-Name: \r\n".len());
    let head = [&rfc_request()[..rfc_request().len() - 2], b"X-Name: ", more.as_bytes()].concat();
    let mut client = TcpStream::connect(at).expect("connected");
    client.set_nodelay(true).expect("an option of every system");
    client.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    for byte in [&head, &b"\r\n\r\n"[..]].concat() {
        client.write_all(&[byte]).expect("sent");
    }
    let mut answer = [0; GRANTED.len()];
    client.read_exact(&mut answer).expect("an answer");
    assert_eq!(String::from_utf8_lossy(&answer), GRANTED);
}

#[test]
fn what_is_not_an_origin_is_said_in_one_line() {
    let says = |arguments: &[&str], origins: &str| {
        // Its address is none, so that it never listens.
        let mut command = Command::new(PROGRAM);
        command.args(arguments).arg("nowhere").env("ORIGINS", origins);
        let output = command.output().expect("the program runs");
        assert!(!output.status.success() && output.stdout.is_empty(), "it must fail");
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    insta::assert_debug_snapshot!([
        says(&["--origin=localhost"], ""),
        says(&["--origin", "http://localhost:8000/"], ""),
        says(&["--origin=http://"], ""),
        says(&[], "http://localhost:8000 *"),
    ]);
}
