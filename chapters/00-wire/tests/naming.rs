//! The instrument on known bytes: the examples of RFC 6455, and what is malformed.

use ch00_wire::{
    Closing, Event, HIXIE76_ANSWER, HIXIE76_KEY1, HIXIE76_KEY2, HIXIE76_KEY3, Kind, Recorder,
    Recording, Side, Stream, Unit, assert_recording, hixie_frame, hixie75_request, hixie76_request,
    masked_frame, rfc_request, unhex,
};

/// The units that these bytes are, sent by `side` after the opening handshake.
fn frames(side: Side, hex: &str) -> Vec<Unit> {
    Stream::of_frames(side).feed(&unhex(hex).expect("hexadecimal"))
}

/// The dump of each of some frames, under its bytes' sender and title.
fn dumps(vectors: &[(Side, &str)]) -> String {
    let mut out = String::new();
    for (side, hex) in vectors {
        for unit in frames(*side, hex) {
            out += &format!("{side} · {}\n{unit}\n", unit.title);
        }
    }
    out
}

#[test]
fn examples_of_the_rfc() {
    insta::assert_snapshot!(dumps(&[
        (Side::Server, "81 05 48 65 6c 6c 6f"),
        (Side::Client, "81 85 37 fa 21 3d 7f 9f 4d 51 58"),
        (Side::Server, "01 03 48 65 6c 80 02 6c 6f"),
        (Side::Server, "89 05 48 65 6c 6c 6f"),
        (Side::Client, "8a 85 37 fa 21 3d 7f 9f 4d 51 58"),
        (Side::Server, &format!("82 7e 01 00 {}", "aa".repeat(256))),
        (Side::Server, &format!("82 7f 00 00 00 00 00 01 00 00 {}", "bb".repeat(65_536))),
    ]));
}

#[test]
fn what_is_malformed() {
    insta::assert_snapshot!(dumps(&[
        (Side::Client, "81 05 48 65 6c 6c 6f"),
        (Side::Server, "81 85 37 fa 21 3d 7f 9f 4d 51 58"),
        (Side::Server, "c1 00"),
        (Side::Server, "83 00"),
        (Side::Server, "09 00"),
        (Side::Server, &format!("89 7e 00 7e {}", "00".repeat(126))),
        (Side::Server, "81 7e 00 05 48 65 6c 6c 6f"),
        (Side::Server, "82 7f 80 00 00 00 00 00 00 00"),
        (Side::Server, "81 02 c3 28"),
        (Side::Server, "81 01 e6"),
        (Side::Server, "80 01 41"),
        (Side::Server, "01 01 41 81 01 42"),
        (Side::Server, "88 01 03"),
        (Side::Server, "88 02 03 ed"),
        (Side::Server, "88 03 03 e8 ff"),
        (Side::Server, "88 02 03 e8 81 01 41"),
    ]));
}

#[test]
fn close_frames() {
    insta::assert_snapshot!(dumps(&[
        (Side::Server, "88 00"),
        (Side::Server, "88 02 03 e8"),
        (Side::Client, "88 89 37 fa 21 3d 34 13 46 52 5e 94 46 1d 56"),
    ]));
}

#[test]
fn a_frame_that_has_not_fully_arrived() {
    let frame = unhex("81 fe 00 7e 37 fa 21 3d 7f 9f 4d 51 58").expect("hexadecimal");
    let mut out = String::new();
    for end in [1, 2, 3, 4, 6, 8, 10, 13] {
        for unit in Stream::of_frames(Side::Client).feed(&frame[..end]) {
            out += &format!("{end} of 13 bytes · {}\n{unit}\n", unit.title);
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn heads() {
    let mut out = String::new();
    for (side, head) in [
        (Side::Client, "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n"),
        (Side::Client, "POST / HTTP/1.0\r\n\r\n"),
        (Side::Client, "GET / HTTP/1.1\r\nHost: \u{1b}[31mx"),
        (Side::Server, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nno key\n"),
        (Side::Server, "hello"),
        (Side::Server, "HTTP/1.1 101 Switching Protocols\r\n\r\n\0"),
        (Side::Server, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\n\r\n\r\n"),
    ] {
        for unit in Stream::new(side).feed(head.as_bytes()) {
            out += &format!("{side} · {}\n{unit}\n", unit.title.escape_debug());
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn a_character_cut_between_two_frames_is_no_fault() {
    // 漢 is e6 bc a2.
    let units = frames(Side::Server, "01 01 e6 80 02 bc a2");
    assert!(units.iter().all(|unit| unit.faults.is_empty()), "{units:#?}");
    assert_eq!(units[1].text.as_deref(), Some("漢"));
    let units = frames(Side::Server, "01 01 e6 80 01 bc");
    assert_eq!(units[1].faults[0].section, "8.1");
}

/// Which message a frame belongs to, where in it, and what all of it says.
#[test]
fn fragments_are_counted_and_read_together() {
    let told = |hex: &str| -> Vec<(String, Option<String>)> {
        let units = frames(Side::Server, hex);
        units.into_iter().map(|unit| (unit.title, unit.message)).collect()
    };
    let text = told("01 01 e6 89 00 00 02 bc a2 00 00 8a 00 80 01 41");
    let titles: Vec<&str> = text.iter().map(|(title, _)| title.as_str()).collect();
    let expected = [
        "text frame, 1 byte, to be continued",
        "ping frame, 0 bytes, between two fragments",
        "continuation frame, 2 bytes, fragment 2 of a text, to be continued",
        "continuation frame, 0 bytes, fragment 3 of a text, to be continued",
        "pong frame, 0 bytes, between two fragments",
        "continuation frame, 1 byte, fragment 4 of a text, the last",
    ];
    assert_eq!(titles, expected);
    assert!(text[..5].iter().all(|(_, message)| message.is_none()));
    assert_eq!(text[5].1.as_deref(), Some("漢A"));
    let binary = told("02 01 e6 80 01 41");
    assert_eq!(binary[1].0, "continuation frame, 1 byte, fragment 2 of a binary message, the last");
    assert_eq!(binary[1].1, None);
    let twice = told("01 01 41 80 01 42 01 01 43 80 01 44 80 01 45 89 00");
    assert_eq!(twice[3].1.as_deref(), Some("CD"), "the next one begins from nothing");
    assert_eq!(twice[4], ("continuation frame, 1 byte".to_owned(), None), "of no message");
    assert_eq!(twice[5].0, "ping frame, 0 bytes");
}

/// What comes later cannot make it right.
#[test]
fn a_wrong_byte_is_told_before_its_frame_is_whole() {
    let faults = |hex: &str| frames(Side::Server, hex).remove(0).faults;
    let wrong = faults("81 64 4c 69 ff 20");
    assert_eq!((wrong.len(), wrong[0].at), (1, Some(4)));
    assert!(faults("81 64 4c 69 e6").is_empty(), "two more bytes, and it is a character");
    assert_eq!(faults("81 64 e6 41")[0].at, Some(2));
}

/// The handshake of section 1.3 and the first two frames of section 5.7, as one conversation.
#[test]
fn a_first_conversation() {
    let recorder = Recorder::new();
    let client = recorder.new_client();
    recorder.bytes(client, Side::Client, &rfc_request());
    let answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    recorder.bytes(client, Side::Server, answer.as_bytes());
    recorder.bytes(client, Side::Client, &masked_frame(1, b"Li Jing"));
    recorder.bytes(client, Side::Server, b"\x81\x07Li Jing");
    recorder.closed(client, Side::Client, Closing::Closed);
    assert_recording!("first", recorder.recording("A first conversation"));
}

#[test]
fn hexadecimal_that_is_none_is_refused() {
    assert_eq!(
        unhex("81 0"),
        Err("'0' is not a row of bytes: write each as two digits, like 0a".into())
    );
    assert_eq!(unhex("zz"), Err("'zz' has a sign that is not 0-9 or a-f".into()));
    assert_eq!(unhex("0x81,05 4865"), Ok(vec![0x81, 0x05, 0x48, 0x65]));
    assert!(unhex("é").is_err());
}

#[test]
fn a_frame_that_is_longer_than_what_is_kept() {
    let header = unhex("82 7f 00 00 00 00 00 03 0d 40").expect("hexadecimal");
    let frame = [header, vec![0xaa; 200_000]].concat();
    let unit = &Stream::of_frames(Side::Server).feed(&frame)[0];
    insta::assert_snapshot!(format!("{}\n{unit}", unit.title));
}

#[test]
fn what_was_not_kept_is_not_judged() {
    // 静 is e9 9d 99; its first byte is the last of a fragment that is too long to keep.
    let header = unhex("01 7f 00 00 00 00 00 03 0d 40").expect("hexadecimal");
    let mut stream = Stream::of_frames(Side::Server);
    let units = stream.feed(&[header, vec![b'a'; 199_999], vec![0xe9]].concat());
    assert!(units[0].complete && units[0].faults.is_empty(), "{:?}", units[0].faults);
    let units = stream.feed(&unhex("80 02 9d 99").expect("hexadecimal"));
    assert!(units[0].faults.is_empty(), "{:?}", units[0].faults);
    let units = stream.feed(&unhex("81 01 99").expect("hexadecimal"));
    assert_eq!(units[0].faults[0].section, "8.1", "the next message is judged again");
}

#[test]
fn a_new_message_forgets_the_character_that_was_cut() {
    let units = frames(Side::Server, "01 01 e6 82 01 41 81 01 41");
    assert!(units[2].faults.iter().all(|fault| fault.section != "8.1"), "{:?}", units[2].faults);
}

#[test]
fn only_the_servers_101_makes_frames_of_what_follows() {
    let conversation = |answer: &str| {
        let recorder = Recorder::new();
        let client = recorder.new_client();
        recorder.bytes(client, Side::Client, b"GET / HTTP/1.1\r\nSec-WebSocket-Key: x\r\n\r\n");
        recorder.bytes(client, Side::Server, answer.as_bytes());
        recorder.bytes(client, Side::Client, &masked_frame(1, b"Li Jing"))
    };
    let granted = conversation("HTTP/1.1 101 Switching Protocols\r\n\r\n");
    assert_eq!((granted[0].kind, granted[0].text.as_deref()), (Kind::Frame, Some("Li Jing")));
    let refused = conversation("HTTP/1.1 400 Bad Request\r\n\r\n");
    assert_eq!(refused[0].kind, Kind::RequestHead);
}

#[test]
fn a_frame_that_came_before_the_101_is_a_frame_all_the_same() {
    let recorder = Recorder::new();
    let client = recorder.new_client();
    recorder.bytes(client, Side::Client, b"GET / HTTP/1.1\r\n\r\n");
    recorder.bytes(client, Side::Client, &masked_frame(1, b"Li Jing"));
    recorder.bytes(client, Side::Server, b"HTTP/1.1 101 Switching Protocols\r\n\r\n");
    let events = recorder.recording("too early").events;
    let frame = events.iter().find_map(|event| match event {
        Event::Unit { unit, .. } if unit.kind == Kind::Frame => Some(unit.title.as_str()),
        _ => None,
    });
    assert_eq!(frame, Some("text frame, 7 bytes, masked"), "{events:#?}");
}

/// The units of a connection of 2009, whose frames follow the heads at once.
fn older_frames(hex: &str) -> Vec<Unit> {
    let recorder = Recorder::new();
    let client = recorder.new_client();
    recorder.bytes(client, Side::Client, &hixie75_request());
    recorder.bytes(
        client,
        Side::Server,
        b"HTTP/1.1 101 Web Socket Protocol Handshake\r\nWebSocket-Location: ws://a/b\r\n\r\n",
    );
    recorder.bytes(client, Side::Client, &unhex(hex).expect("hexadecimal"))
}

#[test]
fn older_frames_and_what_is_malformed() {
    let vectors = [
        "00 48 65 6c 6c 6f ff",
        "00 ff",
        "00 4c 69 ff 00 4a 69 6e 67 ff",
        "80 02 48 65 00 48 65 6c 6c 6f ff",
        "0f 48 65 ff",
        "ff 00",
        "ff 00 00 41 ff",
        "00 c3 28 ff",
        "80 80 02 48 65",
        "80 81 ff ff ff ff ff ff ff ff 7f",
        "80 82 80 80 80 80 80 80 80 80 00 48",
        "80 01 48",
        "80 81",
        "00 48 65",
    ];
    let mut out = String::new();
    for hex in vectors {
        for unit in older_frames(hex) {
            out += &format!("{}\n{unit}\n", unit.title);
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn a_key_of_2010_that_is_none() {
    let faults = |key: &str| {
        let units = Stream::new(Side::Client).feed(&hixie76_request(key, HIXIE76_KEY2));
        units[0].faults.iter().map(|fault| fault.why.clone()).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(faults("12345"), "a key of 2010 has spaces");
    let remainder = "the spaces of a key of 2010 divide its number";
    assert_eq!(faults("2 L785 8o% s9Sy9@V. 4<1P5"), remainder);
    assert_eq!(faults("42949672950 0"), "the number in a key of 2010 has 32 bits");
    assert_eq!(
        faults(&format!("{} 9", "9".repeat(5_000))),
        "the number in a key of 2010 has 32 bits"
    );
    let large_and_even = format!("{}8  ", "9".repeat(40));
    assert_eq!(
        faults(&format!("{large_and_even}1")),
        "the number in a key of 2010 has 32 bits",
        "what was not counted to its end is not said to leave a remainder"
    );
    assert_eq!(faults("3e6b263  4 17 80"), "");
}

#[test]
fn the_keys_of_three_implementations() {
    let keys = [
        (HIXIE76_KEY1, "4146546015 ÷ 5 = 829309203"),
        (HIXIE76_KEY2, "1299853100 ÷ 5 = 259970620"),
        ("18x 6]8vM;54 *(5:  {   U1]8  z [  8", "1868545188 ÷ 12 = 155712099"),
        ("1_ tx7X d  <  nw  334J702) 7]o}` 0", "1733470270 ÷ 10 = 173347027"),
        ("3e6b263  4 17 80", "3626341780 ÷ 4 = 906585445"),
        ("17  9 G`ZD9   2 2b 7X 3 /r90", "1799227390 ÷ 10 = 179922739"),
    ];
    for (key, sum) in keys {
        let unit = &Stream::new(Side::Client).feed(&hixie76_request(key, HIXIE76_KEY2))[0];
        let field = unit.parts.iter().find(|part| part.name == "Sec-WebSocket-Key1");
        let field = field.expect("the field is there");
        assert_eq!((field.value.as_str(), field.note.as_str()), (key, sum));
        assert!(unit.faults.is_empty(), "{:?}", unit.faults);
    }
}

#[test]
fn a_challenge_that_is_no_text_is_shown_as_bytes() {
    let request = hixie76_request(HIXIE76_KEY1, HIXIE76_KEY2);
    let units = Stream::new(Side::Client).feed(&[&request[..], b"\x00\xffab\r\n\r\n"].concat());
    assert_eq!(units[1].kind, Kind::Challenge);
    assert_eq!(units[1].value("key3"), Some("00 ff 61 62 0d 0a 0d 0a"));
}

const OLDER_HEAD: &[u8] = b"HTTP/1.1 101 WebSocket Protocol Handshake\r\n\
    Upgrade: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Origin: http://example.com\r\n\
    Sec-WebSocket-Location: ws://server.example.com/chat\r\n\r\n";

/// The example of the draft, then one message each way and a goodbye each way. The server's head
/// comes before the eight bytes, as servers of the day sent it.
#[test]
fn a_conversation_of_2010() {
    let recorder = Recorder::new();
    let client = recorder.new_client();
    recorder.bytes(client, Side::Client, &hixie76_request(HIXIE76_KEY1, HIXIE76_KEY2));
    recorder.bytes(client, Side::Server, OLDER_HEAD);
    recorder.bytes(client, Side::Client, &HIXIE76_KEY3[..5]);
    recorder.bytes(client, Side::Client, &[&HIXIE76_KEY3[5..], &hixie_frame("Li Jing")].concat());
    recorder.bytes(client, Side::Server, &[&HIXIE76_ANSWER[..], &hixie_frame("Li Jing")].concat());
    recorder.bytes(client, Side::Client, b"\xff\x00");
    recorder.bytes(client, Side::Server, b"\xff\x00");
    recorder.closed(client, Side::Server, Closing::Closed);
    assert_recording!("of_2010", recorder.recording("A conversation of 2010"));
}

#[test]
fn a_server_that_grants_what_was_not_asked_makes_older_frames_all_the_same() {
    let recorder = Recorder::new();
    let client = recorder.new_client();
    recorder.bytes(client, Side::Client, &rfc_request());
    recorder.bytes(client, Side::Server, OLDER_HEAD);
    let units = recorder.bytes(client, Side::Client, &hixie_frame("Li Jing"));
    assert_eq!((units[0].kind, units[0].text.as_deref()), (Kind::HixieFrame, Some("Li Jing")));
}

#[test]
fn the_eight_bytes_are_named_however_they_come() {
    let request = hixie76_request("3e6b263  4 17 80", HIXIE76_KEY2);
    let whole = [&request[..], b"WjN}|M(6"].concat();
    for cut in [1, 50, request.len() - 1, request.len(), request.len() + 3, whole.len()] {
        let mut stream = Stream::new(Side::Client);
        let mut units = stream.feed(&whole[..cut]);
        units.extend(stream.feed(&whole[cut..]));
        let last = units.last().expect("a unit");
        assert_eq!((last.kind, last.complete), (Kind::Challenge, true), "cut at {cut}");
        assert_eq!(last.value("key3"), Some("\"WjN}|M(6\""));
    }
}

#[test]
fn as_data_each_event_is_a_line() {
    let recorder = Recorder::new();
    let client = recorder.new_client();
    recorder.bytes(client, Side::Client, &rfc_request());
    recorder.line("a \"line\"");
    let recording = recorder.recording("a \"title\"");
    let json = recording.to_json();
    assert_eq!(json.lines().count(), 1 + recording.events.len() + 1);
    assert_eq!(serde_json::from_str::<Recording>(&json).expect("JSON"), {
        // What the instrument kept for itself does not leave it.
        let mut recording = recording;
        for event in &mut recording.events {
            if let Event::Unit { unit, .. } = event {
                unit.bytes.clear();
            }
        }
        recording
    });
}
