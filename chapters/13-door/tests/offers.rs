//! What chapter 13 leaves open: an extension is offered by every browser, and never agreed on.

use ch00_wire::{assert_recording, masked_frame, request, rfc_key_line};
use stage::Stage;

#[test]
fn what_is_offered_and_what_is_said() {
    let stage = Stage::start(env!("CARGO_BIN_EXE_ch13-door"));
    let mut client = stage.client();
    let offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits";
    client.send(&request(&format!("{}\r\n{offer}", rfc_key_line()))).expect("sent");
    client.unit().expect("a 101");
    for _ in 0..2 {
        client.send(&masked_frame(1, b"Li Jing")).expect("sent");
        assert_eq!(client.frame().expect("a message").payload, b"Li Jing");
    }
    let recording = stage.leaving("The same words twice", "the connection is closed", [client]);
    assert_recording!("offered", recording);
}
