//! The older handshake and its frames on known vectors. Where they come from: the draft itself
//! (draft-ietf-hybi-thewebsocketprotocol-00, section 1.2), and implementations of 2010 and 2011.

use ch05_reply::TEXT;
use ch06_select::{Event, FrameWriter, Message, Protocol, Writer};
use ch08_hixie::{BadKey, LONGEST, OlderFrames, OlderWriter, answer, part};

/// Two keys, eight bytes, the numbers in the keys, and the answer.
type Vector = (&'static str, &'static str, &'static [u8; 8], [u32; 2], &'static [u8; 16]);

const VECTORS: [Vector; 3] = [
    (
        "4 @1  46546xW%0l 1 5",
        "12998 5 Y3 1  .P00",
        b"^n:ds[4U",
        [829_309_203, 259_970_620],
        b"8jKS'y:G*Co,Wxa-",
    ),
    (
        "18x 6]8vM;54 *(5:  {   U1]8  z [  8",
        "1_ tx7X d  <  nw  334J702) 7]o}` 0",
        b"Tm[K T2u",
        [155_712_099, 173_347_027],
        b"fQJ,fN/4F4!~K~MH",
    ),
    (
        "3e6b263  4 17 80",
        "17  9 G`ZD9   2 2b 7X 3 /r90",
        b"WjN}|M(6",
        [906_585_445, 179_922_739],
        b"n`9eBk9z$R8pOtVb",
    ),
];

#[test]
fn the_answers_to_three_pairs_of_keys() {
    for (key1, key2, key3, parts, expected) in VECTORS {
        assert_eq!([part(key1), part(key2)], parts.map(Ok), "{key1}");
        assert_eq!(&answer(parts, *key3), expected, "{key1}");
    }
}

#[test]
fn what_is_no_key() {
    assert_eq!(part("2 L785 8o% s9Sy9@V. 4<1P5"), Err(BadKey::NotDivisible));
    assert_eq!(part("46546"), Err(BadKey::NoSpace));
    assert_eq!(part(""), Err(BadKey::NoSpace));
    assert_eq!(part("4294967295 0 "), Err(BadKey::TooLarge), "42949672950 ÷ 2");
    assert_eq!(part("4294967295 "), Ok(u32::MAX));
    assert_eq!(part(" "), Ok(0));
    assert_eq!(part(&"9 ".repeat(8_000)), Err(BadKey::TooLarge), "8,000 digits");
    // Digits of other scripts, and spaces of other widths, are neither.
    assert_eq!(part("8\u{a0}8 ٣"), Ok(88));
}

/// What frames say when their bytes come in these reads.
fn messages(reads: &[&[u8]]) -> Vec<String> {
    let mut frames = OlderFrames::without_keys();
    let mut said = Vec::new();
    for read in reads {
        let mut bytes = read.to_vec();
        let end = frames.receive(&mut bytes, &mut |event| match event {
            Event::Message(message) => {
                assert_eq!(message.opcode, TEXT);
                said.push(String::from_utf8_lossy(&message.payload).into_owned());
            }
            Event::Send(bytes) => said.push(format!("sends {bytes:02x?}")),
            Event::Head(_) | Event::Opened(_) => said.push("neither".to_owned()),
        });
        if let Err(end) = end {
            if !end.last.is_empty() {
                said.push(format!("sends {:02x?}", end.last));
            }
            said.push(format!("end: {}", end.why));
            break;
        }
    }
    said
}

const FRAMES: [(&[u8], &[&str]); 8] = [
    (b"\x00Hello\xff", &["Hello"]),
    (b"\x00\xff", &[""]),
    (b"\x00Li\xff\x00Jing\xff", &["Li", "Jing"]),
    (b"\x80\x02He\x00Hello\xff", &["Hello"]),
    (b"\x80\x00\x00Hello\xff", &["Hello"]),
    (b"\x81\x81\x00xxxx\x00Hello\xff", &[]),
    (b"\x0fnot text\xff\x00Hello\xff", &["Hello"]),
    (b"\x00Hello\xff\xff\x00", &["Hello", "sends [ff, 00]", "end: it says goodbye"]),
];

#[test]
fn frames_and_what_they_say() {
    for (bytes, expected) in FRAMES {
        assert_eq!(messages(&[bytes]), expected, "{bytes:02x?}");
    }
}

#[test]
fn a_cut_anywhere_makes_no_difference() {
    for (bytes, expected) in FRAMES {
        for cut in 0..bytes.len() {
            assert_eq!(
                messages(&[&bytes[..cut], &bytes[cut..]]),
                expected,
                "{bytes:02x?} at {cut}"
            );
        }
        let singly: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(messages(&singly), expected, "{bytes:02x?} byte by byte");
    }
}

#[test]
fn eight_bytes_and_a_frame_cut_anywhere() {
    let bytes = b"^n:ds[4U\x00Hello\xff";
    for cut in 0..bytes.len() {
        let mut frames = OlderFrames::with_keys(VECTORS[0].3);
        let mut events = Vec::new();
        for read in [&bytes[..cut], &bytes[cut..]] {
            let end = frames.receive(&mut read.to_vec(), &mut |event| match event {
                Event::Send(bytes) => events.push(bytes.to_vec()),
                Event::Opened(mut writer) => events.push(written(&mut *writer, b"Li")),
                Event::Message(message) => events.push(message.payload.into_owned()),
                Event::Head(_) => {}
            });
            end.expect("it goes on");
        }
        assert_eq!(events, [&b"8jKS'y:G*Co,Wxa-"[..], b"\x00Li\xff", b"Hello"], "cut at {cut}");
    }
}

#[test]
fn what_has_no_end_is_bounded() {
    let long = vec![b'x'; LONGEST];
    assert_eq!(messages(&[b"\x00", &long, b"\xff"])[0].len(), LONGEST);
    let too_long = ["end: a frame of more than 65536 bytes"];
    assert_eq!(messages(&[b"\x00", &long, b"x"]), too_long);
    assert_eq!(messages(&[b"\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"]), too_long);
    assert_eq!(messages(&[b"\x80\x84\x80\x00", &long, b"\x00Hello\xff"]), ["Hello"]);
    assert_eq!(messages(&[b"\x80\x84\x80\x01"]), too_long);
}

fn written(writer: &mut dyn Writer, payload: &[u8]) -> Vec<u8> {
    let mut out = b"before".to_vec();
    writer.write(&Message { opcode: TEXT, payload: payload.into() }, &mut out);
    out.strip_prefix(b"before").expect("what was there stays").to_vec()
}

#[test]
fn a_message_never_ends_its_own_frame() {
    assert_eq!(written(&mut OlderWriter, b"Li Jing"), b"\x00Li Jing\xff");
    let expected = "\0a\u{fffd}b".bytes().chain([0xff]).collect::<Vec<u8>>();
    assert_eq!(written(&mut OlderWriter, b"a\xffb"), expected);
}

/// Else each client of 2010 would get a message written anew, or one in frames of RFC 6455.
#[test]
fn writers_of_2010_are_one_group_and_not_that_of_rfc_6455() {
    assert_eq!(OlderWriter.group(), Some("2010"));
    assert_ne!(OlderWriter.group(), FrameWriter.group());
}
