//! Chapter 12, without a socket.

use ch05_reply::TEXT;
use ch06_select::{Event, Protocol};
use ch09_stream::Stream;
use ch10_control::Control;
use ch11_messages::Messages;
use ch12_strict::Strict;

use crate::outcome::Outcome;

/// What chapter 12 makes of these reads.
pub fn outcome(reads: &[&[u8]]) -> Outcome {
    let mut frames: Stream<Strict<Control<Messages>>> = Stream::default();
    let mut outcome = Outcome::default();
    for read in reads {
        let end = frames.receive(&mut read.to_vec(), &mut |event| match event {
            Event::Message(message) => {
                outcome.hear(message.opcode == TEXT, message.payload.into_owned());
            }
            Event::Send(bytes) => outcome.send(bytes),
            Event::Head(_) | Event::Opened(_) => unreachable!("the handshake is over"),
        });
        if let Err(end) = end {
            outcome.send(&end.last);
            assert!(outcome.is_over(), "it ends without a Close frame: {}", end.why);
            break;
        }
    }
    outcome
}
