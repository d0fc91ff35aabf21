//! The accept value on known keys.

use ch00_wire::RFC_KEY;
use ch03_accept::{accept_key, switching_protocols};

#[test]
fn the_key_of_the_rfc() {
    assert_eq!(accept_key(RFC_KEY), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

#[test]
fn another_key() {
    assert_eq!(accept_key("x3JJHMbDL1EzLkh9GBhXDw=="), "HSmrc0sMlYUkAGmm5OPpG2HaGWk=");
}

#[test]
fn the_answer_ends_with_its_empty_line() {
    let answer = switching_protocols(RFC_KEY);
    assert!(answer.ends_with("\r\n\r\n"));
    insta::assert_snapshot!(answer.replace("\r\n", "\\r\\n\n"));
}
