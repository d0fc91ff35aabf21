//! The value with which a server says that it has understood a request for a WebSocket (RFC 6455, section 4.2.2).
//!
//! The chapters take SHA-1 and base64 from libraries. The workshop needs them for sixty bytes, and nine more crates would
//! make the first `cargo run` longer; its tests compare the two.

/// What section 1.3 puts behind a key.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// What `Sec-WebSocket-Accept` says to a key.
pub(crate) fn accept_value(key: &[u8]) -> String {
    base64(&sha1(&[key, GUID].concat()))
}

/// The digest of FIPS 180-4, section 6.1.
fn sha1(message: &[u8]) -> [u8; 20] {
    let mut state: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    for block in padded(message).chunks_exact(64) {
        let change = rounds(state, &schedule(block));
        for (word, change) in state.iter_mut().zip(change) {
            *word = word.wrapping_add(change);
        }
    }
    let mut digest = [0; 20];
    for (bytes, word) in digest.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    digest
}

/// A bit that is set, zeros, and the length in bits: all of it whole blocks of 64 bytes.
fn padded(message: &[u8]) -> Vec<u8> {
    let mut padded = message.to_vec();
    padded.push(0x80);
    while padded.len() % 64 != 56 {
        padded.push(0);
    }
    padded.extend((8 * message.len() as u64).to_be_bytes());
    padded
}

/// The words of the eighty rounds of a block.
fn schedule(block: &[u8]) -> [u32; 80] {
    let mut words = [0; 80];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        *word = bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
    }
    for i in 16..80 {
        words[i] = (words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16]).rotate_left(1);
    }
    words
}

fn rounds([mut a, mut b, mut c, mut d, mut e]: [u32; 5], words: &[u32; 80]) -> [u32; 5] {
    for (i, word) in words.iter().enumerate() {
        let (mixed, constant) = match i {
            0..20 => ((b & c) | (!b & d), 0x5a82_7999),
            20..40 => (b ^ c ^ d, 0x6ed9_eba1),
            40..60 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc),
            _ => (b ^ c ^ d, 0xca62_c1d6_u32),
        };
        let sum = a.rotate_left(5).wrapping_add(mixed).wrapping_add(e);
        let next = sum.wrapping_add(constant).wrapping_add(*word);
        (a, b, c, d, e) = (next, a, b.rotate_left(30), c, d);
    }
    [a, b, c, d, e]
}

/// Three bytes are four digits of six bits each; `=` stands for a digit that has no bit of the bytes (RFC 4648).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, i| bits << 8 | usize::from(*three.get(i).unwrap_or(&0)));
        for i in 0..4 {
            let digit = DIGITS[bits >> (18 - 6 * i) & 0x3f];
            text.push(if i <= three.len() { digit.into() } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use ::base64::Engine;
    use ::base64::prelude::BASE64_STANDARD;
    use ::sha1::{Digest, Sha1};

    use super::{accept_value, base64, sha1};

    #[test]
    fn the_key_of_the_rfc_has_the_accept_value_of_the_rfc() {
        assert_eq!(accept_value(b"dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    /// Around the ends of blocks, and far beyond what a browser sends.
    #[test]
    fn the_libraries_of_the_chapters_say_the_same() {
        for length in 0..300_u32 {
            let message: Vec<u8> = (0..length).map(|i| (i * 31 + length * 7) as u8).collect();
            assert_eq!(sha1(&message), <[u8; 20]>::from(Sha1::digest(&message)), "{length} bytes");
            assert_eq!(base64(&message), BASE64_STANDARD.encode(&message), "{length} bytes");
        }
    }
}
