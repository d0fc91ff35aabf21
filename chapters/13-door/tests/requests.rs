//! Requests, judged without a socket: one line changed at a time.

use ch06_select::End;
use ch13_door::{Opening, lists, read};

const GOOD: &str = "GET /chat HTTP/1.1\r\nHost: room.example.com\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

/// What is answered: the subprotocol, or nothing, in a 101; or why the request is refused.
fn judged(head: &[u8]) -> String {
    let opening = read(head).and_then(|request| Opening::read(&request));
    match opening.map(|opening| opening.answer("")) {
        Ok(head) => {
            let line = head.lines().find(|line| line.starts_with("Sec-WebSocket-Protocol"));
            line.unwrap_or("101").to_owned()
        }
        Err(refusal) => End::from(refusal).why,
    }
}

/// The good request with `from` replaced.
fn with(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    judged(GOOD.replace(from, to).as_bytes())
}

/// The good request with one field more.
fn and(field: &str) -> String {
    with("\r\n\r\n", &format!("\r\n{field}\r\n\r\n"))
}

#[test]
fn lists_in_any_case_and_in_several_fields() {
    assert_eq!(judged(GOOD.as_bytes()), "101");
    let good = [
        ("Upgrade: websocket", "uPGRADE:WebSocket"),
        ("Upgrade: websocket", "Upgrade: h2c ,\twebsocket"),
        ("Upgrade: websocket", "Upgrade: h2c\r\nUpgrade: websocket"),
        ("Connection: Upgrade", "connection: keep-alive, upgrade"),
        ("Connection: Upgrade", "Connection: ,, UPGRADE,"),
        ("Connection: Upgrade", "Connection: keep-alive\r\nConnection: Upgrade"),
    ];
    for (from, to) in good {
        assert_eq!(with(from, to), "101", "{to}");
    }
    let bad = "400: Upgrade must name websocket";
    for to in ["Upgrade: websockets", "Upgrade: h2c", "Upgrade: web socket", "X: y", "Upgrade:"] {
        assert_eq!(with("Upgrade: websocket", to), bad, "{to}");
    }
    let bad = "400: Connection must name Upgrade";
    for to in ["Connection: close", "Connection: Upgrade-Insecure", "X: y"] {
        assert_eq!(with("Connection: Upgrade", to), bad, "{to}");
    }
}

#[test]
fn one_host() {
    let good = [
        "localhost",
        "localhost:4000",
        "127.0.0.1:4000",
        "[::1]",
        "[::1]:4000",
        "xn--w7d.example",
        "a_b.example:",
        "%41.example",
    ];
    for host in good {
        assert_eq!(with("room.example.com", host), "101", "{host}");
    }
    let bad = [
        "",
        "a b",
        "a/b",
        "http://a",
        "user@a",
        "a:b",
        "a:80:80",
        ":80",
        "[::1",
        "::1",
        "[]",
        "[a/b]",
        "a?b",
        "a#b",
        "a\\b",
        "a\"b",
        "caf\u{e9}",
    ];
    let refused = "400: there must be one Host: a name, and perhaps a port";
    for host in bad {
        assert_eq!(with("room.example.com", host), refused, "{host}");
    }
    assert_eq!(with("Host: room", "X-Host: room"), refused);
    assert_eq!(and("host: room.example.com"), refused);
}

#[test]
fn one_version_and_one_key() {
    let other = "426: this server speaks version 13";
    for to in ["8", "", "013", "13, 8", "130", "3"] {
        assert_eq!(with("Version: 13", &format!("Version: {to}")), other, "{to}");
    }
    assert_eq!(with("Sec-WebSocket-Version", "X"), other);
    assert_eq!(and("Sec-WebSocket-Version: 13"), other);
    let bad = "400: there must be one key: 16 bytes in Base64";
    let keys = [
        "",
        "Li Jing",
        "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25j",
        "dGhlIHNhbXBsZSBub25jZWQ=",
    ];
    for key in keys {
        assert_eq!(with("dGhlIHNhbXBsZSBub25jZQ==", key), bad, "{key}");
    }
    assert_eq!(with("dGhl", "dGh-"), bad);
    assert_eq!(with("Sec-WebSocket-Key", "X"), bad);
    assert_eq!(and("sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=="), bad);
}

#[test]
fn a_subprotocol_is_chosen_from_the_offer() {
    let chosen = |offer: &str| and(&format!("Sec-WebSocket-Protocol: {offer}"));
    assert_eq!(chosen("chat"), "Sec-WebSocket-Protocol: chat");
    assert_eq!(chosen("superchat, chat"), "Sec-WebSocket-Protocol: superchat");
    assert_eq!(chosen("mqtt ,\tchat"), "Sec-WebSocket-Protocol: chat");
    assert_eq!(
        chosen("mqtt\r\nSec-WebSocket-Protocol: superchat"),
        "Sec-WebSocket-Protocol: superchat"
    );
    for other in ["mqtt", "Chat", "chats", "ch", "", ","] {
        assert_eq!(chosen(other), "101", "{other}");
    }
    for bad in ["chat, ch at", "chat; q=1", "\"chat\"", "chat\u{e9}", "a/b, chat"] {
        let refused = "400: a subprotocol must have a token for its name";
        assert_eq!(chosen(bad), refused, "{bad}");
    }
}

#[test]
fn what_a_head_is_made_of() {
    let first = "400: the first line must be: GET, a target, HTTP/1.1";
    for line in [
        "POST /chat HTTP/1.1",
        "GET /chat HTTP/1.0",
        "GET /chat HTTP/2",
        "get /chat HTTP/1.1",
        "GET  /chat HTTP/1.1",
        "GET /ch\u{7}at HTTP/1.1",
        "GET /ch\u{e9}at HTTP/1.1",
        "GET /ch\u{0}at HTTP/1.1",
        "GET /chat",
    ] {
        assert_eq!(with("GET /chat HTTP/1.1", line), first, "{line:?}");
    }
    let field = "400: a header field must be: a name, a colon, a value on one line";
    for line in [
        "no colon",
        ": no name",
        "X-Name : space before the colon",
        " X-Name: space before the name",
        "X-Name: folded\r\n once more",
        "X-Name: folded\r\n\tonce: more",
        "X Name: a space in it",
        "X(Name): not a token",
        "X-N\u{e4}me: not ASCII",
        "X-Name: a bell \u{7}",
        "X-Name: a carriage return\rSet-Cookie: a=b",
        "X-Name: a NUL \0",
        "X-Name: delete \u{7f}",
    ] {
        assert_eq!(and(line), field, "{line:?}");
    }
    for line in ["X-Name:", "X-Name: a\tb", "!#$%&'*+-.^_`|~9: \"quoted\"", "X-Name: caf\u{e9}"] {
        assert_eq!(and(line), "101", "{line:?}");
    }
}

/// An older server may have ended its lines like this, and RFC 9112 lets us take it.
#[test]
fn line_feeds_alone() {
    assert_eq!(judged(GOOD.replace("\r\n", "\n").as_bytes()), "101");
}

#[test]
fn the_items_of_a_list() {
    let head = "GET / HTTP/1.1\r\nHost: a\r\nx: a, b ,,\r\nY: z\r\nX:\t c\r\nx: \r\n\r\n";
    let request = read(head.as_bytes()).expect("a request");
    assert_eq!(lists(&request, "X").collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(lists(&request, "W").count(), 0);
}

/// No request opens a connection that is not a good one with some of its bytes changed back: each of its bytes counts,
/// but for letters whose case is free, and the space around values.
#[test]
fn every_byte_counts() {
    for at in 0..GOOD.len() {
        for change in [0x01, 0x04, 0x10, 0x40, 0x80] {
            let mut head = GOOD.as_bytes().to_vec();
            head[at] ^= change;
            // A line feed alone ends a line, too.
            if judged(&head) != "101" || GOOD.as_bytes()[at] == b'\r' {
                continue;
            }
            let line = GOOD[..at].matches('\n').count();
            let value = GOOD.lines().nth(line).expect("a line");
            let is_free = value.starts_with("GET") || value.starts_with("Host");
            let is_key = value.starts_with("Sec-WebSocket-Key: ");
            assert!(is_free || is_key, "byte {at} changed by {change:02x}, in {value:?}");
        }
    }
}
