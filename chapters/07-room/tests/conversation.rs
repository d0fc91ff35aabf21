//! The chapter's conversations, recorded from its own program: the figures of its page.

use ch00_wire::{
    HIXIE76_KEY1, HIXIE76_KEY2, HIXIE76_KEY3, Kind, assert_recording, hixie76_request,
    masked_frame, rfc_request,
};
use stage::{Client, Stage};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch07-room");
const DONE: &str = "the connection is closed";

fn says(client: &mut Client, text: &[u8]) {
    client.send(&masked_frame(1, text)).expect("sent");
}

fn all_hear(clients: &mut [Client], text: &str) {
    for client in clients {
        let frame = client.frame().expect("a message");
        assert_eq!(String::from_utf8_lossy(&frame.payload), text);
    }
}

#[test]
fn what_one_says_all_hear() {
    let stage = Stage::start(PROGRAM);
    let mut all = [stage.open(), stage.open(), stage.open()];
    says(&mut all[0], b"Li Jing");
    all_hear(&mut all, "Li Jing");
    assert_recording!("room", stage.leaving("What one says, all hear", DONE, all));
}

#[test]
fn a_name_is_told_to_all() {
    let stage = Stage::start(PROGRAM);
    let mut all = [stage.open(), stage.open()];
    says(&mut all[0], b"/name Li Jing");
    all_hear(&mut all, "* Li Jing joins");
    says(&mut all[0], b"hello");
    all_hear(&mut all, "Li Jing: hello");
    let [first, mut second] = all;
    first.leave();
    stage.wait_for("client 1: the connection is closed");
    let frame = second.frame().expect("the news");
    assert_eq!(frame.payload, b"* Li Jing leaves");
    assert_recording!("names", stage.leaving("A name is told to all", DONE, [second]));
}

#[test]
fn a_name_can_change_and_can_be_none() {
    let stage = Stage::start(PROGRAM);
    let mut all = [stage.open(), stage.open()];
    says(&mut all[0], b"/name Li");
    all_hear(&mut all, "* Li joins");
    says(&mut all[0], b"/name Li Jing");
    all_hear(&mut all, "* Li is Li Jing now");
    // To say it again is no news: what all hear next is something else. And by the time that the other
    // one is heard, the first one's frame has been read, so that its next one comes in a read of its own.
    says(&mut all[0], b"/name Li Jing");
    says(&mut all[1], b"hello");
    all_hear(&mut all, "hello");
    for bad in ["/name ", "/name a: b", "/name a\nb", &format!("/name {}", "x".repeat(41))] {
        says(&mut all[0], bad.as_bytes());
        all_hear(&mut all[..1], "* a name has 1 to 40 characters, and no colon in it");
    }
    says(&mut all[1], "静".repeat(40).as_bytes());
    all_hear(&mut all, &"静".repeat(40));
}

#[test]
fn a_name_with_a_script_in_it_stays_text() {
    let stage = Stage::start(PROGRAM);
    let mut all = [stage.open(), stage.open()];
    says(&mut all[0], b"/name <script>alert(1)</script>");
    all_hear(&mut all, "* <script>alert(1)</script> joins");
    says(&mut all[0], b"<b>hello</b> & more");
    all_hear(&mut all, "<script>alert(1)</script>: <b>hello</b> & more");
}

#[test]
fn whoever_has_no_name_may_claim_one() {
    let stage = Stage::start(PROGRAM);
    let mut all = [stage.open(), stage.open()];
    says(&mut all[1], b"Li Jing: hello");
    all_hear(&mut all, "Li Jing: hello");
    assert_recording!("claimed", stage.leaving("Who says that this is Li Jing?", DONE, all));
}

#[test]
fn what_is_not_utf8_is_made_so() {
    let stage = Stage::start(PROGRAM);
    let mut all = [stage.open(), stage.open()];
    says(&mut all[0], b"Li \xe9\x9d Jing");
    all_hear(&mut all, "Li \u{fffd} Jing");
    assert_recording!("not_utf8", stage.leaving("What is not UTF-8", DONE, all));
}

#[test]
fn the_page_and_the_socket_on_one_port() {
    let stage = Stage::start(PROGRAM);
    let mut page = stage.client();
    page.send(b"GET / HTTP/1.1\r\nHost: 127.0.0.1:4000\r\n\r\n").expect("sent");
    let head = page.unit().expect("a head");
    let (_, body) = page.ended().expect("the server hangs up");
    assert_eq!(body[0].kind, Kind::Body);
    assert_eq!(
        head.value("Content-Length"),
        Some((body[0].end - body[0].start).to_string().as_str())
    );
    stage.wait_for("client 1: the connection is closed");
    let client = stage.open();
    assert_recording!("page", stage.leaving("The page and the socket on one port", DONE, [client]));
}

#[test]
fn files_and_nothing_else() {
    let stage = Stage::start(PROGRAM);
    let status = |target: &str| {
        let mut client = stage.client();
        client.send(format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).expect("sent");
        let head = client.unit().expect("a head");
        client.ended().expect("the server hangs up");
        head.value("status line").unwrap_or_default().to_owned()
    };
    for file in ["/", "/page.css", "/page.js"] {
        assert_eq!(status(file), "HTTP/1.1 200 OK", "{file}");
    }
    for none in ["/chat", "/page.html", "/../Cargo.toml", "//", "/?"] {
        assert_eq!(status(none), "HTTP/1.1 400 Bad Request", "{none}");
    }
}

#[test]
fn whoever_upgrades_asks_for_no_page() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.client();
    let request = String::from_utf8(rfc_request()).expect("text").replace("/chat", "/");
    client.send(request.as_bytes()).expect("sent");
    let head = client.unit().expect("a head");
    assert_eq!(head.value("status line"), Some("HTTP/1.1 101 Switching Protocols"));
}

#[test]
fn a_client_of_2010_is_refused() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.client();
    let request = [&hixie76_request(HIXIE76_KEY1, HIXIE76_KEY2), &HIXIE76_KEY3[..]].concat();
    client.send(&request).expect("sent");
    client.unit().expect("a 400");
    // Its eight bytes were not read, so the end may be a reset.
    client.ended().expect("the server hangs up");
    assert_recording!("older_refused", stage.recording("A client of 2010 is refused", DONE));
}
