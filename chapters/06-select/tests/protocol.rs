//! The protocol without a socket: bytes in, events out.

use ch00_wire::{masked_frame, rfc_request};
use ch05_reply::TEXT;
use ch06_select::{
    BINARY, Connection, Event, FrameWriter, Frames, Message, Protocol, Writer, start,
};

/// What a connection emits for bytes that come in these reads, and how it ends.
fn events(reads: &[&[u8]]) -> Vec<String> {
    let mut connection = Connection::<Frames>::Opening(Vec::new(), start);
    let mut events = Vec::new();
    let first_line =
        |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().next().map(str::to_owned);
    for read in reads {
        let mut bytes = read.to_vec();
        let result = connection.receive(&mut bytes, &mut |event| {
            events.push(match event {
                Event::Head(head) => format!("head of {} bytes", head.len()),
                Event::Send(bytes) => first_line(bytes).unwrap_or_default(),
                Event::Opened(mut writer) => {
                    let mut out = Vec::new();
                    writer.write(&Message { opcode: TEXT, payload: b"Li".into() }, &mut out);
                    format!("opened, a message is {out:02x?}")
                }
                Event::Message(Message { opcode, payload }) => {
                    let kind = if opcode == BINARY { "binary" } else { "text" };
                    format!("{kind} {:?}", String::from_utf8_lossy(&payload))
                }
            });
        });
        if let Err(end) = result {
            events.extend(first_line(&end.last));
            events.push(format!("end: {}", end.why));
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
    assert_eq!(all[1..], ["HTTP/1.1 400 Bad Request", "end: 400: the head must end within 16 KiB"]);
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

#[test]
fn a_message_says_whether_it_is_text() {
    let request = rfc_request();
    let last = |opcode| events(&[&request, &masked_frame(opcode, b"Li Jing")]).pop();
    assert_eq!(last(1).as_deref(), Some("text \"Li Jing\""));
    assert_eq!(last(2).as_deref(), Some("binary \"Li Jing\""));
    // Until chapter 11, a frame that goes on with a message is a text of its own.
    assert_eq!(last(0).as_deref(), Some("text \"Li Jing\""));
    assert_eq!(last(8).as_deref(), Some("end: it says goodbye"));
    assert_eq!((last(9), last(10)), (last(10), last(9)));
    assert!(last(9).is_some_and(|last| last.starts_with("opened")), "a ping is not a message");
}

/// Whoever writes the same frames in a way of its own joins the group by this name.
#[test]
fn writers_of_frames_are_one_group() {
    assert_eq!(FrameWriter.group(), Some("RFC 6455"));
}
