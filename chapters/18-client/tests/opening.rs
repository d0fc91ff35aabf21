//! The opening handshake, point by point: section 4.1 of RFC 6455, and sections 5.1 and 7.1 of RFC 7692.

use ch18_client::{Address, Refused, Wish};

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const LINES: [&str; 4] = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
];

fn wish(subprotocols: &[&str], compressed: bool) -> Wish {
    Wish {
        address: "ws://server.example.com/chat".parse().expect("an address"),
        subprotocols: subprotocols.iter().map(|&name| name.to_owned()).collect(),
        fields: Vec::new(),
        compressed,
    }
}

/// What a client that offers two subprotocols and compression makes of a good answer, with one line replaced and others
/// added.
fn judged(replaced: &str, more: &[&str]) -> Result<bool, Refused> {
    let name = |line: &str| line.split([':', '/']).next().unwrap_or_default().to_owned();
    let lines = LINES.map(|line| if name(line) == name(replaced) { replaced } else { line });
    let head = lines.iter().chain(more).fold(String::new(), |head, line| head + line + "\r\n");
    let agreed = wish(&["chat", "superchat"], true).judge(KEY, (head + "\r\n").as_bytes());
    agreed.map(|agreed| agreed.is_some())
}

#[test]
fn a_good_answer_opens_the_connection() {
    for replaced in [
        "",
        "HTTP/1.1 101",
        "upgrade: WebSocket",
        "CONNECTION: keep-alive, upgrade",
        "Sec-WebSocket-Accept:s3pPLMBiTxaQ9kYGzzhZRbK+xOo=   ",
    ] {
        assert_eq!(judged(replaced, &[]), Ok(false), "{replaced}");
    }
    assert_eq!(judged("", &["Sec-WebSocket-Protocol: superchat"]), Ok(false));
}

#[test]
fn any_other_status_is_refused() {
    let status = |line: &str| judged(line, &["Location: http://other.example.com/"]);
    for (line, code) in
        [("HTTP/1.1 200 OK", 200), ("HTTP/1.1 401 No", 401), ("HTTP/1.1 503 No", 503)]
    {
        assert_eq!(status(line), Err(Refused::Status(code, None)), "{line}");
    }
    let elsewhere = Some("http://other.example.com/".to_owned());
    assert_eq!(status("HTTP/1.1 302 Found"), Err(Refused::Status(302, elsewhere)));
    for line in ["HTTP/1.0 101 Switching Protocols", "HTTP/2 101 Switching Protocols"] {
        assert_eq!(status(line), Err(Refused::NotHttp), "{line}");
    }
}

#[test]
fn each_field_says_what_it_must() {
    for (field, values) in [
        ("Upgrade", &["h2c", "websockets", ""][..]),
        ("Connection", &["close", "Upgrade-Insecure", ""]),
        (
            "Sec-WebSocket-Accept",
            &["", "Kfh9QIsMVZcl6xEPYxPHzW8SZ8w=", "S3PPLMBITXAQ9KYGZZHZRBK+XOO="],
        ),
    ] {
        for value in values {
            let line = format!("{field}: {value}");
            assert_eq!(judged(&line, &[]), Err(Refused::Field(field)), "{line}");
        }
    }
    for line in [LINES[1], LINES[3]] {
        let (name, _) = line.split_once(':').expect("a field");
        assert!(
            matches!(judged("", &[line]), Err(Refused::Field(twice)) if twice == name),
            "{line}"
        );
    }
    let without: String = LINES[..3].iter().map(|line| format!("{line}\r\n")).collect();
    let refused = wish(&[], false).judge(KEY, (without + "\r\n").as_bytes());
    assert_eq!(refused, Err(Refused::Field("Sec-WebSocket-Accept")));
}

#[test]
fn nothing_comes_that_was_not_asked_for() {
    let refused = |line: &str| matches!(judged("", &[line]), Err(Refused::NotAskedFor(_)));
    for line in [
        "Sec-WebSocket-Protocol: mqtt",
        "Sec-WebSocket-Protocol: chat, superchat",
        "Sec-WebSocket-Protocol: Chat",
    ] {
        assert!(refused(line), "{line}");
    }
    let twice = ["Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: chat"];
    assert_eq!(judged("", &twice), Err(Refused::Field("Sec-WebSocket-Protocol")));
    assert!(refused("Sec-WebSocket-Extensions: x-webkit-deflate-frame"));
}

/// A client that has not asked for an extension or a subprotocol gets none.
#[test]
fn whoever_asks_for_nothing_gets_nothing() {
    for line in ["Sec-WebSocket-Extensions: permessage-deflate", "Sec-WebSocket-Protocol: chat"] {
        let head = format!("{}\r\n{line}\r\n\r\n", LINES.join("\r\n"));
        let judged = wish(&[], false).judge(KEY, head.as_bytes());
        assert!(matches!(judged, Err(Refused::NotAskedFor(_))), "{line}: {judged:?}");
    }
}

#[test]
fn compression_is_agreed_on_as_it_was_offered() {
    let of = |value: &str| {
        judged("", &[&format!("Sec-WebSocket-Extensions: permessage-deflate{value}")])
    };
    for good in [
        "",
        "; server_no_context_takeover",
        "; client_no_context_takeover; server_no_context_takeover",
        "; client_max_window_bits=9",
        "; client_max_window_bits=8; server_max_window_bits=8",
        "; server_max_window_bits=\"15\"",
    ] {
        assert_eq!(of(good), Ok(true), "{good}");
    }
    for bad in [
        "; client_max_window_bits",
        "; client_max_window_bits=16",
        "; client_max_window_bits=08",
        "; server_max_window_bits",
        "; server_no_context_takeover=1",
        "; server_no_context_takeover; server_no_context_takeover",
        "; x",
        ", permessage-deflate",
        ", x-other",
    ] {
        assert!(matches!(of(bad), Err(Refused::NotAskedFor(_))), "{bad}: {:?}", of(bad));
    }
    let two = ["Sec-WebSocket-Extensions: permessage-deflate"; 2];
    assert!(matches!(judged("", &two), Err(Refused::NotAskedFor(_))));
}

#[test]
fn addresses() {
    let parts = |text: &str| {
        let Address { secret, host, port, authority, target } = text.parse().expect(text);
        format!("{secret} {host} {port} {authority} {target}")
    };
    assert_eq!(parts("ws://a.example"), "false a.example 80 a.example /");
    assert_eq!(parts("wss://a.example/chat?room=1"), "true a.example 443 a.example /chat?room=1");
    assert_eq!(parts("ws://[::1]:4000"), "false ::1 4000 [::1]:4000 /");
    assert_eq!(parts("WSS://127.0.0.1:443/"), "true 127.0.0.1 443 127.0.0.1 /");
    for bad in [
        "a.example",
        "http://a.example",
        "ws://",
        "ws:///chat",
        "ws://a#b",
        "ws://li@a",
        "ws://a b",
        "",
    ] {
        assert!(bad.parse::<Address>().is_err(), "{bad}");
    }
}
