//! What has perhaps not arrived.

use ch05_reply::TEXT;
use ch06_select::Message;
use ch18_client::Unacknowledged;

fn text(words: &str) -> Message<'static> {
    Message { opcode: TEXT, payload: words.as_bytes().to_vec().into() }
}

#[test]
fn a_pong_speaks_for_all_before_its_ping() {
    let mut sent = Unacknowledged::default();
    sent.sent(text("one"));
    sent.sent(text("two"));
    sent.asked();
    sent.sent(text("three"));
    sent.answered();
    sent.answered();
    assert!(sent.is_any());
    let (left, more) = sent.take();
    assert_eq!((Vec::from(left), more), (vec![text("three")], 0));
    assert!(!sent.is_any());
}

#[test]
fn only_the_last_ones_are_kept() {
    let mut sent = Unacknowledged::default();
    sent.sent(text("first"));
    sent.asked();
    (0..1000).for_each(|_| sent.sent(text("more")));
    sent.answered();
    let (left, more) = sent.take();
    assert_eq!((left.len(), more), (1000, 0));
    (0..1003).for_each(|_| sent.sent(text("more")));
    assert_eq!(sent.take().1, 3);
}
