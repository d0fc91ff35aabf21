//! What the instrument says of TLS: headers, lengths, and what is not encrypted.

use ch00_wire::{Kind, Side, Stream, Unit};

fn titles(units: &[Unit]) -> Vec<(&str, bool)> {
    units.iter().map(|unit| (unit.title.as_str(), unit.complete)).collect()
}

fn record(content: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).expect("a short record").to_be_bytes();
    [&[content, 3, 3][..], &length, body].concat()
}

#[test]
fn a_handshake_is_read_until_it_is_encrypted() {
    let hello = record(22, &[&[1, 0, 0, 60][..], &[7; 60]].concat());
    let bytes = [hello, record(20, &[1]), record(23, &[9; 40]), record(22, &[4; 30])].concat();
    let units = Stream::new(Side::Client).feed(&bytes);
    assert_eq!(
        titles(&units),
        [
            ("TLS record: ClientHello, 64 bytes", true),
            ("TLS record: change_cipher_spec, 1 byte", true),
            ("TLS record: application data, 40 bytes", true),
            ("TLS record: handshake, 30 bytes", true),
        ]
    );
    assert!(units.iter().all(|unit| unit.kind == Kind::Record && unit.faults.is_empty()));
    assert_eq!(units[0].hex, "16 03 03 00 40 01 00 00 3c");
    // What is encrypted is counted, and not kept.
    assert_eq!((units[2].hex.as_str(), units[2].omitted), ("17 03 03 00 28", 40));
    assert_eq!(units.last().map(|unit| unit.end), Some(bytes.len()));
}

#[test]
fn an_alert_says_why() {
    let units = Stream::new(Side::Server).feed(&record(21, &[2, 70]));
    assert_eq!(titles(&units), [("TLS record: fatal alert 70, protocol_version, 2 bytes", true)]);
}

#[test]
fn a_record_grows() {
    let mut stream = Stream::new(Side::Client);
    let bytes = record(22, &[1; 10]);
    assert_eq!(stream.feed(&bytes[..1])[0].kind, Kind::RequestHead);
    assert_eq!(
        titles(&stream.feed(&bytes[1..3])),
        [("TLS record (its header is not all here)", false)]
    );
    assert_eq!(
        titles(&stream.feed(&bytes[3..9])),
        [("TLS record: ClientHello, 10 bytes (4 bytes here)", false)]
    );
    assert_eq!(titles(&stream.feed(&bytes[9..])), [("TLS record: ClientHello, 10 bytes", true)]);
}

#[test]
fn a_record_may_be_too_long() {
    let units = Stream::new(Side::Client).feed(&[23, 3, 3, 0xff, 0xff]);
    assert_eq!(units[0].faults[0].why, "the record is longer than a record may be");
}
