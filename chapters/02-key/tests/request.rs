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

/// What is read of some bytes, and whether it is all.
fn head_of(mut bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut head = Vec::new();
    let whole = read_head(&mut bytes, &mut head).expect("a slice is read without error");
    (head, whole)
}

#[test]
fn a_head_is_read_up_to_its_empty_line() {
    let mut reader: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n\x81\x80";
    let mut head = Vec::new();
    assert!(read_head(&mut reader, &mut head).expect("read"));
    assert_eq!(head, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(reader, b"\x81\x80");
    assert!(head_of(b"GET /\n\n").1, "a line may end with \\n alone");
    assert!(head_of(b"\r\n").1, "an empty first line ends it too");
    assert!(!head_of(b"GET /\r\n\r").1, "the last line may go on");
}

#[test]
fn a_head_is_read_on_where_it_was_cut() {
    let request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    for cut in 0..request.len() {
        let (mut head, whole) = head_of(&request[..cut]);
        assert!(!whole, "cut before byte {cut}");
        assert!(read_head(&mut &request[cut..], &mut head).expect("read"));
        assert_eq!(head, request);
    }
}

#[test]
fn a_head_without_an_end_is_cut_off() {
    let endless = &mut std::io::BufReader::new(std::io::repeat(b'a'));
    let mut head = Vec::new();
    assert!(read_head(endless, &mut head).expect("read"), "that is all");
    assert_eq!(head.len(), MAX_HEAD);
    let (head, whole) = head_of(&b"a: b\r\n".repeat(10_000));
    assert!(whole && head.len() == MAX_HEAD);
    assert_eq!(Request::parse(&head), Err(BadRequest::NoRequestLine));
}
