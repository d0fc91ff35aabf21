//! The arithmetic of the older handshake: two keys with numbers hidden in them, and an answer.

use std::fmt;

use md5::{Digest, Md5};

// ANCHOR: part
/// Why a key of 2010 is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadKey {
    /// It has no space to divide by.
    NoSpace,
    /// Its spaces do not divide its number.
    NotDivisible,
    /// What comes out takes more than 32 bits.
    TooLarge,
}

/// The number that is hidden in a key: its digits, divided by the count of its spaces.
pub fn part(key: &str) -> Result<u32, BadKey> {
    // YOURS: Which digits, how many spaces, and what if they do not divide?
    let spaces = key.bytes().filter(|&byte| byte == b' ').count() as u64;
    let mut number: u64 = 0;
    for digit in key.bytes().filter(u8::is_ascii_digit) {
        // A key may have as many digits as a head is long: a number of 20 digits would overflow.
        number = number
            .checked_mul(10)
            .and_then(|number| number.checked_add(u64::from(digit - b'0')))
            .ok_or(BadKey::TooLarge)?;
    }
    if spaces == 0 {
        return Err(BadKey::NoSpace);
    }
    if !number.is_multiple_of(spaces) {
        return Err(BadKey::NotDivisible);
    }
    u32::try_from(number / spaces).map_err(|_| BadKey::TooLarge)
    // YOURS_END
}
// ANCHOR_END: part

// ANCHOR: answer
/// The 16 bytes that prove to the client that both keys were read, and the 8 bytes after them.
pub fn answer([part1, part2]: [u32; 2], key3: [u8; 8]) -> [u8; 16] {
    // YOURS: Which sixteen bytes are hashed, in which order?
    let mut challenge = Md5::new();
    challenge.update(part1.to_be_bytes());
    challenge.update(part2.to_be_bytes());
    challenge.update(key3);
    challenge.finalize().into()
    // YOURS_END
}
// ANCHOR_END: answer

// ANCHOR: errors
impl fmt::Display for BadKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            BadKey::NoSpace => "a key of 2010 has spaces in it",
            BadKey::NotDivisible => "the spaces of a key of 2010 divide its number",
            BadKey::TooLarge => "the number of a key of 2010 takes 32 bits, once divided",
        })
    }
}

impl std::error::Error for BadKey {}
// ANCHOR_END: errors
