//! Compressed messages: the same however they are cut, bounded, and what our own writer writes comes out as it went in.
#![no_main]

use ch05_reply::TEXT;
use ch06_select::{BINARY, Event, Message, Protocol, Writer};
use ch09_stream::{LONGEST, Stream};
use ch10_control::Control;
use ch11_messages::Messages;
use ch12_strict::Strict;
use ch14_deflate::{Agreement, DeflateWriter, Inflated, Layers, RSV1};
use libfuzzer_sys::fuzz_target;
use pieces::{outcome, pieces, whole};

fn frames(takeover: bool) -> Stream<Layers> {
    Stream::new(Strict::new(RSV1, Control(Inflated::new(takeover, Messages::default()))))
}

fuzz_target!(|input: &[u8]| {
    let Some((&first, rest)) = input.split_first() else { return };
    let takeover = first & 1 != 0;
    let pieces = pieces(rest);
    let reads: Vec<&[u8]> = pieces.iter().map(|piece| &*piece.bytes).collect();
    let at_once = whole(&pieces);
    let in_pieces = outcome(frames(takeover), &reads, LONGEST);
    let at_once = outcome(frames(takeover), &[&at_once], LONGEST);
    assert_eq!(without_reasons(&in_pieces), without_reasons(&at_once));

    round_trip(takeover, 9 + first / 2 % 7, &reads);
});

/// Two wrong things in one message may be found in another order, if it comes in pieces.
fn without_reasons(outcome: &[Vec<u8>]) -> Vec<&[u8]> {
    let end = outcome.iter().position(|said| said.first() == Some(&0x88)).unwrap_or(outcome.len());
    outcome[..end].iter().map(Vec::as_slice).collect()
}

/// Each read as a message: compressed by one end, and inflated by the other.
fn round_trip(takeover: bool, server_bits: u8, messages: &[&[u8]]) {
    let agreed = Agreement {
        server_takeover: takeover,
        client_takeover: takeover,
        server_bits: Some(server_bits),
        client_bits: None,
    };
    let (mut writer, mut frames) = (DeflateWriter::new(agreed), frames(takeover));
    for payload in messages {
        let opcode = if str::from_utf8(payload).is_ok() { TEXT } else { BINARY };
        let message = Message { opcode, payload: (*payload).into() };
        let mut frame = Vec::new();
        writer.write(&message, &mut frame);
        let mut heard = Vec::new();
        let end = frames.receive(&mut masked(&frame), &mut |event| {
            if let Event::Message(message) = event {
                heard.push((message.opcode, message.payload.into_owned()));
            }
        });
        end.expect("nothing is wrong with it");
        assert_eq!(heard, [(opcode, payload.to_vec())]);
    }
}

/// A server's frame as a client would send it, with a masking-key of four zeros.
fn masked(frame: &[u8]) -> Vec<u8> {
    let header = match frame[1] {
        126 => 4,
        127 => 10,
        _ => 2,
    };
    let (header, payload) = frame.split_at(header);
    let mut masked = [header, &[0; 4], payload].concat();
    masked[1] |= 0x80;
    masked
}
