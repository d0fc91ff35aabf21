//! The accept value on known keys.

use ch00_wire::{RFC_KEY, hex};
use ch03_accept::{accept_key, switching_protocols};
use sha1::{Digest, Sha1};

#[test]
fn the_key_of_the_rfc() {
    assert_eq!(accept_key(RFC_KEY), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

#[test]
fn another_key() {
    assert_eq!(accept_key("x3JJHMbDL1EzLkh9GBhXDw=="), "HSmrc0sMlYUkAGmm5OPpG2HaGWk=");
}

/// The way from the key to the accept value, step by step, for the page.
#[test]
fn the_steps_to_the_accept_value() {
    let joined = format!("{RFC_KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    let digest = Sha1::digest(&joined);
    let steps = [
        ("the key", RFC_KEY.to_owned()),
        ("and the GUID", joined),
        ("SHA-1, 20 bytes", hex(&digest)),
        ("in base64", accept_key(RFC_KEY)),
    ];
    let lines = steps.map(|(name, value)| format!("{name:<17}{value}"));
    insta::assert_snapshot!("steps", lines.join("\n"));
}

#[test]
fn the_answer_ends_with_its_empty_line() {
    let answer = switching_protocols(RFC_KEY);
    assert!(answer.ends_with("\r\n\r\n"));
    insta::assert_snapshot!(answer.replace("\r\n", "\\r\\n\n"));
}
