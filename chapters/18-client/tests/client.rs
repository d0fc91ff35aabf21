//! The client without I/O: what leaves it, and what it makes of what comes.

use std::time::Duration;

use ch00_wire::{RFC_KEY, masked_frame, unmasked_frame};
use ch05_reply::{TEXT, encode};
use ch06_select::{CLOSE, End, Event, Message, Protocol};
use ch10_control::PONG;
use ch18_client::{Backoff, Client, Wish, chance, masked, random};

const GOOD: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// The key of the RFC, and its mask.
fn known(bytes: &mut [u8]) {
    let all: &[u8] =
        if bytes.len() == 16 { b"the sample nonce" } else { &[0x37, 0xfa, 0x21, 0x3d] };
    bytes.copy_from_slice(&all[..bytes.len()]);
}

fn client() -> Client {
    let address = "ws://server.example.com/chat".parse().expect("an address");
    let wish = Wish { address, subprotocols: vec![], fields: vec![], compressed: false };
    let (client, request) = Client::new(wish, known);
    assert!(request.contains(&format!("Sec-WebSocket-Key: {RFC_KEY}\r\n")), "{request}");
    client
}

/// What follows from these bytes, in words, and the end.
fn hears(client: &mut Client, bytes: &[u8]) -> (Vec<String>, Result<(), End>) {
    let mut seen = Vec::new();
    let mut bytes = bytes.to_vec();
    let result = client.receive(&mut bytes, &mut |event| {
        seen.push(match event {
            Event::Head(_) => "head".to_owned(),
            Event::Opened(mut writer) => {
                let mut out = Vec::new();
                let payload = b"Hello"[..].into();
                writer.write(&Message { opcode: TEXT, payload }, &mut out);
                assert_eq!(out, masked_frame(1, b"Hello"));
                "opened".to_owned()
            }
            Event::Send(bytes) => format!("send {bytes:02x?}"),
            Event::Message(message) => match message.opcode {
                TEXT => String::from_utf8_lossy(&message.payload).into_owned(),
                PONG => "a pong".to_owned(),
                CLOSE => "goodbye".to_owned(),
                _ => format!("{:?}", message.payload),
            },
        });
    });
    (seen, result)
}

#[test]
fn frames_may_follow_the_head_at_once_and_everything_may_be_cut_anywhere() {
    let frames =
        [unmasked_frame(1, b"Li Jing"), unmasked_frame(9, b"Hello"), unmasked_frame(10, b"")];
    let all = [GOOD.as_bytes(), &frames.concat()].concat();
    let pong = format!("send {:02x?}", masked_frame(10, b"Hello"));
    for cut in 1..all.len() {
        let mut client = client();
        let (mut seen, first) = hears(&mut client, &all[..cut]);
        let (more, second) = hears(&mut client, &all[cut..]);
        seen.extend(more);
        assert_eq!(seen, ["head", "opened", "Li Jing", &pong, "a pong"], "cut at {cut}");
        assert_eq!((first, second), (Ok(()), Ok(())), "cut at {cut}");
    }
}

#[test]
fn a_goodbye_is_answered_with_its_code_under_a_mask() {
    let mut client = client();
    hears(&mut client, GOOD.as_bytes()).1.expect("open");
    let (seen, result) = hears(&mut client, &[0x88, 2, 0x0f, 0xa0]);
    assert_eq!(seen, ["goodbye"]);
    assert_eq!(result.expect_err("the end").last, masked_frame(8, &[0x0f, 0xa0]));
}

#[test]
fn a_server_that_breaks_a_rule_is_told_which_kind() {
    for (frame, code) in [
        (masked_frame(1, b"Hello"), 1002_u16),
        (masked_frame(9, b""), 1002),
        (unmasked_frame(3, b""), 1002),
        (unmasked_frame(0, b"Hello"), 1002),
        (vec![0xc1, 0x00], 1002),
        (vec![0x88, 0x02, 0x03, 0xee], 1002),
        (unmasked_frame(1, b"\xff"), 1007),
        (vec![0x82, 127, 0, 0, 0, 0, 1, 0, 0, 1], 1009),
    ] {
        let mut client = client();
        hears(&mut client, GOOD.as_bytes()).1.expect("open");
        let (seen, result) = hears(&mut client, &frame);
        let last = result.expect_err("the end").last;
        let mut payload = last[6..].to_vec();
        ch09_stream::unmask(&mut payload, [0x37, 0xfa, 0x21, 0x3d], 0);
        assert_eq!((last[0], last[1] & 0x80, &payload[..2]), (0x88, 0x80, &code.to_be_bytes()[..]));
        assert!(seen.is_empty(), "{seen:?}");
    }
}

#[test]
fn a_refusal_is_answered_with_nothing() {
    for head in [
        "HTTP/1.1 403 Forbidden\r\n\r\n".to_owned(),
        "a".repeat(17_000),
        GOOD.replace("s3p", "S3p"),
    ] {
        let (seen, result) = hears(&mut client(), head.as_bytes());
        assert!(result.expect_err("refused").last.is_empty());
        assert!(!seen.contains(&"opened".to_owned()), "{seen:?}");
    }
}

/// The frames of section 5.7, from the server's to the client's.
#[test]
fn a_mask_goes_between_header_and_payload() {
    for length in [0, 1, 125, 126, 65_535, 65_536] {
        let payload = vec![b'a'; length];
        assert_eq!(masked(&encode(TEXT, &payload), known), masked_frame(1, &payload), "{length}");
    }
    assert!(masked(&[], known).is_empty());
}

#[test]
fn no_key_comes_twice() {
    let keys: std::collections::HashSet<Vec<u8>> =
        (0..100).map(|_| masked(&encode(TEXT, b""), random)[2..6].to_vec()).collect();
    // Of a hundred keys among four thousand million, two are the same once in a million runs.
    assert_eq!(keys.len(), 100);
}

#[test]
fn attempts_become_rarer_and_are_spread() {
    let mut backoff = Backoff::default();
    let seconds: Vec<f64> = (0..7).map(|_| backoff.wait(1.0).as_secs_f64()).collect();
    assert_eq!(seconds, [5.0, 10.0, 20.0, 40.0, 60.0, 60.0, 60.0]);
    assert!((0..100).all(|_| backoff.wait(1.0) == Duration::from_secs(60)));
    backoff.lasted(Duration::from_secs(59));
    assert_eq!(backoff.wait(0.5), Duration::from_secs(30), "it did not last");
    backoff.lasted(Duration::from_secs(60));
    assert_eq!(backoff.wait(0.0), Duration::ZERO);
    assert_eq!(backoff.wait(0.5), Duration::from_secs(5));
    assert!((0.0..=1.0).contains(&chance(random)));
    assert_eq!(chance(|bytes| bytes.fill(0xff)), 1.0);
}
