//! The heads of the older handshake, without a socket.

use ch02_key::Request;
use ch08_hixie::{OlderRequest, Version};

const OLDER: &str = "GET /demo HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key2: 12998 5 Y3 1  .P00\r\nSec-WebSocket-Protocol: sample\r\n\
    Upgrade: WebSocket\r\nSec-WebSocket-Key1: 4 @1  46546xW%0l 1 5\r\n\
    Origin: http://example.com\r\n\r\n";

fn found(head: &str) -> Option<Result<OlderRequest, String>> {
    OlderRequest::find(&Request::parse(head.as_bytes()).expect("a request"))
}

#[test]
fn the_example_of_the_draft() {
    let request = found(OLDER).expect("an older request").expect("a good one");
    assert_eq!(request.version, Version::Hixie76([829_309_203, 259_970_620]));
    insta::assert_snapshot!("head", request.head().replace("\r\n", "\\r\\n\n"));
}

#[test]
fn what_is_no_older_request() {
    let with = |line: &str| OLDER.replace("Connection: Upgrade", line);
    assert_eq!(found(&with("Sec-WebSocket-Version: 13")), None);
    assert_eq!(found(&with("sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==")), None);
    assert_eq!(found(&OLDER.replace("Upgrade: WebSocket", "Upgrade: h2c")), None);
    assert_eq!(found("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), None);
    // Some clients say how long the eight bytes are, which the draft does not ask for.
    assert!(matches!(found(&with("Content-Length: 8")), Some(Ok(_))));
}

#[test]
fn what_is_a_bad_one() {
    let without = |name: &str| found(&OLDER.replace(name, "X")).expect("an older request");
    insta::assert_debug_snapshot!([
        without("Sec-WebSocket-Key1").map(drop),
        without("Host").map(drop),
        without("Origin").map(drop),
        found(&OLDER.replace(" 46546", "46546").replace("4 @1 ", "4@1 ")).expect("older").map(drop),
    ]);
}
