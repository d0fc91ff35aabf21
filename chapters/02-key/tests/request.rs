//! Heads, read and taken apart.

use ch00_wire::{RFC_KEY, request, rfc_request};
use ch02_key::{BadRequest, MAX_HEAD, Request, read_head};

fn key_of(key_line: &str) -> Result<String, BadRequest> {
    Request::parse(&request(key_line)).and_then(|request| request.key())
}

#[test]
fn the_request_of_the_rfc() {
    let head = rfc_request();
    insta::assert_debug_snapshot!(Request::parse(&head));
}

#[test]
fn the_key_whatever_its_case_and_the_space_around_it() {
    for line in [
        format!("Sec-WebSocket-Key: {RFC_KEY}"),
        format!("sec-websocket-key: {RFC_KEY}"),
        format!("SEC-WEBSOCKET-KEY:{RFC_KEY}"),
        format!("Sec-WebSocket-Key:\t {RFC_KEY} \t"),
    ] {
        assert_eq!(key_of(&line).as_deref(), Ok(RFC_KEY), "{line:?}");
    }
}

#[test]
fn what_is_no_request() {
    let parsed = |head: &str| Request::parse(head.as_bytes()).and_then(|request| request.key());
    insta::assert_debug_snapshot!([
        parsed("hello\r\n\r\n"),
        parsed("POST / HTTP/1.1\r\n\r\n"),
        parsed("GET  / HTTP/1.1\r\n\r\n"),
        parsed("GET  HTTP/1.1\r\n\r\n"),
        parsed("GET / HTTP/1.0\r\n\r\n"),
        parsed("GET / HTTP/1.1\r\nHost\r\n\r\n"),
        parsed("GET / HTTP/1.1\r\nHost: x\r\n"),
        parsed("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        parsed("GET / HTTP/1.1\r\nSec-WebSocket-Key: \r\n\r\n"),
        parsed("GET / HTTP/1.1\r\nSec-WebSocket-Key : x\r\n\r\n"),
        parsed("\r\n"),
        parsed(""),
    ]);
}

#[test]
fn a_head_is_read_up_to_its_empty_line() {
    let mut reader: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n\x81\x80";
    assert_eq!(read_head(&mut reader).expect("read"), b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(reader, b"\x81\x80");
}

#[test]
fn a_head_without_an_end_is_cut_off() {
    let endless = &mut std::io::BufReader::new(std::io::repeat(b'a'));
    assert_eq!(read_head(endless).expect("read").len() as u64, MAX_HEAD);
    let lines = b"a: b\r\n".repeat(10_000);
    let head = read_head(&mut lines.as_slice()).expect("read");
    assert_eq!(head.len() as u64, MAX_HEAD);
    assert_eq!(Request::parse(&head), Err(BadRequest::NoRequestLine));
}
