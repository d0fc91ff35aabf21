//! The protocol of 2010, and the choice between the ages: bounded, and the same however it is cut.
#![no_main]

use ch05_reply::TEXT;
use ch06_select::{Connection, Event, Frames, Message, Protocol};
use ch08_hixie::{LONGEST, OlderFrames, part, start};
use libfuzzer_sys::fuzz_target;
use pieces::{pieces, whole};

/// What comes of the bytes of some reads: everything that is sent and said, and how it ends.
fn outcome<P: Protocol>(mut protocol: P, reads: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    for read in reads {
        let end = protocol.receive(&mut read.to_vec(), &mut |event| match event {
            Event::Send(bytes) => out.push(bytes.to_vec()),
            Event::Opened(mut writer) => {
                let mut written = Vec::new();
                let message = Message { opcode: TEXT, payload: b"Li Jing".into() };
                writer.write(&message, &mut written);
                out.push(written);
            }
            Event::Message(message) => {
                assert!(message.payload.len() <= LONGEST);
                out.push(message.payload.into_owned());
            }
            Event::Head(head) => out.push(head.to_vec()),
        });
        if let Err(end) = end {
            out.extend([end.last, end.why.into_bytes()]);
            return out;
        }
    }
    out
}

fuzz_target!(|input: &[u8]| {
    let pieces = pieces(input);
    let reads: Vec<&[u8]> = pieces.iter().map(|piece| &*piece.bytes).collect();
    let at_once = whole(&pieces);
    let older: [fn() -> OlderFrames; 2] =
        [OlderFrames::without_keys, || OlderFrames::with_keys([829_309_203, 259_970_620])];
    for older in older {
        assert_eq!(outcome(older(), &reads), outcome(older(), &[&at_once]));
    }
    // Frames of today come one to a read, so that the cuts make a difference there.
    outcome(Connection::Opening(Vec::new(), start::<Frames>), &reads);
    let _ = part(&String::from_utf8_lossy(input));
});
