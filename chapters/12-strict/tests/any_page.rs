//! What chapter 13 mends: a page of any origin talks in the room, with its visitor's cookie, and a malformed request
//! comes in.

use ch00_wire::{RFC_KEY, assert_recording, masked_frame};
use stage::Stage;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch12-strict");
const DONE: &str = "the connection is closed";

#[test]
fn a_page_of_another_origin() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.client();
    let lines = [
        "GET /chat HTTP/1.1",
        "Host: room.example.com",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Origin: http://cats.example.com",
        "Cookie: session=Li-Jing",
        &format!("Sec-WebSocket-Key: {RFC_KEY}"),
        "Sec-WebSocket-Version: 13",
        "\r\n",
    ];
    client.send(lines.join("\r\n").as_bytes()).expect("sent");
    client.unit().expect("a 101");
    client.send(&masked_frame(1, b"Li Jing")).expect("sent");
    assert_eq!(client.frame().expect("a message").payload, b"Li Jing");
    assert_recording!("hijack", stage.leaving("A page of another origin", DONE, [client]));
}

#[test]
fn a_malformed_request() {
    let stage = Stage::start(PROGRAM);
    let mut client = stage.client();
    let lines = [
        "GET /chat HTTP/1.1",
        "Host: room.example.com",
        "Host: cats.example.com",
        "Sec-WebSocket-Key: Li Jing",
        "Sec-WebSocket-Version: 99",
        "\r\n",
    ];
    client.send(lines.join("\r\n").as_bytes()).expect("sent");
    client.unit().expect("a 101");
    assert_recording!("malformed", stage.leaving("A malformed request", DONE, [client]));
}
