//! The room and the echo without a server: what is said to whom, and how much of it.

use ch05_reply::TEXT;
use ch06_select::{BINARY, ClientId, FrameWriter, Message, Writer};
use ch07_room::{App, Echo, Outbox, Room};

const SPEAKER: ClientId = ClientId(1);

/// What is sent to whom; nobody in the list is everybody.
#[derive(Default)]
struct Sent(Vec<(Vec<ClientId>, Message<'static>)>);

impl Outbox for Sent {
    fn send(&mut self, to: &[ClientId], message: &Message<'_>) {
        let payload = message.payload.to_vec().into();
        self.0.push((to.to_vec(), Message { opcode: message.opcode, payload }));
    }

    fn send_to_all(&mut self, message: &Message<'_>) {
        self.send(&[], message);
    }
}

/// What an app sends when its speaker says something.
fn said(app: &mut impl App, opcode: ch04_decode::Opcode, payload: &[u8]) -> Sent {
    let mut sent = Sent::default();
    app.said(SPEAKER, Message { opcode, payload: payload.into() }, &mut sent);
    sent
}

/// The text that everybody hears.
fn heard(room: &mut Room, text: &str) -> String {
    let Sent(sent) = said(room, TEXT, text.as_bytes());
    assert_eq!(sent.len(), 1, "{text:?}");
    assert!(sent[0].0.is_empty() && sent[0].1.opcode == TEXT, "{text:?}");
    String::from_utf8(sent[0].1.payload.to_vec()).expect("UTF-8")
}

#[test]
fn the_echo_answers_in_the_opcode_that_it_got() {
    for (opcode, payload) in [(TEXT, &b"Li Jing"[..]), (BINARY, b"\xff\x00")] {
        let Sent(sent) = said(&mut Echo, opcode, payload);
        let message = Message { opcode, payload: payload.into() };
        assert_eq!(sent, [(vec![SPEAKER], message)]);
    }
}

#[test]
fn binary_messages_stay_outside() {
    let Sent(sent) = said(&mut Room::default(), BINARY, b"Li Jing");
    assert_eq!(sent.len(), 1);
    assert_eq!(
        (&sent[0].0[..], sent[0].1.opcode),
        (&[SPEAKER][..], TEXT),
        "only the speaker hears"
    );
    assert_eq!(&*sent[0].1.payload, b"* this room is for text: nobody has heard that");
}

#[test]
fn a_long_name_before_a_short_message_is_cut() {
    let mut room = Room::default();
    heard(&mut room, "/name Alexandra Kollontai");
    assert_eq!(heard(&mut room, "ok"), "Alexandra Kollontai: ok");
    assert_eq!(heard(&mut room, "k"), "Alexandra Koll…: k");
    assert_eq!(heard(&mut room, ""), "Alexand…: ");
    heard(&mut room, "/name 李静");
    assert_eq!(heard(&mut room, ""), "李静: ");
    heard(&mut room, &format!("/name {}", "🎉".repeat(40)));
    assert_eq!(heard(&mut room, ""), "🎉…: ");
    assert_eq!(said(&mut room, TEXT, b"\xff").0[0].1.payload, "🎉🎉🎉…: \u{fffd}".as_bytes());
}

/// How many bytes a text is in the shortest frame that a client may send it in, which is one of 2010, and in
/// the longest that a member gets.
fn bytes_in(payload: &[u8]) -> usize {
    payload.len() + 2
}

fn bytes_out(message: &Message<'_>) -> usize {
    let mut out = Vec::new();
    FrameWriter.write(message, &mut out);
    out.len()
}

/// The rule of the page: what each member gets is at most eight times what the speaker has sent.
#[test]
fn nobody_gets_more_than_eight_times_what_is_said() {
    let names = ["x".to_owned(), "🎉".repeat(40), "é".repeat(40), "x".repeat(40)];
    let texts = |length| [vec![b'x'; length], vec![0xff; length], "é".repeat(length).into_bytes()];
    for name in names {
        let mut room = Room::default();
        heard(&mut room, &format!("/name {name}"));
        for text in (0..400).flat_map(texts) {
            let Sent(sent) = said(&mut room, TEXT, &text);
            let (most, out) = (8 * bytes_in(&text), bytes_out(&sent[0].1));
            assert!(out <= most, "{} bytes become {out}, under the name {name}", text.len());
        }
    }
}

#[test]
fn nor_by_changing_names_and_leaving() {
    let (long, mut room) = ("🎉".repeat(40), Room::default());
    let (mut all_in, mut all_out) = (0, 0);
    for name in [long.as_str(), "a", &long, "b", &long, "a", "b", &long] {
        let text = format!("/name {name}");
        all_in += bytes_in(text.as_bytes());
        all_out +=
            said(&mut room, TEXT, text.as_bytes()).0.iter().map(|s| bytes_out(&s.1)).sum::<usize>();
    }
    let mut sent = Sent::default();
    room.left(SPEAKER, &mut sent);
    all_out += bytes_out(&sent.0[0].1);
    assert!(all_out <= 8 * all_in, "{all_in} bytes become {all_out}");
}
