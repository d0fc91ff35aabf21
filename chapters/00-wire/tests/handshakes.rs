//! Answers held against what was asked, and what follows an answer that came too early.

use ch00_wire::{
    Event, HIXIE76_KEY1, HIXIE76_KEY2, HIXIE76_KEY3, Kind, Recorder, Side, Stream, Unit,
    hixie_frame, hixie75_request, hixie76_request, masked_frame, request, rfc_key_line,
    rfc_request, unhex,
};

const GRANT: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

/// A conversation of one client.
struct Wire {
    recorder: Recorder,
    client: usize,
}

impl Wire {
    fn new() -> Wire {
        let recorder = Recorder::new();
        let client = recorder.new_client();
        Wire { recorder, client }
    }

    fn client(&self, bytes: &[u8]) -> Vec<Unit> {
        self.recorder.bytes(self.client, Side::Client, bytes)
    }

    fn server(&self, bytes: &[u8]) -> Vec<Unit> {
        self.recorder.bytes(self.client, Side::Server, bytes)
    }

    /// What was sent by one side, in order: the last form of each unit.
    fn sent_by(&self, side: Side) -> Vec<Unit> {
        let events = self.recorder.recording("").events;
        let sent = events.into_iter().filter_map(|event| match event {
            Event::Unit { from, unit, .. } if from == side => Some(*unit),
            _ => None,
        });
        sent.collect()
    }
}

/// A request with these fields more.
fn asking(fields: &str) -> Vec<u8> {
    request(&format!("{}{fields}", rfc_key_line()))
}

/// A grant with these fields more.
fn granting(fields: &str) -> String {
    format!("{GRANT}{fields}\r\n")
}

/// The one fault of an answer to a request, with the text that stands at its place.
fn fault(asked: &str, answered: &str) -> Option<(String, String, String)> {
    let wire = Wire::new();
    wire.client(&asking(asked));
    let answer = granting(answered);
    let units = wire.server(answer.as_bytes());
    assert!(units[0].faults.len() <= 1, "{:?}", units[0].faults);
    let fault = units[0].faults.first()?;
    let rest = &answer[fault.at.expect("a place")..];
    let rest = rest.split("\r\n").next().unwrap_or_default();
    Some((fault.why.clone(), fault.section.clone(), rest.to_owned()))
}

#[test]
fn what_the_client_did_not_ask_for_is_a_fault_of_the_answer() {
    let offer = "\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x-frame";
    let protocols = "\r\nSec-WebSocket-Protocol: chat, superchat\r\nsec-websocket-protocol: v2";
    let cases = [
        ("", "", None),
        (
            "",
            "Sec-WebSocket-Protocol: chat\r\n",
            Some(("the client did not ask for Sec-WebSocket-Protocol", "4.1", "chat")),
        ),
        (protocols, "Sec-WebSocket-Protocol: superchat\r\n", None),
        (protocols, "Sec-WebSocket-Protocol: v2\r\n", None),
        (
            protocols,
            "Sec-WebSocket-Protocol: Chat\r\n",
            Some(("the client did not ask for the subprotocol \"Chat\"", "4.1", "Chat")),
        ),
        (
            protocols,
            "Sec-WebSocket-Protocol: chat, superchat\r\n",
            Some((
                "the client did not ask for the subprotocol \"chat, superchat\"",
                "4.1",
                "chat, superchat",
            )),
        ),
        (
            protocols,
            "Sec-WebSocket-Protocol:\r\n",
            Some(("a subprotocol has a name: without one, leave the field out", "4.2.2", "")),
        ),
        (
            "",
            "Sec-WebSocket-Extensions: permessage-deflate\r\n",
            Some((
                "the client did not ask for Sec-WebSocket-Extensions",
                "4.1",
                "permessage-deflate",
            )),
        ),
        (offer, "Sec-WebSocket-Extensions: permessage-deflate\r\n", None),
        (offer, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=9\r\n", None),
        (
            offer,
            "sec-websocket-extensions:  permessage-deflate; client_max_window_bits\r\n",
            Some((
                "client_max_window_bits has a value in an answer",
                "RFC 7692, section 7.1.2.2",
                "permessage-deflate; client_max_window_bits",
            )),
        ),
        (
            offer,
            "Sec-WebSocket-Extensions: x-frame, x-other; a=b\r\n",
            Some((
                "the client did not offer the extension \"x-other\"",
                "4.1",
                "x-frame, x-other; a=b",
            )),
        ),
        (
            offer,
            "Sec-WebSocket-Extensions: \r\n",
            Some((
                "a list of extensions names one at the least: without any, leave the field out",
                "9.1",
                "",
            )),
        ),
    ];
    for (asked, answered, expected) in cases {
        let expected = expected.map(|(why, section, at): (&str, &str, &str)| {
            (why.to_owned(), section.to_owned(), at.to_owned())
        });
        assert_eq!(fault(asked, answered), expected, "{asked:?} {answered:?}");
    }
}

#[test]
fn an_accept_value_has_the_form_of_one() {
    let faults = |value: &str| {
        let head =
            format!("HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: {value}\r\n\r\n");
        let unit = Stream::new(Side::Server).feed(head.as_bytes()).remove(0);
        unit.faults.into_iter().map(|fault| (fault.section, fault.at)).collect::<Vec<_>>()
    };
    let wrong = vec![("4.2.2".to_owned(), Some(56))];
    assert_eq!(faults("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), []);
    assert_eq!(faults("s3pPLMBiTxaQ9k YGzzhZRbK+xOo="), wrong);
    assert_eq!(faults("b37a4f2cc0624f1690f64606cf385945b2bec4ea"), wrong);
    assert_eq!(faults(""), wrong);
    let with_line_end = faults("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n");
    assert_eq!(with_line_end, [("4.1".to_owned(), Some(84))], "the place of the \\n");
}

#[test]
fn a_status_says_what_it_means() {
    let note = |status: &str| {
        let head = format!("{status}\r\nConnection: close\r\n\r\n");
        let unit = Stream::new(Side::Server).feed(head.as_bytes()).remove(0);
        (unit.parts[0].note.clone(), unit.faults.len())
    };
    assert_eq!(note("HTTP/1.1 400 Bad Request"), ("the request was malformed".into(), 0));
    assert_eq!(note("HTTP/1.1 404 Not Found"), ("nothing is at this target".into(), 0));
    assert_eq!(note("HTTP/1.0 405 No"), ("another method is wanted".into(), 0));
    assert_eq!(
        note("HTTP/1.1 426 Upgrade Required"),
        ("another protocol or version is wanted".into(), 0)
    );
    assert_eq!(note("HTTP/1.1 299"), (String::new(), 0));
    assert_eq!(note("HTTP/1.0 101 Switching Protocols").1, 1, "1.0 cannot upgrade");
    assert_eq!(note("HTTP/1.1 OK"), (String::new(), 1));
}

const TOO_EARLY: &str = "the answer came before the request's head had ended";

#[test]
fn the_rest_of_a_head_that_was_answered_too_early_is_that_head() {
    let head = rfc_request();
    let whole = [&head[..], &masked_frame(1, b"Li Jing")].concat();
    for cut in 0..head.len() {
        let wire = Wire::new();
        wire.client(&whole[..cut]);
        let answer = &wire.server(granting("").as_bytes())[0];
        assert_eq!((&*answer.faults[0].why, &*answer.faults[0].section), (TOO_EARLY, "4.2.1"));
        wire.client(&whole[cut..]);
        let kinds: Vec<_> = wire.sent_by(Side::Client).iter().map(|unit| unit.kind).collect();
        assert_eq!(kinds, [Kind::RequestHead, Kind::Frame], "cut at {cut}");
        let sent = wire.sent_by(Side::Client);
        assert!(sent.iter().all(|unit| unit.complete && unit.faults.is_empty()), "{sent:#?}");
    }
}

#[test]
fn an_answer_that_came_in_time_has_no_such_fault() {
    let wire = Wire::new();
    wire.client(&rfc_request());
    assert_eq!(wire.server(granting("").as_bytes())[0].faults, []);
}

#[test]
fn the_same_holds_for_the_protocols_before() {
    let hixie76 = "HTTP/1.1 101 WebSocket Protocol Handshake\r\n\
        Sec-WebSocket-Location: ws://server.example.com/chat\r\n\r\n";
    let hixie75 = "HTTP/1.1 101 Web Socket Protocol Handshake\r\n\
        WebSocket-Location: ws://server.example.com/chat\r\n\r\n";
    let with_keys = hixie76_request(HIXIE76_KEY1, HIXIE76_KEY2);
    let challenged = [&with_keys[..], HIXIE76_KEY3].concat();
    for (request, head, answer, kinds) in [
        (
            &challenged,
            with_keys.len(),
            hixie76,
            &[Kind::RequestHead, Kind::Challenge, Kind::HixieFrame][..],
        ),
        (
            &hixie75_request(),
            hixie75_request().len(),
            hixie75,
            &[Kind::RequestHead, Kind::HixieFrame][..],
        ),
    ] {
        for cut in [1, head / 2, head - 1] {
            let wire = Wire::new();
            wire.client(&request[..cut]);
            assert_eq!(wire.server(answer.as_bytes())[0].faults[0].why, TOO_EARLY);
            wire.client(&[&request[cut..], &hixie_frame("Li Jing")[..]].concat());
            let sent = wire.sent_by(Side::Client);
            assert_eq!(sent.iter().map(|unit| unit.kind).collect::<Vec<_>>(), kinds);
            assert_eq!(sent.last().and_then(|unit| unit.text.as_deref()), Some("Li Jing"));
        }
    }
}

/// Frames of a connection on which both ends have agreed to compress.
fn compressing() -> Wire {
    let wire = Wire::new();
    wire.client(&asking("\r\nSec-WebSocket-Extensions: permessage-deflate"));
    let answer = granting("Sec-WebSocket-Extensions: permessage-deflate\r\n");
    let units = wire.server(answer.as_bytes());
    assert_eq!(units[0].faults, []);
    let field = units[0].parts.iter().find(|part| part.name == "Sec-WebSocket-Extensions");
    assert!(field.is_some_and(|field| field.note.ends_with("agreed on")), "{field:?}");
    wire
}

fn bytes(hex: &str) -> Vec<u8> {
    unhex(hex).expect("hexadecimal")
}

#[test]
fn a_compressed_message_is_named_and_inflated() {
    // "Hello", as section 7.2.3.1 of RFC 7692 compresses it, and in two fragments.
    let units =
        compressing().server(&bytes("c1 07 f2 48 cd c9 c9 07 00 41 03 f2 48 cd 80 04 c9 c9 07 00"));
    insta::assert_snapshot!(
        units.iter().map(|unit| format!("{}\n{unit}\n", unit.title)).collect::<String>()
    );
}

#[test]
fn the_bit_of_compression_stands_where_a_message_begins() {
    let faults = |hex: &str| {
        let units = compressing().server(&bytes(hex));
        let faults = units.into_iter().flat_map(|unit| unit.faults);
        faults.map(|fault| fault.section).collect::<Vec<_>>()
    };
    assert_eq!(faults("c1 01 00 81 01 41"), [""; 0], "each message by itself");
    assert_eq!(
        faults("41 03 f2 48 cd 89 00 80 04 c9 c9 07 00 81 01 ff"),
        ["8.1"],
        "the last one is text again"
    );
    assert_eq!(faults("41 03 f2 48 cd c0 04 c9 c9 07 00"), ["RFC 7692, section 6"]);
    assert_eq!(faults("c9 00"), ["RFC 7692, section 6"]);
    assert_eq!(faults("a1 00"), ["5.2"]);
    let plain = Stream::of_frames(Side::Server).feed(&bytes("c1 00"));
    assert_eq!(plain[0].faults[0].section, "5.2", "nothing was agreed on");
}

#[test]
fn a_client_compresses_too() {
    let wire = compressing();
    let units = wire.client(&bytes("c1 87 00 00 00 00 f2 48 cd c9 c9 07 00"));
    assert_eq!((units[0].text.as_deref(), units[0].faults.len()), (Some("Hello"), 0));
    assert_eq!(units[0].title, "text frame, 7 bytes, masked, compressed");
}

#[test]
fn a_fault_has_the_place_of_the_byte() {
    let cases: [(Side, &str, usize); 14] = [
        (Side::Server, "c1 00", 0),
        (Side::Server, "83 00", 0),
        (Side::Server, "80 00", 0),
        (Side::Client, "81 00", 1),
        (Side::Server, "81 80 00 00 00 00", 1),
        (Side::Server, "81 7e 00 01 41", 1),
        (Side::Server, "82 7f 80 00 00 00 00 00 00 00", 1),
        (Side::Server, "81 03 41 c3 28", 3),
        (Side::Client, "81 82 00 00 00 00 41 ff", 7),
        (Side::Server, "01 01 e6 80 01 41", 5),
        (Side::Server, "88 01 03", 2),
        (Side::Server, "88 02 03 ed", 2),
        (Side::Server, "88 04 03 e8 41 ff", 5),
        (Side::Server, "81 00 81 02 41 ff", 5),
    ];
    for (side, hex, at) in cases {
        let units = Stream::of_frames(side).feed(&bytes(hex));
        let fault = units.iter().flat_map(|unit| &unit.faults).next();
        assert_eq!(fault.and_then(|fault| fault.at), Some(at), "{hex}: {fault:?}");
    }
}

#[test]
fn a_fault_of_a_head_has_its_place_too() {
    for (head, at) in [
        ("GET / HTTP/1.1\r\nHost: a\nUpgrade: b\r\n\r\n", "\nUpgrade"),
        ("GET / HTTP/1.1\r\nno colon\r\n\r\n", "no colon"),
        ("PUT / HTTP/1.1\r\n\r\n", "PUT"),
        ("GET / HTTP/1.1\r\nSec-WebSocket-Key1: \t12345\r\n\r\n", "12345"),
        ("GET / HTTP/1.1\r\nSec-WebSocket-Extensions: \r\n\r\n", "\r\n\r\n"),
    ] {
        let fault = &Stream::new(Side::Client).feed(head.as_bytes())[0].faults[0];
        assert_eq!(fault.at, head.find(at), "{head:?}: {fault:?}");
    }
    let head = "GET / HTTP/1.1\r\nHost: a\nUpgrade: b\r\n\r\n";
    let unit = &Stream::new(Side::Client).feed(head.as_bytes())[0];
    let part = unit.faults[0].at.and_then(|at| unit.part_at(at));
    assert_eq!(part.map(|part| part.name.as_str()), Some("Host"));
}

#[test]
fn lengths_at_the_edges_of_signed_and_unsigned_numbers() {
    for length in [32_767, 32_768, 65_535, 65_536] {
        let frame = masked_frame(2, &vec![0xfe; length]);
        let unit = Stream::of_frames(Side::Client).feed(&frame).remove(0);
        assert_eq!(unit.title, format!("binary frame, {length} bytes, masked"));
        assert!(unit.complete && unit.faults.is_empty() && unit.end == frame.len());
        assert_eq!(unit.value("extended payload length"), Some(&*length.to_string()));
        assert!(unit.frame.is_some_and(|frame| frame.payload == vec![0xfe; length]));
    }
}

#[test]
fn many_pieces_are_counted_and_not_listed() {
    let told = |reads: &[usize]| {
        let mut stream = Stream::new(Side::Client);
        let mut head = b"GET / HTTP/1.1\r\nX: ".to_vec();
        head.resize(reads.iter().sum(), b'x');
        let mut units = Vec::new();
        for length in reads {
            units = stream.feed(&head.drain(..length).collect::<Vec<_>>());
        }
        let text = units[0].to_string();
        text.lines().find_map(|line| line.strip_prefix("  in ")).unwrap_or_default().to_owned()
    };
    assert_eq!(told(&[100]), "");
    assert_eq!(told(&[100, 1]), "2 pieces: 100 + 1 bytes");
    assert_eq!(told(&[10; 6]), "6 pieces: 10 + 10 + 10 + 10 + 10 + 10 bytes");
    assert_eq!(told(&[10; 7]), "7 pieces, each of 10 bytes");
    assert_eq!(told(&[1; 64]), "64 pieces, each of 1 byte");
    assert_eq!(told(&[1, 4_096, 5, 5, 5, 5, 5]), "7 pieces, of 1 to 4,096 bytes");
    assert_eq!(told(&[1; 479]), "more than 64 pieces, each of 1 byte");
}
