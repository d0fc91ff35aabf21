//! The opening handshake: the same answer however the request is cut, and nothing of the client's in it that could
//! end a line.
#![no_main]

use ch06_select::{Connection, Emit, Event};
use ch13_door::{Door, read, start};
use ch14_deflate::agree;
use libfuzzer_sys::fuzz_target;
use pieces::{outcome, pieces, whole};

fuzz_target!(|input: &[u8]| {
    let pieces = pieces(input);
    let reads: Vec<&[u8]> = pieces.iter().map(|piece| &*piece.bytes).collect();
    let at_once = whole(&pieces);
    for origins in [vec![], vec!["http://example.com".to_owned()]] {
        let door = Door { origins };
        let opening = || {
            let start = |head: &[u8], emit: Emit<'_>| start(&door, agree, head, emit);
            Connection::Opening(Vec::new(), start)
        };
        let answered = outcome(opening(), &reads, usize::MAX);
        assert_eq!(
            without_reasons(&answered),
            without_reasons(&outcome(opening(), &[&at_once], usize::MAX))
        );

        let mut sent = Vec::new();
        let end = start(&door, agree, &at_once, &mut |event| {
            if let Event::Send(bytes) = event {
                sent.push(bytes.to_vec());
            }
        });
        let last = end.err().map(|end| end.last);
        sent.into_iter()
            .chain(last)
            .filter(|bytes| !bytes.is_empty())
            .take(1)
            .for_each(|head| is_head(&head));
    }
    if let Ok(request) = read(&at_once) {
        let is_control = |byte: u8| byte.is_ascii_control() && byte != b'\t';
        assert!(request.fields.iter().all(|(_, value)| !value.bytes().any(is_control)));
    }
});

/// Two wrong things in one message may be found in another order, if it comes in pieces.
fn without_reasons(outcome: &[Vec<u8>]) -> Vec<&[u8]> {
    let is_close = |said: &&Vec<u8>| said.first() == Some(&0x88);
    let end = outcome.iter().position(|said| is_close(&said)).unwrap_or(outcome.len());
    outcome[..end].iter().map(Vec::as_slice).collect()
}

/// Whether this is one head, each of whose lines ends as it should.
fn is_head(bytes: &[u8]) {
    assert!(bytes.starts_with(b"HTTP/1.1 "), "{bytes:?}");
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("an empty line");
    for line in bytes[..end + 2].split_inclusive(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r\n").expect("each line ends with \\r\\n");
        assert!(!line.is_empty() && !line.iter().any(u8::is_ascii_control));
    }
}
