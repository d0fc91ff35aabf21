//! UTF-8 that arrives in pieces, held against what a library says of the whole.

use std::collections::HashSet;

use ch11_messages::{NotUtf8, Utf8};

/// How many of these bytes are taken when they come one by one; an error tells which byte is the wrong one.
fn taken(bytes: &[u8]) -> (usize, Utf8) {
    let mut text = Utf8::default();
    let taken = bytes.iter().take_while(|byte| text.take(&[**byte]).is_ok()).count();
    (taken, text)
}

/// What is wrong at once, what only at the end, and what is right however odd it looks.
#[test]
fn the_edges_of_utf8() {
    let wrong: [(&[u8], usize); 12] = [
        (b"\x80", 0),             // no character begins so
        (b"\xc0\xaf", 0),         // a longer form of /
        (b"\xc1\xbf", 0),         // the last of these
        (b"\xe0\x9f\xbf", 1),     // three bytes for what takes two
        (b"\xf0\x8f\xbf\xbf", 1), // four for what takes three
        (b"\xed\xa0\x80", 1),     // half of a pair of UTF-16: U+D800
        (b"\xed\xbf\xbf", 1),     // U+DFFF
        (b"\xf4\x90\x80\x80", 1), // behind U+10FFFF
        (b"\xf5\x80\x80\x80", 0), // far behind it
        (b"\xff", 0),             // no UTF-8 has it
        (b"\xe6\xbcA", 2),        // a character that breaks off
        (b"\xf0\x9f\x99\xf0", 3), // and one in which another begins
    ];
    for (bytes, at) in wrong {
        assert_eq!(taken(bytes).0, at, "{bytes:x?}");
    }
    for cut in ["漢", "\u{e9}", "\u{10ffff}"] {
        for end in 1..cut.len() {
            let (count, text) = taken(&cut.as_bytes()[..end]);
            assert!(count == end && !text.is_whole(), "{cut}, up to {end}");
        }
    }
    for right in ["", "\0", "\u{7f}", "\u{80}", "\u{7ff}", "\u{800}", "\u{d7ff}", "\u{e000}"] {
        assert!(taken(right.as_bytes()).1.is_whole(), "{right:?}");
    }
    for right in ["\u{fffe}", "\u{ffff}", "\u{feff}", "\u{fffd}", "\u{10000}", "\u{10ffff}"] {
        let (count, text) = taken(right.as_bytes());
        assert!(count == right.len() && text.is_whole(), "{right:?}");
    }
}

/// Every character, and nothing but the beginnings of characters: Rust makes them, so this is no second opinion of the
/// function that judges them.
#[test]
fn every_beginning_of_a_character_is_taken_and_no_other() {
    let mut beginnings = HashSet::new();
    for c in '\0'..=char::MAX {
        let mut bytes = [0; 4];
        let bytes = c.encode_utf8(&mut bytes).as_bytes();
        beginnings.extend((1..=bytes.len().min(3)).map(|end| bytes[..end].to_vec()));
    }
    let is_right = |bytes: &[u8]| {
        let mut text = Utf8::default();
        assert_eq!(text.take(bytes).is_ok(), beginnings.contains(bytes), "{bytes:x?}");
    };
    for first in 0x80..=0xff_u8 {
        is_right(&[first]);
        for second in 0x80..=0xbf {
            is_right(&[first, second]);
            (0x80..=0xbf).for_each(|third| is_right(&[first, second, third]));
        }
    }
}

/// However a text is cut, it is judged the same, at the same byte.
#[test]
fn where_a_text_is_cut_changes_nothing() {
    let pieces: [&[u8]; 9] = [
        b"Li Jing",
        "漢".as_bytes(),
        "🙂".as_bytes(),
        "é".as_bytes(),
        b"\xe6\xbc",
        b"\xff",
        b"\xc0",
        b"\xed\xa0\x80",
        b"\x80",
    ];
    for first in pieces {
        for second in pieces {
            for third in pieces {
                let bytes = [first, second, third].concat();
                let (wrong_at, bytewise) = taken(&bytes);
                for cut in 0..=bytes.len() {
                    let mut text = Utf8::default();
                    let (before, behind) = bytes.split_at(cut);
                    let seen = text.take(before).and_then(|()| text.take(behind));
                    let expected = if wrong_at < bytes.len() { Err(NotUtf8) } else { Ok(()) };
                    assert_eq!(seen, expected, "{bytes:x?} cut at {cut}");
                    assert!(seen.is_err() || text.is_whole() == bytewise.is_whole());
                    assert_eq!(str::from_utf8(&bytes).is_ok(), seen.is_ok() && text.is_whole());
                }
            }
        }
    }
}
