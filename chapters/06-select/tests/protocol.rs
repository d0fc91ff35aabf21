//! The protocol without a socket: bytes in, events out.

use ch00_wire::{masked_frame, rfc_request};
use ch06_select::{Connection, Event, Frames, Protocol, start};

/// What a connection hands on for bytes that come in these reads, and how it ends.
fn events(reads: &[&[u8]]) -> Vec<String> {
    let mut connection = Connection::<Frames>::new(start);
    let mut events = Vec::new();
    for read in reads {
        let mut bytes = read.to_vec();
        let end = connection.receive(&mut bytes, &mut |event| {
            events.push(match event {
                Event::Head(head) => format!("head of {} bytes", head.len()),
                Event::Send(bytes) => {
                    String::from_utf8_lossy(bytes).lines().next().unwrap_or_default().to_owned()
                }
                Event::Opened(encode) => format!("opened, a message is {:02x?}", encode(b"Li")),
                Event::Message(text) => format!("message {:?}", String::from_utf8_lossy(text)),
            });
        });
        if let Err(why) = end {
            events.push(format!("end: {why}"));
            break;
        }
    }
    events
}

#[test]
fn a_whole_conversation() {
    let (request, frame) = (rfc_request(), masked_frame(1, b"Li Jing"));
    insta::assert_debug_snapshot!(events(&[&request, &frame, &masked_frame(8, b"\x03\xe8")]));
}

#[test]
fn a_head_cut_anywhere_makes_no_difference() {
    let request = rfc_request();
    let whole = events(&[&request]);
    for cut in 1..request.len() {
        assert_eq!(events(&[&request[..cut], &request[cut..]]), whole, "cut at {cut}");
    }
    let bytes: Vec<&[u8]> = request.chunks(1).collect();
    assert_eq!(events(&bytes), whole);
}

#[test]
fn what_follows_the_head_is_not_lost() {
    let both = [rfc_request(), masked_frame(1, b"Li Jing")].concat();
    assert_eq!(events(&[&both]), events(&[&rfc_request(), &masked_frame(1, b"Li Jing")]));
}

#[test]
fn a_head_without_an_end_is_refused() {
    let line = b"a: b\r\n".repeat(100);
    let reads: Vec<&[u8]> = std::iter::repeat_n(line.as_slice(), 1_000).collect();
    let all = events(&reads);
    assert_eq!(all[0], "head of 16384 bytes");
    assert_eq!(
        all[1..],
        ["HTTP/1.1 400 Bad Request", "end: 400: the first line must be: GET, a target, HTTP/1.1"]
    );
}

#[test]
fn what_is_no_frame_ends_it() {
    let request = rfc_request();
    insta::assert_debug_snapshot!([
        events(&[&request, b"\x81\x07Li Jing"]).pop(),
        events(&[&request, b"\x81"]).pop(),
        events(&[b"hello\r\n\r\n"]).pop(),
    ]);
}
