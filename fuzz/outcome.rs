//! What comes of the bytes of some reads.

use ch05_reply::TEXT;
use ch06_select::{Event, Message, Protocol};

/// Everything that is sent and said, and how it ends: the last bytes, and why. No message may be longer than
/// `longest`.
pub fn outcome<P: Protocol>(mut protocol: P, reads: &[&[u8]], longest: usize) -> Vec<Vec<u8>> {
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
                assert!(message.payload.len() <= longest);
                let is_text = message.opcode == TEXT;
                out.push([&[u8::from(is_text)], &*message.payload].concat());
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
