//! Masks: what a client's frames wear (RFC 6455, sections 5.3 and 10.3).

use ch06_select::{Message, Writer};
use ch09_stream::{Decoded, Header, unmask};

// ANCHOR: random
/// Fills bytes by chance.
pub type Random = fn(&mut [u8]);

/// By the system's own generator, whose bytes nobody can foretell.
///
/// # Panics
///
/// The system has no random bytes: a client that cannot mask must not speak.
pub fn random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the system has random bytes");
}
// ANCHOR_END: random

// ANCHOR: masked
/// A server's frame as a client sends it: under a masking-key that no other frame has.
pub fn masked(frame: &[u8], random: Random) -> Vec<u8> {
    // YOURS: Where does the key go, and which bit says that it is there?
    let Decoded::Done(_, size) = Header::decode(frame) else { return Vec::new() };
    let mut key = [0; 4];
    random(&mut key);
    let mut masked = [&frame[..size], &key, &frame[size..]].concat();
    masked[1] |= 0x80;
    unmask(&mut masked[size + key.len()..], key, 0);
    masked
    // YOURS_END
}

/// Writes what another writer writes, masked.
pub struct MaskedWriter {
    pub(crate) writer: Box<dyn Writer>,
    pub(crate) random: Random,
}

impl Writer for MaskedWriter {
    fn write(&mut self, message: &Message<'_>, out: &mut Vec<u8>) {
        let mut frame = Vec::new();
        self.writer.write(message, &mut frame);
        out.extend(masked(&frame, self.random));
    }

    fn group(&self) -> Option<&'static str> {
        None
    }
}
// ANCHOR_END: masked
