//! The heads of real clients, one a file in `heads/`, as `tests/course/heads.rs` recorded them: byte for
//! byte, but for the course's address and key, and for the ends of the lines, which are `\n` in the files
//! and `\r\n` on the wire.

/// Who sent a head, and the head as its file has it.
pub(super) const HEADS: [(&str, &str); 6] = [
    ("Chromium", include_str!("heads/chromium.txt")),
    ("Firefox", include_str!("heads/firefox.txt")),
    ("npm ws", include_str!("heads/ws.txt")),
    ("Python websockets", include_str!("heads/websockets.txt")),
    ("curl", include_str!("heads/curl.txt")),
    ("Node", include_str!("heads/node.txt")),
];

/// A head as it crosses the wire.
pub(super) fn bytes(head: &str) -> Vec<u8> {
    head.replace('\n', "\r\n").into_bytes()
}

/// A head with a Cookie field whose value has so many bytes, 16 at the least. It stands before the key, where Chromium
/// puts it: a server that stops reading early never sees the key.
pub(super) fn with_cookie(head: &str, length: usize) -> String {
    let others = (1..length / 16).map(|number| format!("c{number:06}=a1b2c3; "));
    let cookie = format!("{}session=", others.collect::<String>());
    let line = |line: &str| match line.to_ascii_lowercase().starts_with("sec-websocket-key:") {
        true => format!("Cookie: {cookie:x<length$}\n{line}"),
        false => line.to_owned(),
    };
    head.split_inclusive('\n').map(line).collect()
}

#[cfg(test)]
mod tests {
    use ch00_wire::{Side, Stream, Unit};

    use super::*;

    fn named(head: &str) -> Unit {
        let mut units = Stream::new(Side::Client).feed(&bytes(head));
        assert_eq!(units.len(), 1, "{units:#?}");
        units.remove(0)
    }

    #[test]
    fn the_instrument_finds_no_fault_in_them() {
        for (client, head) in HEADS {
            let unit = named(head);
            assert!(unit.complete && unit.faults.is_empty(), "{client}: {:?}", unit.faults);
            assert_eq!(unit.value("sec-websocket-key"), Some(ch00_wire::RFC_KEY), "{client}");
        }
    }

    #[test]
    fn a_cookie_stands_before_the_key() {
        for (client, head) in HEADS {
            let (with, without) = (named(&with_cookie(head, 3_000)), named(head));
            let place = |name: &str| {
                with.parts.iter().position(|part| part.name.eq_ignore_ascii_case(name))
            };
            assert_eq!(place("Cookie").map(|at| at + 1), place("Sec-WebSocket-Key"), "{client}");
            assert_eq!(with.value("Cookie").map(str::len), Some(3_000), "{client}");
            assert_eq!(with.end, without.end + "Cookie: \r\n".len() + 3_000, "{client}");
            assert!(with.faults.is_empty(), "{client}: {:?}", with.faults);
        }
    }
}
