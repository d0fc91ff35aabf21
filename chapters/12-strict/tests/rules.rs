//! The rules without a server: frames that keep them, and frames that break them.

use std::fmt::Write;

use ch00_wire::{hex, masked_frame};
use ch06_select::{BINARY, End, Event, Protocol};
use ch09_stream::{Layer, Part, Stream};
use ch10_control::Control;
use ch11_messages::Messages;
use ch12_strict::{RULES, Strict};

/// The masking-key of the course, as the last four bytes of a header.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// The header of a masked frame.
fn header(bytes: &[u8]) -> Vec<u8> {
    [bytes, &MASK].concat()
}

/// A masked frame with a payload of this length, whose first byte and form of length are given.
fn frame(first: u8, length: &[u8], payload: usize) -> Vec<u8> {
    let whole = masked_frame(1, &vec![b'x'; payload]);
    [&[first], length, &whole[whole.len() - payload - 4..]].concat()
}

/// A Close frame with this payload.
fn close(payload: &[u8]) -> Vec<u8> {
    masked_frame(8, payload)
}

/// What a client's bytes come to: what is said, what is sent, and how it ends.
fn outcome(agreed: u8, reads: &[&[u8]]) -> (Vec<Vec<u8>>, Option<End>) {
    let mut stream = Stream::new(Strict::new(agreed, Control(Messages::default())));
    let mut out = Vec::new();
    for read in reads {
        let end = stream.receive(&mut read.to_vec(), &mut |event| match event {
            Event::Send(bytes) => out.push(bytes.to_vec()),
            Event::Message(message) => out.push(message.payload.into_owned()),
            _ => {}
        });
        if let Err(end) = end {
            return (out, Some(end));
        }
    }
    (out, None)
}

/// The rule that these bytes break, by its number in the table.
fn broken(bytes: &[u8]) -> Option<usize> {
    let why = outcome(0, &[bytes]).1?.why;
    RULES.iter().position(|rule| why == format!("{}: {}", rule.code as u16, rule.says))
}

/// For each rule, the frames that break it, the shortest one first.
fn breaking() -> [Vec<Vec<u8>>; RULES.len()] {
    let begun = header(&[0x01, 0x80]);
    let after = |bytes: &[u8]| [&begun[..], bytes].concat();
    [
        vec![vec![0x81, 0x00], vec![0x89, 0x00], vec![0x00, 0x02]],
        (1..8)
            .flat_map(|rsv| [0x81, 0x89].map(|first| header(&[first | rsv << 4, 0x80])))
            .collect(),
        [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map(|opcode| header(&[0x80 | opcode, 0x80])).to_vec(),
        vec![
            frame(0x81, &[0xfe, 0, 0], 0),
            frame(0x82, &[0xfe, 0, 125], 125),
            frame(0x81, &[0xff, 0, 0, 0, 0, 0, 0, 0, 125], 125),
            frame(0x82, &[0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff], 65_535),
            frame(0x89, &[0xfe, 0, 2], 2),
        ],
        vec![
            header(&[0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0]),
            header(&[0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        ],
        vec![header(&[0x89, 0xfe, 0, 126]), header(&[0x88, 0xff, 0, 0, 0, 0, 0, 1, 0, 0])],
        vec![header(&[0x09, 0x80]), header(&[0x08, 0x80]), header(&[0x0a, 0x80])],
        vec![header(&[0x80, 0x80]), header(&[0x00, 0x80]), after(&header(&[0x80, 0x80]).repeat(2))],
        vec![after(&header(&[0x81, 0x80])), after(&header(&[0x02, 0x80])), after(&begun)],
        vec![close(b"\x03")],
        [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, u16::MAX]
            .map(|code: u16| close(&code.to_be_bytes()))
            .to_vec(),
        vec![close(b"\x03\xe8\xff"), close(b"\x03\xe8Li \xe9\x9d"), close(b"\x03\xe8\xc0\x80")],
    ]
}

#[test]
fn each_rule_is_broken_by_its_frames() {
    for (number, frames) in breaking().iter().enumerate() {
        for frame in frames {
            assert_eq!(broken(frame), Some(number), "{}", hex(&frame[..frame.len().min(16)]));
        }
    }
}

/// What each rule asks for, one step inside it.
#[test]
fn what_is_just_allowed() {
    let begun = header(&[0x01, 0x80]);
    let whole: Vec<Vec<u8>> = vec![
        frame(0x81, &[0xfd], 125),
        frame(0x81, &[0xfe, 0, 126], 126),
        frame(0x82, &[0xfe, 0xff, 0xff], 65_535),
        frame(0x82, &[0xff, 0, 0, 0, 0, 0, 1, 0, 0], 65_536),
        frame(0x89, &[0xfd], 125),
        [begun.clone(), header(&[0x89, 0x80]), header(&[0x00, 0x80]), header(&[0x80, 0x80])]
            .concat(),
        [header(&[0x81, 0x80]), header(&[0x82, 0x80]), begun, header(&[0x80, 0x80])].concat(),
        close(b""),
        close(b"\x03\xe8"),
    ];
    for bytes in &whole {
        assert_eq!(broken(bytes), None, "{}", hex(&bytes[..bytes.len().min(16)]));
    }
    for bytes in &whole[..whole.len() - 2] {
        assert_eq!(outcome(0, &[bytes]).1, None, "{}", hex(&bytes[..bytes.len().min(16)]));
    }
}

/// A length that is only too long is not malformed.
#[test]
fn the_second_bit_of_a_length_may_be_1() {
    let (_, end) = outcome(0, &[&header(&[0x82, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0])]);
    assert!(end.expect("an end").why.starts_with("1009: "));
}

/// Every code that there is.
#[test]
fn the_codes_that_may_be_sent() {
    let allowed: Vec<u16> =
        (0..=u16::MAX).filter(|code| broken(&close(&code.to_be_bytes())).is_none()).collect();
    let ranges = [1000..=1003, 1007..=1014, 3000..=4999];
    assert_eq!(allowed, ranges.into_iter().flatten().collect::<Vec<u16>>());
}

#[test]
fn a_reason_of_any_script_is_taken() {
    for reason in ["", "Li Jing", "李静", "🎉"] {
        let (_, end) = outcome(0, &[&close(&[b"\x03\xe8", reason.as_bytes()].concat())]);
        assert_eq!(end.expect("an end").last, b"\x88\x02\x03\xe8", "{reason}");
    }
}

/// What an extension has asked for, and nothing else.
#[test]
fn a_bit_that_was_agreed_on_may_be_set_where_a_message_begins() {
    const RSV1: u8 = 0b100;
    let ends = |bytes: &[u8]| outcome(RSV1, &[bytes]).1.is_some();
    assert!(!ends(&header(&[0xc1, 0x80])) && !ends(&header(&[0xc2, 0x80])));
    assert!(!ends(&[header(&[0x41, 0x80]), header(&[0x80, 0x80])].concat()));
    assert!(ends(&[header(&[0x41, 0x80]), header(&[0xc0, 0x80])].concat()), "a continuation");
    assert!(ends(&header(&[0xc9, 0x80])), "a ping");
    for other in [0xa1, 0x91, 0xe1, 0xd1] {
        assert!(ends(&header(&[other, 0x80])), "{other:x}");
    }
}

#[test]
fn a_header_is_enough() {
    // 1,000 bytes are declared, and none comes.
    let (out, end) = outcome(0, &[&header(&[0xc1, 0xfe, 0x03, 0xe8])]);
    assert!(out.is_empty());
    assert_eq!(end.expect("an end").why, "1002: a reserved bit is 0, unless an extension uses it");
}

#[test]
fn what_comes_after_a_broken_rule_is_not_looked_at() {
    let (out, end) = outcome(0, &[&[header(&[0xb1, 0x80]), masked_frame(1, b"Li Jing")].concat()]);
    assert!(out.is_empty() && end.is_some());
}

#[test]
fn the_close_frame_says_which_rule() {
    let (_, end) = outcome(0, &[&close(b"\x03")]);
    let end = end.expect("an end");
    let reason = b"a Close frame has no payload, or a code of two bytes";
    assert_eq!(end.last, [&[0x88, 2 + reason.len() as u8, 0x03, 0xea], &reason[..]].concat());
}

/// What a Close frame can hold: a reason of at most 123 bytes.
#[test]
fn every_reason_fits() {
    for rule in RULES {
        assert!(rule.says.len() <= 123, "{}", rule.says);
    }
}

/// The same judgement, wherever the bytes are cut.
#[test]
fn no_cut_makes_a_difference() {
    let start = [masked_frame(1, b"Li"), header(&[0x01, 0x80]), masked_frame(9, b"?")].concat();
    let end = header(&[0x80, 0x80]);
    for frames in breaking() {
        let short = frames.iter().filter(|frame| frame.len() < 40);
        for frame in short {
            let bytes = [&start, &end, &frame[..]].concat();
            let at_once = outcome(0, &[&bytes]);
            assert!(at_once.1.is_some(), "{}", hex(frame));
            for cut in 1..bytes.len() {
                let (before, behind) = bytes.split_at(cut);
                assert_eq!(outcome(0, &[before, behind]), at_once, "{} at {cut}", hex(frame));
            }
            let each: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(outcome(0, &each), at_once, "{}", hex(frame));
        }
    }
}

/// Takes any part, and remembers nothing.
#[derive(Default)]
struct Anything;

impl Layer for Anything {
    fn take(&mut self, part: Part<'_>, _: ch06_select::Emit<'_>) -> Result<(), End> {
        let header = part.header;
        assert!(header.rsv == 0 && header.masking_key.is_some());
        assert!(matches!(header.opcode.0, 0..=2 | 8..=10));
        assert!(header.opcode.0 < 8 || (header.fin && header.length <= 125));
        assert!(header.length < 1 << 63 && part.payload.len() as u64 <= header.length);
        Ok(())
    }
}

/// Whatever comes, what is behind the rules never sees a frame that breaks one.
#[test]
fn nothing_broken_gets_through() {
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random.to_le_bytes()
    };
    let mut through = 0;
    for _ in 0..20_000 {
        let mut stream = Stream::new(Strict::new(0, Anything));
        let mut taken = 0;
        loop {
            // Mostly masked and short, so that some of them get far.
            let [first, second, kind, payload, ..] = next();
            let first = if kind & 1 == 0 { first } else { first & 0x8f };
            let mut bytes = vec![first, 0x80 | second & 0x83];
            bytes.extend(MASK);
            bytes.extend(vec![payload; usize::from(second & 0x03)]);
            if stream.receive(&mut bytes, &mut |_| {}).is_err() || taken == 100 {
                break;
            }
            taken += 1;
        }
        through += taken;
    }
    assert!(through > 1_000, "{through} frames are a test of little");
}

/// The page's table: rule, section, code, the line that checks it.
#[test]
fn table() {
    let source = include_str!("../src/rules.rs");
    let mut table = String::from("section  code  line  the rule\n");
    for rule in RULES {
        let line = source.lines().position(|line| line.contains(&format!("{:?}", rule.says)));
        let line = line.expect("a line of the source") + 2;
        let (section, code) = (rule.section, rule.code as u16);
        writeln!(table, "{section:7}  {code}  {line:4}  {}", rule.says).expect("a string");
    }
    insta::assert_snapshot!(table);
}

/// A frame for each rule, as short as can be, as the lab takes it.
#[test]
fn frames() {
    let mut list = String::new();
    for (frames, rule) in breaking().iter().zip(RULES) {
        let bytes: String = frames[0].iter().map(|byte| format!("\\x{byte:02x}")).collect();
        writeln!(list, "{}\n  {bytes}", rule.says).expect("a string");
    }
    insta::assert_snapshot!(list);
}

#[test]
fn only_data_frames_open_messages() {
    assert_eq!(BINARY.0, 2);
    let (out, end) =
        outcome(0, &[&header(&[0x02, 0x80]), &header(&[0x8a, 0x80]), &header(&[0x80, 0x80])]);
    assert_eq!((out, end), (vec![Vec::new()], None), "a pong in the middle changes nothing");
}
