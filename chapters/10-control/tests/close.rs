//! Close frames, as bytes.

use ch06_select::End;
use ch10_control::{CloseCode, Failure, answer};

#[test]
fn a_goodbye_is_answered_with_its_code() {
    let cases: [(&[u8], &[u8], &str); 4] = [
        (b"", b"\x88\x00", "it says goodbye"),
        (b"\x03\xe8", b"\x88\x02\x03\xe8", "it says goodbye: 1000"),
        (b"\x03\xe9bye", b"\x88\x02\x03\xe9", "it says goodbye: 1001 bye"),
        (b"\x13\x87\x1b[2J\n", b"\x88\x02\x13\x87", r"it says goodbye: 4999 \u{1b}[2J\n"),
    ];
    for (payload, last, why) in cases {
        assert_eq!(answer(payload), End { last: last.to_vec(), why: why.to_owned() });
    }
}

#[test]
fn a_reason_of_123_bytes_is_no_longer_in_the_answer() {
    let payload = [&b"\x03\xe8"[..], &[b'x'; 123]].concat();
    assert_eq!(answer(&payload).last, b"\x88\x02\x03\xe8");
}

#[test]
fn a_failure_is_a_close_frame_with_its_code_and_reason() {
    let end = End::from(Failure::protocol_error("why"));
    assert_eq!(end, End { last: b"\x88\x05\x03\xeawhy".to_vec(), why: "1002: why".to_owned() });
}

#[test]
fn the_codes_are_those_of_the_rfc() {
    let codes = [
        (CloseCode::GoingAway, 1001),
        (CloseCode::ProtocolError, 1002),
        (CloseCode::InvalidPayload, 1007),
        (CloseCode::PolicyViolation, 1008),
        (CloseCode::TooBig, 1009),
    ];
    for (code, number) in codes {
        assert_eq!(code as u16, number);
    }
}

#[test]
fn a_long_reason_is_cut_between_two_characters() {
    let end = End::from(Failure::protocol_error("静".repeat(42)));
    assert_eq!(end.last.len(), 2 + 2 + 123);
    let end = End::from(Failure::protocol_error(format!("x{}", "静".repeat(41))));
    assert_eq!(end.last.len(), 2 + 2 + 1 + 120);
    assert!(std::str::from_utf8(&end.last[4..]).is_ok());
}
