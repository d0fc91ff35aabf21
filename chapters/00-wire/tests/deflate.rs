//! What is compressed is shown inflated, and what is wrong with it is named.

use ch00_wire::{Fault, Recorder, Side, Unit, masked_frame, request, rfc_key_line, unhex};

const GRANT: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

/// A server that has agreed to this.
fn server(agreed: &str) -> (Recorder, usize) {
    let recorder = Recorder::new();
    let client = recorder.new_client();
    let offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits";
    let request = request(&format!("{}\r\n{offer}", rfc_key_line()));
    recorder.bytes(client, Side::Client, &request);
    recorder.bytes(client, Side::Server, format!("{GRANT}{agreed}\r\n").as_bytes());
    (recorder, client)
}

fn heard(agreed: &str, frames: &str) -> Vec<Unit> {
    let (recorder, client) = server(agreed);
    recorder.bytes(client, Side::Server, &unhex(frames).expect("hexadecimal"))
}

fn texts(units: &[Unit]) -> Vec<Option<&str>> {
    units.iter().map(|unit| unit.text.as_deref()).collect()
}

fn faults(units: &[Unit]) -> Vec<(&str, &str)> {
    let faults = units.iter().flat_map(|unit| &unit.faults);
    faults.map(|Fault { why, section, .. }| (why.as_str(), section.as_str())).collect()
}

const PLAIN: &str = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
const FRESH: &str = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n";

/// The examples of RFC 7692, section 7.2.3.
#[test]
fn the_examples_of_the_rfc() {
    let all = [
        "c1 07 f2 48 cd c9 c9 07 00",
        "c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00",
        "c1 08 f3 48 cd c9 c9 07 00 00",
        "c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00",
    ];
    for frames in all {
        let units = heard(FRESH, frames);
        assert_eq!(texts(&units), [Some("Hello")], "{frames}");
        assert_eq!(faults(&units), [], "{frames}");
    }
    let units =
        heard(PLAIN, "41 03 f2 48 cd 89 01 21 80 04 c9 c9 07 00 c1 05 f2 00 11 00 00 c1 01 00");
    assert_eq!(texts(&units), [Some("He"), Some("!"), Some("llo"), Some("Hello"), Some("")]);
    assert_eq!(faults(&units), []);
}

#[test]
fn after_a_last_block_the_window_goes_on() {
    let units = heard(PLAIN, "c1 08 f3 48 cd c9 c9 07 00 00 c1 05 f2 00 11 00 00");
    assert_eq!(texts(&units), [Some("Hello"), Some("Hello")]);
    assert_eq!(faults(&units), []);
}

#[test]
fn a_window_that_is_not_kept_cannot_be_repeated() {
    let frames = "c1 07 f2 48 cd c9 c9 07 00 c1 05 f2 00 11 00 00 c1 07 f2 48 cd c9 c9 07 00";
    let units = heard(FRESH, frames);
    assert_eq!(texts(&units), [Some("Hello"), None, Some("Hello")]);
    let why = "the compressed message is not DEFLATE";
    assert_eq!(faults(&units), [(why, "RFC 7692, section 7.2.2")]);
    // A window that is kept has a hole from then on, and nothing more is said of it.
    let broken = "c1 02 07 00 c1 05 f2 00 11 00 00";
    let units = heard(PLAIN, broken);
    assert_eq!(texts(&units), [None, None]);
    assert_eq!(faults(&units), [(why, "RFC 7692, section 7.2.2")]);
}

#[test]
fn the_four_bytes_at_the_end_are_cut_off() {
    let whole =
        "it does not end with an empty block whose last four bytes, 00 00 ff ff, are cut off";
    let of = |frames| heard(FRESH, frames);
    let units = of("c1 0b f2 48 cd c9 c9 07 00 00 00 ff ff");
    assert_eq!((texts(&units), faults(&units).len()), (vec![Some("Hello")], 1));
    assert_eq!(faults(&units)[0], (whole, "RFC 7692, section 7.2.1"));
    assert_eq!(faults(&of("c1 03 f2 48 cd"))[0].0, whole, "cut in the middle");
    assert_eq!(
        faults(&of("c1 07 f3 48 cd c9 c9 07 00"))[0].0,
        whole,
        "nothing after the last block"
    );
    assert_eq!(faults(&of("c1 00"))[0].0, whole, "an empty message is one byte");
}

#[test]
fn each_side_has_its_own_window() {
    let (recorder, client) = server(PLAIN);
    let hello = unhex("f2 48 cd c9 c9 07 00").expect("hexadecimal");
    let units = recorder.bytes(client, Side::Client, &masked_frame(0x41, &hello));
    assert_eq!(texts(&units), [Some("Hello")]);
    assert_eq!(units[0].value("payload, masked"), Some("\"Hello\""));
    assert_eq!(units[0].title, "text frame, 7 bytes, masked, compressed");
    let units = recorder.bytes(client, Side::Server, &unhex("c1 05 f2 00 11 00 00").unwrap());
    assert_eq!(texts(&units), [None], "the server has said nothing that it could repeat");
}

/// Bits as DEFLATE packs them into bytes.
#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    /// The bits of a code, of which the first is the most significant.
    fn code(&mut self, value: u32, count: u32) {
        self.0.extend((0..count).rev().map(|i| value >> i & 1 == 1));
    }

    /// The bits of a number, of which the first is the least significant.
    fn number(&mut self, value: u32, count: u32) {
        self.0.extend((0..count).map(|i| value >> i & 1 == 1));
    }

    fn bytes(&self) -> Vec<u8> {
        let bit = |(i, bit): (usize, &bool)| u8::from(*bit) << i;
        self.0.chunks(8).map(|bits| bits.iter().enumerate().map(bit).sum()).collect()
    }
}

/// 280 bytes, and then three that repeat the first: 280 bytes back.
#[test]
fn a_repetition_from_behind_the_window_is_a_fault() {
    let mut stored = vec![0x00, 0x18, 0x01, 0xe7, 0xfe];
    stored.extend((0..280_u32).map(|i| b'a' + ((i * i / 7) % 26) as u8));
    let mut repeats = Bits::default();
    repeats.code(0b010, 3); // not the last block, and fixed codes
    repeats.code(1, 7); // length 3
    repeats.code(16, 5); // distance 257 and more:
    repeats.number(280 - 257, 7);
    repeats.code(0, 7 + 3); // the end, and an empty block
    let payload = [stored, repeats.bytes()].concat();
    let mut frame = vec![0xc1, 126, 0x01, (payload.len() - 256) as u8];
    frame.extend(payload);
    for (bits, wrong) in
        [("", false), ("; server_max_window_bits=9", false), ("; server_max_window_bits=8", true)]
    {
        let (recorder, client) = server(&format!("{}{bits}\r\n", PLAIN.trim_end()));
        let units = recorder.bytes(client, Side::Server, &frame);
        let whys: Vec<&str> = faults(&units)
            .iter()
            .map(|(why, _)| *why)
            .filter(|why| why.contains("behind"))
            .collect();
        assert_eq!(whys.len(), usize::from(wrong), "{bits}: {units:?}");
    }
}

#[test]
fn a_reserved_bit_has_its_place() {
    let unagreed = faults(&heard("", "c1 01 00"))[0].0.to_owned();
    assert_eq!(unagreed, "a reserved bit is set, and no extension was agreed on");
    let continued = heard(PLAIN, "41 03 f2 48 cd c0 04 c9 c9 07 00");
    assert_eq!(faults(&continued)[0].0, "only a message's first frame says that it is compressed");
    let control = heard(PLAIN, "c9 00");
    assert_eq!(faults(&control)[0].0, "only a message's first frame says that it is compressed");
}

/// A frame that has come in part is named again, and inflated once.
#[test]
fn a_cut_anywhere_makes_no_difference() {
    let frames =
        unhex("c1 07 f2 48 cd c9 c9 07 00 41 03 f2 00 11 80 02 00 00").expect("hexadecimal");
    for cut in 1..frames.len() {
        let (recorder, client) = server(PLAIN);
        let mut units = recorder.bytes(client, Side::Server, &frames[..cut]);
        units.retain(|unit| unit.complete);
        units.extend(recorder.bytes(client, Side::Server, &frames[cut..]));
        let said: String = units.iter().filter_map(|unit| unit.text.clone()).collect();
        assert_eq!(said, "HelloHello", "cut at {cut}: {units:#?}");
        assert_eq!(faults(&units), []);
    }
}

/// 18 MB of one character in 114 kB: the instrument stops, too.
#[test]
fn a_bomb_is_bounded() {
    let mut bits = Bits::default();
    bits.code(0b010, 3);
    bits.code(0x30 + u32::from(b'a'), 8);
    // Length 258 at distance 1, again and again.
    (0..70_000).for_each(|_| bits.code(0b1_1000_1010_0000, 13));
    bits.code(0, 7 + 3);
    let payload = bits.bytes();
    let mut frame = vec![0xc1, 127];
    frame.extend((payload.len() as u64).to_be_bytes());
    frame.extend(payload);
    let (recorder, client) = server(PLAIN);
    let units = recorder.bytes(client, Side::Server, &frame);
    let faults = faults(&units);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(faults[0].0, "the message inflates to more than 16777216 bytes");
}
