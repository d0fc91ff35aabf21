//! Messages inflated and deflated, without a socket (RFC 7692, section 7.2).

use ch04_decode::Opcode;
use ch06_select::{BINARY, CLOSE, Event, FrameWriter, Message, Protocol, Writer};
use ch09_stream::Stream;
use ch10_control::Control;
use ch11_messages::Messages;
use ch12_strict::Strict;
use ch14_deflate::{Agreement, DeflateWriter, Inflated, Layers, RSV1};

const TEXT: Opcode = Opcode(1);

fn frames(takeover: bool) -> Stream<Layers> {
    Stream::new(Strict::new(RSV1, Control(Inflated::new(takeover, Messages::default()))))
}

/// A client's frame.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..126 => frame.push(0x80 | length as u8),
        length @ ..=0xffff => {
            frame.push(0x80 | 126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    let mask = [0x37, 0xfa, 0x21, 0x3d];
    frame.extend(mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// What these bytes say, read by read; at the end, why it ends.
fn said(frames: &mut Stream<Layers>, reads: &[&[u8]]) -> Vec<String> {
    let mut said = Vec::new();
    for read in reads {
        let mut bytes = read.to_vec();
        let end = frames.receive(&mut bytes, &mut |event| match event {
            Event::Message(message) => {
                said.push(String::from_utf8_lossy(&message.payload).into_owned());
            }
            Event::Send(bytes) => said.push(format!("sends {bytes:02x?}")),
            Event::Head(_) | Event::Opened(_) => said.push("neither".to_owned()),
        });
        if let Err(end) = end {
            said.push(end.why);
            break;
        }
    }
    said
}

const HELLO: &[u8] = &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
const AGAIN: &[u8] = &[0xf2, 0x00, 0x11, 0x00, 0x00];
const FINAL: &[u8] = &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
const BAD: &str = "1007: a compressed message is DEFLATE";

#[test]
fn the_examples_of_the_rfc() {
    let stored = b"\x00\x05\x00\xfa\xffHello\x00";
    let two = b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00";
    for payload in [HELLO, stored, FINAL, two] {
        assert_eq!(said(&mut frames(false), &[&frame(0xc1, payload)]), ["Hello"], "{payload:02x?}");
    }
    assert_eq!(said(&mut frames(true), &[&frame(0xc1, &[0x00])]), [""]);
    assert_eq!(said(&mut frames(true), &[&frame(0xc1, &[])]), [""], "only what is appended");
}

/// Everything that a client may do between two messages, cut anywhere.
#[test]
fn a_cut_anywhere_makes_no_difference() {
    let bytes = [
        frame(0x41, &HELLO[..3]),
        frame(0x89, b"!"),
        frame(0x80, &HELLO[3..]),
        frame(0xc1, AGAIN),
        frame(0x81, b"Li Jing"),
        frame(0xc1, AGAIN),
        frame(0xc1, FINAL),
        frame(0xc1, AGAIN),
        frame(0x41, &[]),
        frame(0x00, AGAIN),
        frame(0x80, &[]),
    ]
    .concat();
    let expected =
        ["sends [8a, 01, 21]", "Hello", "Hello", "Li Jing", "Hello", "Hello", "Hello", "Hello"];
    assert_eq!(said(&mut frames(true), &[&bytes]), expected);
    for cut in 1..bytes.len() {
        let (before, after) = bytes.split_at(cut);
        assert_eq!(said(&mut frames(true), &[before, after]), expected, "cut at {cut}");
    }
    let singly: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(said(&mut frames(true), &singly), expected);
}

#[test]
fn what_is_not_kept_cannot_be_repeated() {
    let bytes = [frame(0xc1, HELLO), frame(0xc1, HELLO), frame(0xc1, AGAIN)].concat();
    assert_eq!(said(&mut frames(false), &[&bytes]), ["Hello", "Hello", BAD]);
}

#[test]
fn what_is_not_deflate() {
    // A reserved kind of block, a length whose complement is wrong, a repetition of nothing.
    for bad in [&[0x06][..], b"\x00\x05\x00\xfa\xfeHello\x00", AGAIN] {
        assert_eq!(said(&mut frames(true), &[&frame(0xc1, bad)]), [BAD], "{bad:02x?}");
        let cut = [frame(0x41, bad), frame(0x80, &[])].concat();
        assert_eq!(said(&mut frames(true), &[&cut]), [BAD], "{bad:02x?} in two");
    }
}

#[test]
fn the_bit_of_compression() {
    let broken = "1002: a reserved bit is 0, unless an extension uses it";
    let continued = [frame(0x41, &HELLO[..3]), frame(0xc0, &HELLO[3..])].concat();
    for bytes in [continued, frame(0xc9, b""), frame(0xa1, b""), frame(0x91, b"")] {
        assert_eq!(said(&mut frames(true), &[&bytes]), [broken], "{bytes:02x?}");
    }
    let mut plain = Stream::<Strict<Control<Messages>>>::default();
    let end =
        plain.receive(&mut frame(0xc1, HELLO), &mut |_| {}).expect_err("it was not agreed on");
    assert_eq!(end.why, broken);
}

/// What is not UTF-8 is found when it is inflated, and not when the message is whole.
#[test]
fn an_inflated_text_is_judged_as_it_arrives() {
    let bytes = frame(0x41, b"\x00\x05\x00\xfa\xff\xf4\x90");
    assert_eq!(said(&mut frames(true), &[&bytes]), ["1007: a text is UTF-8"]);
    let cut = [frame(0x41, b"\x00\x03\x00\xfc\xff\xe9"), frame(0x80, b"\x9d\x99\x00")].concat();
    assert_eq!(said(&mut frames(true), &[&cut]), ["\u{9759}"]);
}

fn writer(agreed: &str) -> DeflateWriter {
    DeflateWriter::new(Agreement::find([agreed].into_iter()).expect("it is taken"))
}

fn written(writer: &mut dyn Writer, opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    let mut out = b"before".to_vec();
    writer.write(&Message { opcode, payload: payload.into() }, &mut out);
    out.strip_prefix(b"before").expect("what was there stays").to_vec()
}

const KEPT: &str = "permessage-deflate";
const FRESH: &str = "permessage-deflate; server_no_context_takeover";

#[test]
fn what_is_written() {
    let mut kept = writer(KEPT);
    let hello = [&[0xc1, 0x07], HELLO].concat();
    assert_eq!(written(&mut kept, TEXT, b"Hello"), hello);
    assert_eq!(written(&mut kept, TEXT, b"Hello"), [&[0xc1, 0x05], AGAIN].concat());
    assert_eq!(written(&mut kept, BINARY, b"Hello")[..2], [0xc2, 0x04]);
    assert_eq!(written(&mut kept, TEXT, b""), [0x81, 0x00]);
    assert_eq!(written(&mut kept, CLOSE, b"\x03\xe8Hello, Hello, Hello")[0], 0x88);
    // Without a memory, what gets no shorter stays as it is.
    let mut fresh = writer(FRESH);
    assert_eq!(written(&mut fresh, TEXT, b"Hello"), b"\x81\x05Hello");
    let longer = b"Hello, Hello, Hello";
    let first = written(&mut fresh, TEXT, longer);
    assert_eq!(first[0], 0xc1);
    assert!(first.len() < longer.len() && written(&mut fresh, TEXT, longer) == first);
}

/// One frame for all of them, or one for each.
#[test]
fn who_gets_the_same_bytes() {
    assert_eq!(writer(KEPT).group(), None);
    assert_eq!(writer("permessage-deflate; server_max_window_bits=9").group(), None);
    let mut groups = vec![FrameWriter.group()];
    for bits in 9..=15 {
        let agreed = format!("{FRESH}; server_max_window_bits={bits}");
        let group = writer(&agreed).group();
        assert_eq!(group, writer(&format!("{agreed}; client_no_context_takeover")).group());
        assert!(group.is_some() && !groups.contains(&group), "{bits}: {group:?}");
        groups.push(group);
    }
    assert_eq!(writer(FRESH).group(), Some("deflated, 15 bits"));
}

/// Numbers that look random, and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }

    /// Bytes of which some repeat what came before, and some nothing.
    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let letters = [2, 20, 256][self.below(3)];
        let mut bytes = Vec::new();
        while bytes.len() < length {
            match self.below(4) {
                0 if !bytes.is_empty() => {
                    let from = self.below(bytes.len());
                    let to = (from + self.below(300)).min(bytes.len());
                    bytes.extend_from_within(from..to);
                }
                _ => bytes.push(self.below(letters) as u8),
            }
        }
        bytes.truncate(length);
        bytes
    }
}

/// What is written is what is read, whatever the two have agreed on, and however it is cut.
#[test]
fn written_and_read() {
    for (seed, bits) in (9..=15).enumerate() {
        for takeover in [true, false] {
            let fresh = if takeover { "" } else { "; server_no_context_takeover" };
            let mut writer = writer(&format!("{KEPT}; server_max_window_bits={bits}{fresh}"));
            let mut reader = frames(takeover);
            let mut numbers = Numbers(seed as u64);
            for _ in 0..20 {
                let length = [3, 200, 5_000, 70_000][numbers.below(4)];
                let length = numbers.below(length);
                let payload = numbers.bytes(length);
                let written = written(&mut writer, BINARY, &payload);
                let header = match written[1] {
                    126 => 4,
                    127 => 10,
                    _ => 2,
                };
                let mut bytes = frame(written[0], &written[header..]);
                let mut said = Vec::new();
                let cut = numbers.below(bytes.len());
                let (before, after) = bytes.split_at_mut(cut);
                for read in [before, after] {
                    let end = reader.receive(read, &mut |event| {
                        if let Event::Message(message) = event {
                            said.push(message.payload.into_owned());
                        }
                    });
                    end.expect("it goes on");
                }
                assert!(said == [payload], "{bits} bits, {takeover}, {length} bytes");
                let most = length + 11 + length / 1_000 * 5;
                assert!(takeover || written.len() <= length + 10, "it gets no longer");
                assert!(written.len() <= most + 10, "{} for {length}", written.len());
            }
        }
    }
}

/// Two who take turns with one compressor and one inflater, and each of them hears what was said to it.
#[test]
fn who_had_it_last() {
    let mut pairs = [(); 2].map(|()| (writer(KEPT), frames(true)));
    for turn in [0, 0, 1, 0, 1, 1, 1, 0, 0, 1] {
        let (writer, frames) = &mut pairs[turn];
        let text = format!("Li Jing and {turn}, Li Jing and {turn}");
        let written = written(writer, TEXT, text.as_bytes());
        let (first, payload) = (written[0], &written[2..]);
        assert_eq!(said(frames, &[&frame(first, payload)]), [text]);
    }
}

/// A message that ends in the middle of a block is at an end all the same, whoever speaks next.
#[test]
fn how_a_message_ends_is_forgotten() {
    let cut = [frame(0xc1, b""), frame(0xc1, HELLO)];
    let reads: Vec<&[u8]> = cut.iter().map(|frame| &frame[..]).collect();
    assert_eq!(said(&mut frames(true), &reads), ["", "Hello"]);
    let mut interrupted = frames(true);
    assert_eq!(said(&mut interrupted, &reads[..1]), [""]);
    assert_eq!(said(&mut frames(true), &reads[1..]), ["Hello"]);
    assert_eq!(said(&mut interrupted, &reads[1..]), ["Hello"]);
}

/// A compressor knows a window that it wrote to last, can be told of one, and knows no other.
#[test]
fn what_a_compressor_knows() {
    let (mut alone, mut beside) = (writer(KEPT), writer(KEPT));
    let length = |writer: &mut DeflateWriter| written(writer, TEXT, b"Li Jing says this").len();
    let first = length(&mut alone);
    let second = length(&mut alone);
    assert!(second < first, "{second} of {first}");
    assert_eq!(length(&mut beside), first, "nobody hears what another one was told");
    let told = length(&mut alone);
    assert!(told < first, "{told} of {first}");
}

/// A client that keeps one compressor from its first message on, with the largest window.
#[test]
fn a_window_is_as_large_as_it_may_be() {
    use zlib_rs::{Deflate, DeflateFlush};
    let mut deflate = Deflate::new(9, false, 15);
    let mut numbers = Numbers(7);
    let first: Vec<u8> = (0..32_000).map(|_| numbers.below(256) as u8).collect();
    let mut compressed = |payload: &[u8]| {
        let mut out = vec![0; payload.len() + 100];
        let before = deflate.total_out();
        deflate.compress(payload, &mut out, DeflateFlush::SyncFlush).expect("it compresses");
        out.truncate((deflate.total_out() - before) as usize - 4);
        frame(0xc2, &out)
    };
    let bytes = [compressed(&first), compressed(&first[..500])];
    assert!(bytes[1].len() < 50, "it repeats what is 32,000 bytes back");
    let mut said = Vec::new();
    let mut reader = frames(true);
    for mut read in bytes {
        let end = reader.receive(&mut read, &mut |event| {
            if let Event::Message(message) = event {
                said.push(message.payload.into_owned());
            }
        });
        end.expect("it goes on");
    }
    assert!(said == [&first[..], &first[..500]]);
}

/// Compressed, many times over: what a compressor makes of one character.
fn bomb(length: usize) -> Vec<u8> {
    let frame = written(&mut writer(KEPT), BINARY, &vec![b'a'; length]);
    let header = if frame[1] == 126 { 4 } else { 10 };
    frame[header..].to_vec()
}

#[test]
fn a_bomb_is_refused() {
    let too_big = "1009: a message has at most 16777216 bytes";
    let most = bomb(16 * 1024 * 1024);
    assert!(most.len() < 17 * 1024, "1,000 : 1, it has {}", most.len());
    assert_eq!(said(&mut frames(true), &[&frame(0xc2, &most)])[0].len(), 16 * 1024 * 1024);
    let more = bomb(16 * 1024 * 1024 + 1);
    assert_eq!(said(&mut frames(true), &[&frame(0xc2, &more)]), [too_big]);
    // In many fragments, it ends at the same place.
    let pieces: Vec<u8> = more.chunks(7).flat_map(|piece| frame(0x00, piece)).collect();
    let pieces = [frame(0x42, &[]), pieces, frame(0x80, &[])].concat();
    assert_eq!(said(&mut frames(true), &[&pieces]), [too_big]);
}

/// Two bytes that say nothing, and that the stream is over: to begin again each time is work.
#[test]
fn a_message_does_not_end_without_end() {
    let ends = |count: usize| [[0x03, 0x00].repeat(count), HELLO.to_vec()].concat();
    assert_eq!(said(&mut frames(true), &[&frame(0xc1, &ends(1024))]), ["Hello"]);
    assert_eq!(said(&mut frames(true), &[&frame(0xc1, &ends(1025))]), [BAD]);
    let each = [frame(0xc1, &ends(1024)), frame(0xc1, &ends(1024))].concat();
    assert_eq!(said(&mut frames(true), &[&each]), ["Hello", "Hello"], "each message by itself");
}
