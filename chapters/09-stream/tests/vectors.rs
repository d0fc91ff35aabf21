//! Headers and parts of frames on known vectors, in every way of cutting. The frames of the RFC are from its section 5.7.

use ch00_wire::{masked_frame, unmasked_frame};
use ch04_decode::Opcode;
use ch06_select::{Event, Protocol};
use ch09_stream::{Decoded, Decoder, Frames, Header, LONGEST, Stream, unmask};

#[test]
fn headers() {
    let header = |bytes: &[u8]| Header::decode(bytes);
    insta::assert_debug_snapshot!([
        header(b"\x81\x05Hello"),
        header(b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"),
        header(b"\x01\x03Hel"),
        header(b"\x82\x7e\x01\x00"),
        header(b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
        header(b"\xf0\xff\xff\xff\xff\xff\xff\xff\xff\xff\x37\xfa\x21\x3d"),
        header(b"\xa1\x00"),
        header(b"\xc1\xfe\x7f\xff\x01\x02\x03\x04"),
    ]);
}

/// A header that is not whole says how many bytes are missing at least; with exactly so many more it is whole, or says how
/// many the second byte asks for.
#[test]
fn how_many_bytes_are_missing() {
    for (frame, size) in [
        (unmasked_frame(1, b""), 2),
        (masked_frame(1, b"Li Jing"), 6),
        (unmasked_frame(2, &[0; 126]), 4),
        (masked_frame(2, &[0; 65_535]), 8),
        (unmasked_frame(2, &[0; 65_536]), 10),
        (masked_frame(2, &[0; 65_536]), 14),
    ] {
        for here in 0..size {
            let missing = if here < 2 { 2 - here } else { size - here };
            assert_eq!(
                Header::decode(&frame[..here]),
                Decoded::NeedMore(missing),
                "{here} of {size}"
            );
        }
        let whole = Header::decode(&frame[..size]);
        assert!(matches!(whole, Decoded::Done(_, used) if used == size), "{whole:?}");
        assert_eq!(Header::decode(&frame), whole, "what follows a header is not looked at");
    }
}

#[test]
fn the_edges_of_the_length() {
    for length in [0, 125, 126, 32_767, 32_768, 65_535, 65_536, 1 << 20, LONGEST] {
        let frame = masked_frame(2, &vec![0; length]);
        let Decoded::Done(header, _) = Header::decode(&frame) else { panic!("it is whole") };
        assert_eq!(header.length, length as u64);
    }
}

#[test]
fn a_mask_that_goes_on() {
    let plain: Vec<u8> = (0..64).collect();
    let key = [0x37, 0xfa, 0x21, 0x3d];
    let mut masked = plain.clone();
    unmask(&mut masked, key, 0);
    assert_eq!(masked[..5], [0x37, 0xfb, 0x23, 0x3e, 0x33]);
    for cut in 0..plain.len() {
        let mut parts = masked.clone();
        let (one, two) = parts.split_at_mut(cut);
        unmask(one, key, 0);
        unmask(two, key, cut as u64);
        assert_eq!(parts, plain, "cut at {cut}");
    }
    let mut far = plain.clone();
    unmask(&mut far, key, u64::MAX);
    assert_eq!(far[..2], [0x3d, 0x36], "the key's last byte, and then its first");
}

/// The parts that reads come to: opcode, how long the frame is, payload, first, last.
fn parts(decoder: &mut Decoder, read: &[u8]) -> Vec<(Opcode, u64, Vec<u8>, bool, bool)> {
    let mut bytes = read.to_vec();
    let (mut at, mut found) = (0, Vec::new());
    while at < bytes.len() {
        let (used, part) = decoder.decode(&mut bytes[at..]);
        assert!(used > 0, "it goes on");
        at += used;
        found.extend(part.map(|part| {
            let header = part.header;
            (header.opcode, header.length, part.payload.to_vec(), part.first, part.last)
        }));
    }
    found
}

#[test]
fn a_message_comes_in_parts_and_a_ping_whole() {
    let mut decoder = Decoder::default();
    let (text, ping) = (masked_frame(1, b"Li Jing"), masked_frame(9, b"Li Jing"));
    let mut read = |bytes: &[u8]| parts(&mut decoder, bytes);
    assert_eq!(read(&text[..5]), []);
    // The header is whole, and nothing of the payload is here.
    assert_eq!(read(&text[5..6]), [(Opcode(1), 7, b"".to_vec(), true, false)]);
    assert_eq!(read(&text[6..9]), [(Opcode(1), 7, b"Li ".to_vec(), false, false)]);
    let rest_and_ping = [&text[9..], &ping[..8]].concat();
    assert_eq!(read(&rest_and_ping), [(Opcode(1), 7, b"Jing".to_vec(), false, true)]);
    assert_eq!(read(&ping[8..10]), []);
    assert_eq!(read(&ping[10..]), [(Opcode(9), 7, b"Li Jing".to_vec(), true, true)]);
    assert_eq!(read(&ping), [(Opcode(9), 7, b"Li Jing".to_vec(), true, true)]);
    // Nothing is left of the ping before.
    assert_eq!(read(&masked_frame(10, b"")), [(Opcode(10), 0, b"".to_vec(), true, true)]);
    // And nothing of one in parts, for a goodbye that is cut inside its header and inside its payload.
    for _ in 0..2 {
        let whole = (Opcode(9), 7, b"Li Jing".to_vec(), true, true);
        assert_eq!([read(&ping[..8]), read(&ping[8..])].concat(), [whole]);
    }
    let close = masked_frame(8, b"\x03\xe8");
    assert_eq!([read(&close[..3]), read(&close[3..7])].concat(), []);
    assert_eq!(read(&close[7..]), [(Opcode(8), 2, b"\x03\xe8".to_vec(), true, true)]);
}

/// Longer than section 5.5 allows: it is not kept, so a ping without end costs nothing.
#[test]
fn a_control_frame_that_is_too_long_comes_in_parts() {
    let mut decoder = Decoder::default();
    let longest = masked_frame(9, &[b'x'; 125]);
    assert_eq!(parts(&mut decoder, &longest[..100]), []);
    let whole = (Opcode(9), 125, vec![b'x'; 125], true, true);
    assert_eq!(parts(&mut decoder, &longest[100..]), [whole]);
    let too_long = masked_frame(9, &[b'x'; 126]);
    let first = (Opcode(9), 126, vec![b'x'; 2], true, false);
    assert_eq!(parts(&mut decoder, &too_long[..10]), [first]);
}

/// What a whole payload is handed on as, where it lies in the read: the same memory.
#[test]
fn nothing_is_copied_that_lies_whole_in_a_read() {
    let mut bytes = masked_frame(2, &[0; 1_000]);
    let range = bytes.as_ptr_range();
    let mut decoder = Decoder::default();
    let (used, part) = decoder.decode(&mut bytes);
    let part = part.expect("a whole frame");
    assert_eq!(used, 1_008);
    assert!(range.contains(&part.payload.as_ptr()));
    assert!(part.payload.iter().all(|&byte| byte == 0));
}

/// The messages that reads come to, and why they end.
fn messages(reads: &[&[u8]]) -> (Vec<Vec<u8>>, Option<String>) {
    let mut stream = Stream::<Frames>::default();
    let mut said = Vec::new();
    for read in reads {
        let end = stream.receive(&mut read.to_vec(), &mut |event| {
            if let Event::Message(message) = event {
                said.push([&[message.opcode.0][..], &message.payload].concat());
            }
        });
        if let Err(end) = end {
            return (said, Some(end.why));
        }
    }
    (said, None)
}

#[test]
fn what_is_a_message_and_what_is_not() {
    let text = |text: &str| [b"\x01", text.as_bytes()].concat();
    let frames = [
        masked_frame(1, b"Li"),
        masked_frame(9, b"ping"),
        masked_frame(10, b"pong"),
        masked_frame(1, b""),
        masked_frame(2, b"\x00"),
        masked_frame(0, b"Jing"),
    ]
    .concat();
    let said = vec![text("Li"), text(""), b"\x02\x00".to_vec(), text("Jing")];
    assert_eq!(messages(&[&frames]), (said, None));
    let goodbye = [masked_frame(1, b"Li"), masked_frame(8, b""), masked_frame(1, b"Jing")].concat();
    assert_eq!(messages(&[&goodbye]), (vec![text("Li")], Some("it says goodbye".to_owned())));
}

#[test]
fn what_is_refused_at_its_header() {
    let end = |bytes: &[u8]| messages(&[bytes]).1;
    assert_eq!(
        end(&unmasked_frame(1, b"Li")[..2]).as_deref(),
        Some("not a frame: it is not masked")
    );
    let long = Some("a frame of more than 16777216 bytes".to_owned());
    let declared = |length: u64| [b"\x81\xff", &length.to_be_bytes()[..], b"\0\0\0\0"].concat();
    assert_eq!(end(&declared(LONGEST as u64 + 1)), long);
    assert_eq!(end(&declared(1 << 63 | 7)), long, "a length whose first bit is 1");
    assert_eq!(end(&declared(LONGEST as u64)), None);
}

#[test]
fn the_longest_message() {
    let frame = masked_frame(2, &vec![7; LONGEST]);
    let reads: Vec<&[u8]> = frame.chunks(4_096).collect();
    let (said, end) = messages(&reads);
    assert_eq!((said.len(), said[0].len(), end), (1, LONGEST + 1, None));
    assert!(said[0][1..].iter().all(|&byte| byte == 7));
}

/// Some numbers that look random and are the same in every run: xorshift.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

/// The third invariant: the same bytes come to the same messages, however they are cut.
#[test]
fn a_cut_makes_no_difference() {
    let mut numbers = Numbers(6455);
    for round in 0..300 {
        let mut bytes = Vec::new();
        let mut expected = Vec::new();
        for _ in 0..=numbers.below(6) {
            let opcode = [1, 2, 9, 10][numbers.below(4)];
            let longest = if opcode > 2 { 126 } else { [8, 300, 70_000][numbers.below(3)] };
            let payload: Vec<u8> = (0..numbers.below(longest)).map(|i| (i + round) as u8).collect();
            bytes.extend(masked_frame(opcode, &payload));
            if opcode < 3 {
                expected.push([&[opcode], &payload[..]].concat());
            }
        }
        let longest = [2, 10, 5_000][numbers.below(3)].max(bytes.len() / 2_000);
        let (mut reads, mut rest) = (Vec::new(), &bytes[..]);
        while !rest.is_empty() {
            let (read, later) = rest.split_at((1 + numbers.below(longest)).min(rest.len()));
            reads.push(read);
            rest = later;
        }
        assert_eq!(messages(&reads), (expected, None), "round {round}, {} reads", reads.len());
    }
}
