//! Messages, put together without a socket: what goes in as frames comes out whole, however it is cut.

use ch00_wire::{fragment, masked_frame};
use ch05_reply::TEXT;
use ch06_select::{BINARY, End, Event, Message, Protocol};
use ch09_stream::{LONGEST, Stream};
use ch10_control::Control;
use ch11_messages::{MAX_FRAGMENTS, Messages};

type Frames = Stream<Control<Messages>>;

/// What these bytes come to, read by read: messages, what is sent, and how it ends.
fn hear(stream: &mut Frames, reads: &[&[u8]]) -> (Vec<Message<'static>>, Vec<u8>, Option<End>) {
    let (mut messages, mut sent) = (Vec::new(), Vec::new());
    for read in reads {
        let result = stream.receive(&mut read.to_vec(), &mut |event| match event {
            Event::Message(Message { opcode, payload }) => {
                messages.push(Message { opcode, payload: payload.into_owned().into() });
            }
            Event::Send(bytes) => sent.extend_from_slice(bytes),
            _ => {}
        });
        if let Err(end) = result {
            return (messages, sent, Some(end));
        }
    }
    (messages, sent, None)
}

/// The close code with which these bytes end it.
fn code(bytes: &[u8]) -> Option<u16> {
    let end = hear(&mut Frames::default(), &[bytes]).2?;
    Some(u16::from_be_bytes([end.last[2], end.last[3]]))
}

fn text(words: &str) -> Message<'_> {
    Message { opcode: TEXT, payload: words.as_bytes().into() }
}

#[test]
fn the_two_fragments_of_the_rfc() {
    // Section 5.7 has them as a server sends them.
    let bytes = [fragment(1, b"Hel"), masked_frame(0, b"lo")].concat();
    let (messages, sent, end) = hear(&mut Frames::default(), &[&bytes]);
    assert_eq!((messages, sent, end), (vec![text("Hello")], Vec::new(), None));
}

#[test]
fn the_first_fragment_says_what_it_is() {
    let bytes = [fragment(2, b"\xff"), fragment(0, b""), masked_frame(0, b"\xfe")].concat();
    let binary = Message { opcode: BINARY, payload: (&b"\xff\xfe"[..]).into() };
    assert_eq!(hear(&mut Frames::default(), &[&bytes]).0, [binary]);
}

#[test]
fn a_message_is_over_and_the_next_one_begins_from_nothing() {
    let one = [fragment(1, b"\xe6"), masked_frame(0, b"\xbc\xa2")].concat();
    let all = [&one[..], &masked_frame(2, b"\xff"), &one, &masked_frame(1, b"")].concat();
    let binary = Message { opcode: BINARY, payload: (&b"\xff"[..]).into() };
    let expected = [text("漢"), binary, text("漢"), text("")];
    assert_eq!(hear(&mut Frames::default(), &[&all]).0, expected);
}

#[test]
fn invalid_utf8_ends_it_with_1007() {
    assert_eq!(code(&masked_frame(1, b"\xff")), Some(1007));
    assert_eq!(code(&masked_frame(1, b"\xe6\xbc")), Some(1007), "it ends inside a character");
    assert_eq!(code(&[fragment(1, b"Li"), masked_frame(0, b"\xff")].concat()), Some(1007));
    assert_eq!(code(&[fragment(1, b"\xe6"), masked_frame(0, b"")].concat()), Some(1007));
    assert_eq!(code(&[fragment(1, b"\xe6"), fragment(0, b"A")].concat()), Some(1007), "at once");
    assert_eq!(code(&masked_frame(2, b"\xff")), None, "binary may be anything");
    let unfinished = masked_frame(1, &[b"\xff".as_slice(), &[b'.'; 99]].concat());
    assert_eq!(code(&unfinished[..7]), Some(1007), "of a hundred bytes, the first is wrong");
    assert_eq!(code(&unfinished[..6]), None, "not one is here");
}

#[test]
fn too_much_ends_it_with_1009() {
    let declared = |length: u64| {
        let header = [&[0x82, 0xff][..], &length.to_be_bytes(), &[0; 4]].concat();
        code(&header)
    };
    assert_eq!(declared(LONGEST as u64), None);
    assert_eq!(declared(LONGEST as u64 + 1), Some(1009));
    assert_eq!(declared(u64::MAX), Some(1009), "and no sum overflows (CVE-2020-27813)");
    let after = |came: &[u8], length: u64| {
        code(&[&fragment(2, came)[..], &[0x80, 0xff], &length.to_be_bytes(), &[0; 4]].concat())
    };
    assert_eq!(after(b"Li", LONGEST as u64 - 2), None);
    assert_eq!(after(b"Li", LONGEST as u64 - 1), Some(1009));
    assert_eq!(after(b"Li", u64::MAX), Some(1009));
}

#[test]
fn a_message_of_the_longest_length_is_whole() {
    let mut stream = Frames::default();
    let half = vec![b'x'; LONGEST / 2];
    let frames = [fragment(1, &half), masked_frame(0, &half)].concat();
    let reads: Vec<&[u8]> = frames.chunks(64 * 1024).collect();
    let (messages, _, end) = hear(&mut stream, &reads);
    assert_eq!((messages.len(), end), (1, None));
    assert_eq!(messages[0].payload.len(), LONGEST);
}

/// Empty fragments bring nothing, and cost time.
#[test]
fn too_many_fragments_end_it_with_1008() {
    assert_eq!(MAX_FRAGMENTS, 131_072, "the page says so");
    let mut frames = fragment(1, b"");
    frames.extend(fragment(0, b"").repeat(MAX_FRAGMENTS - 2));
    let whole = [&frames[..], &masked_frame(0, b"Li")].concat();
    assert_eq!(hear(&mut Frames::default(), &[&whole]).0, [text("Li")]);
    let endless = [&frames[..], &fragment(0, b"").repeat(2)].concat();
    assert_eq!(code(&endless), Some(1008));
}

/// A fragment that comes in many reads is one.
#[test]
fn reads_are_not_fragments() {
    let mut stream = Frames::default();
    let frame = masked_frame(2, &vec![0; MAX_FRAGMENTS + 10]);
    let reads: Vec<&[u8]> = frame.chunks(1).collect();
    assert_eq!(hear(&mut stream, &reads).2, None);
}

#[test]
fn a_continuation_of_nothing_is_nothing() {
    let bytes = [masked_frame(0, b"lost"), masked_frame(1, b"Li Jing")].concat();
    assert_eq!(hear(&mut Frames::default(), &[&bytes]).0, [text("Li Jing")]);
}

/// Numbers that look random, and are the same in every run (splitmix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }
}

/// Any messages, in any fragments, with pings between them, in any reads: they come out as they went in, and each ping
/// is answered once, in its order.
#[test]
fn however_it_is_cut_the_same_comes_out() {
    let mut chance = Chance(6455);
    for _ in 0..2_000 {
        let (mut bytes, mut said, mut pings) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..=chance.below(3) {
            let words = ["Li Jing", "漢", "🙂", "", "é"];
            let payload: String = (0..chance.below(6)).map(|_| words[chance.below(5)]).collect();
            let opcode = 1 + chance.below(2) as u8;
            said.push((opcode, payload.clone()));
            let (mut rest, mut next) = (payload.as_bytes(), opcode);
            for _ in 0..chance.below(4) {
                let (now, later) = rest.split_at(chance.below(rest.len() + 1));
                bytes.extend(fragment(next, now));
                (rest, next) = (later, 0);
                if chance.below(2) == 0 {
                    let ping = [pings.len() as u8];
                    bytes.extend(masked_frame(9, &ping));
                    pings.extend(ping);
                }
            }
            bytes.extend(masked_frame(next, rest));
        }
        let mut cuts: Vec<usize> =
            (0..chance.below(8)).map(|_| chance.below(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let reads: Vec<&[u8]> = cuts.windows(2).map(|two| &bytes[two[0]..two[1]]).collect();
        let (messages, sent, end) = hear(&mut Frames::default(), &reads);
        assert_eq!(end, None);
        let pongs: Vec<u8> = pings.iter().flat_map(|ping| [0x8a, 1, *ping]).collect();
        assert_eq!(sent, pongs);
        let heard = messages.iter().map(|message| (message.opcode.0, message.payload.to_vec()));
        let said = said.into_iter().map(|(opcode, payload)| (opcode, payload.into_bytes()));
        assert!(heard.eq(said), "{bytes:x?}");
    }
}

/// Any frames, also such as break rules or are no text: one read of all of them comes to the same as one for each byte,
/// and as any others.
#[test]
fn a_message_in_one_read_is_judged_like_one_in_many() {
    let mut chance = Chance(10_646);
    let (mut whole, mut failed) = (0, 0);
    for _ in 0..2_000 {
        let mut bytes = Vec::new();
        for _ in 0..=chance.below(4) {
            let pieces: [&[u8]; 7] =
                [b"Li", b"Jing", b"", "漢".as_bytes(), b"\xe6", b"\xa2", b"\xff"];
            let kinds = if chance.below(3) == 0 { 7 } else { 4 };
            let payload: Vec<&[u8]> =
                (0..chance.below(12)).map(|_| pieces[chance.below(kinds)]).collect();
            let frame = [masked_frame, fragment][usize::from(chance.below(4) == 0)];
            bytes.extend(frame([1, 1, 2, 0][chance.below(4)], &payload.concat()));
        }
        let at_once = hear(&mut Frames::default(), &[&bytes]);
        let one_by_one: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(hear(&mut Frames::default(), &one_by_one), at_once, "{bytes:x?}");
        let (one, two) = bytes.split_at(chance.below(bytes.len() + 1));
        assert_eq!(hear(&mut Frames::default(), &[one, two]), at_once, "{bytes:x?}");
        whole += at_once.0.len();
        failed += usize::from(at_once.2.is_some());
    }
    assert!(whole > 1_000 && failed > 300, "{whole} messages, {failed} failures");
}
