//! Heads, read and taken apart.

use ch00_wire::{RFC_KEY, request, rfc_request};
use ch02_key::{BadRequest, HeadEnd, MAX_HEAD, Request, read_head};

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
fn head_of(mut bytes: &[u8]) -> (Vec<u8>, HeadEnd) {
    let mut head = Vec::new();
    let end = read_head(&mut bytes, &mut head).expect("a slice is read without error");
    (head, end)
}

#[test]
fn a_head_is_read_up_to_its_empty_line() {
    let mut reader: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n\x81\x80";
    let mut head = Vec::new();
    assert_eq!(read_head(&mut reader, &mut head).expect("read"), HeadEnd::Found);
    assert_eq!(head, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(reader, b"\x81\x80");
    assert_eq!(head_of(b"GET /\n\n").1, HeadEnd::Found, "a line may end with \\n alone");
    assert_eq!(head_of(b"\r\n").1, HeadEnd::Found, "an empty first line ends it too");
    assert_eq!(head_of(b"GET /\r\n\r").1, HeadEnd::NotYet, "the last line may go on");
    assert_eq!(head_of(b"GET /\n \n").1, HeadEnd::NotYet, "a line with a space is not empty");
}

#[test]
fn a_head_is_read_on_where_it_was_cut() {
    let request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    for cut in 0..request.len() {
        let (mut head, end) = head_of(&request[..cut]);
        assert_eq!(end, HeadEnd::NotYet, "cut before byte {cut}");
        assert_eq!(read_head(&mut &request[cut..], &mut head).expect("read"), HeadEnd::Found);
        assert_eq!(head, request);
    }
}

#[test]
fn a_head_without_an_end_is_refused_as_too_long() {
    let endless = &mut std::io::BufReader::new(std::io::repeat(b'a'));
    let mut head = Vec::new();
    assert_eq!(read_head(endless, &mut head).expect("read"), HeadEnd::TooFar);
    assert_eq!(head.len(), MAX_HEAD);
    let (head, end) = head_of(&b"a: b\r\n".repeat(10_000));
    assert_eq!((head.len(), end), (MAX_HEAD, HeadEnd::TooFar));
    assert_eq!(Request::parse(&head), Err(BadRequest::TooLong));
}

/// A request whose head has exactly so many bytes.
fn request_of(length: usize) -> Vec<u8> {
    let filled = |fill: usize| request(&format!("Sec-WebSocket-Key: k\r\nX: {}", "x".repeat(fill)));
    filled(length - filled(0).len())
}

#[test]
fn the_longest_head_is_taken_and_no_byte_more() {
    assert_eq!(MAX_HEAD, 16_384, "the 16 KiB of the sentence that a client gets");
    let longest = request_of(MAX_HEAD);
    let (head, end) = head_of(&longest);
    assert_eq!((head.len(), end), (MAX_HEAD, HeadEnd::Found));
    assert_eq!(Request::parse(&head).and_then(|request| request.key()).as_deref(), Ok("k"));
    let (head, end) = head_of(&request_of(MAX_HEAD + 1));
    assert_eq!((head.len(), end), (MAX_HEAD, HeadEnd::TooFar));
    assert_eq!(Request::parse(&head), Err(BadRequest::TooLong));
    // Cut off by its client, and not by the limit.
    assert_ne!(Request::parse(&longest[..MAX_HEAD - 1]), Err(BadRequest::TooLong));
}
