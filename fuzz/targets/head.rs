//! The head of a request: read to the same end however it is cut, and taken apart without a panic.
#![no_main]

use ch02_key::{BadRequest, HeadEnd, MAX_HEAD, Request, read_head};
use libfuzzer_sys::fuzz_target;
use pieces::{pieces, whole};

fuzz_target!(|input: &[u8]| {
    let pieces = pieces(input);
    let at_once = whole(&pieces);
    let mut unread = at_once.as_slice();
    let mut head = Vec::new();
    let end = read_head(&mut unread, &mut head).expect("a slice is read without error");
    assert!(head.len() <= MAX_HEAD);
    assert_eq!([&head, unread].concat(), at_once, "nothing is lost");

    let mut in_pieces = Vec::new();
    let mut end_in_pieces = HeadEnd::NotYet;
    // An empty line that is over may be noticed only by the next read, which is then left alone.
    for piece in pieces.iter().map(|piece| &*piece.bytes).chain([&[][..]]) {
        if end_in_pieces == HeadEnd::NotYet {
            end_in_pieces = read_head(&mut &*piece, &mut in_pieces).expect("as above");
        }
    }
    assert_eq!((in_pieces, end_in_pieces), (head.clone(), end));
    assert_eq!(Request::parse(&head) == Err(BadRequest::TooLong), end == HeadEnd::TooFar);

    if let Ok(request) = Request::parse(&head) {
        let _ = request.key();
        assert!(!request.target.contains(['\n', ' ']));
        assert!(
            request
                .fields
                .iter()
                .all(|(name, value)| !name.contains('\n') && !value.contains('\n'))
        );
    }
});
