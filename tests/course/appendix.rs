//! The two programs of the appendix. What the article's server does wrong, fault by fault, is recorded
//! from the PHP that does it; the figures of the appendix are these recordings.

use std::process::Command;
use std::time::Duration;

use crate::common::course;
use ch00_wire::{
    Kind, RFC_KEY, Recording, Unit, assert_recording, masked_frame, request, rfc_request,
};
use frame_by_frame::ladder::{self, Column};
use frame_by_frame::probes::Target;
use stage::{Client, Stage, Trouble};

/// How long a script listens where nothing comes.
const PACE: Duration = Duration::from_millis(300);
const HANDSHAKE: &str = "handshake successful";

fn php(nul: &str) -> Command {
    let mut command = Command::new("php");
    command.arg(course().join("appendix/server.php")).arg("0").env("NUL", nul);
    command
}

fn node() -> Command {
    let mut command = Command::new("node");
    command.arg(course().join("appendix/server.mjs")).arg("0");
    command
}

/// The article's server on its stage, without the NUL; `None` where there is no PHP.
fn stage(fault: &str) -> Option<Stage> {
    crate::common::php(fault).map(|_| Stage::announced(php("0")))
}

fn key() -> Vec<u8> {
    rfc_request()
}

fn frames(client: &mut Client, count: usize) -> Vec<Unit> {
    (0..count).map(|_| client.unit().expect("a frame")).collect()
}

/// What is wrong with a unit, in one string.
fn faults(unit: &Unit) -> String {
    unit.faults.iter().map(|fault| fault.why.as_str()).collect::<Vec<_>>().join("; ")
}

/// Ends a conversation: the client stays, so the server does not end by itself.
fn recorded(stage: Stage, title: &str) -> Recording {
    stage.stop(title)
}

#[cfg(unix)]
#[test]
fn fault_01_the_second_request_is_taken_for_a_frame() {
    let Some(stage) = stage("fault 1") else { return };
    let mut first = stage.client();
    stage.wait_for("a client connects");
    // For the second client to be heard at all, it has to come while the first one speaks (fault 3).
    stage.pause();
    first.send(&key()).expect("sent");
    let mut second = stage.client();
    stage.resume();
    first.unit().expect("a 101");
    stage.wait_for(HANDSHAKE);
    second.send(&key()).expect("sent");
    let Err(Trouble::Unexpected(unit)) = second.quiet(crate::common::PATIENCE) else {
        panic!("garbage comes back")
    };
    assert_eq!(unit.kind, Kind::Unknown);
    assert_recording!(
        "fault_01",
        recorded(stage, "Fault 1: the second request is taken for a frame")
    );
}

#[test]
fn fault_02_a_client_that_leaves_ends_the_server() {
    let Some(mut stage) = stage("fault 2") else { return };
    let client = stage.client();
    stage.wait_for("a client connects");
    client.leave();
    stage.wait_for_end();
    assert_recording!("fault_02", recorded(stage, "Fault 2: a client leaves, and the server ends"));
}

#[test]
fn fault_03_the_second_client_is_never_accepted() {
    let Some(stage) = stage("fault 3") else { return };
    let mut first = stage.open();
    let mut second = stage.client();
    second.send(&key()).expect("sent");
    // Two more turns of the loop, in which the second could have been served.
    for _ in 0..2 {
        first.send(&masked_frame(1, b"Li Jing")).expect("sent");
        first.unit().expect("the echo");
    }
    second.quiet(PACE).expect("nothing comes for the second");
    assert_recording!("fault_03", recorded(stage, "Fault 3: the second client is never accepted"));
}

#[test]
fn fault_04_a_character_is_cut() {
    let Some(stage) = stage("fault 4") else { return };
    let mut client = stage.open();
    client.send(&masked_frame(1, "静".repeat(42).as_bytes())).expect("sent");
    let units = frames(&mut client, 2);
    assert_eq!(faults(&units[0]), "the text is not UTF-8");
    assert_recording!("fault_04", recorded(stage, "Fault 4: a character is cut"));
}

#[test]
fn fault_05_one_message_comes_back_as_three() {
    let Some(stage) = stage("fault 5") else { return };
    let mut client = stage.open();
    client.send(&masked_frame(1, &[b'x'; 300])).expect("sent");
    let lengths =
        frames(&mut client, 3).into_iter().map(|unit| unit.frame.expect("a frame").header);
    assert!(lengths.clone().all(|header| header.fin), "each is a whole message");
    assert_eq!(lengths.map(|header| header.length).collect::<Vec<_>>(), [125, 125, 50]);
    assert_recording!("fault_05", recorded(stage, "Fault 5: one message comes back as three"));
}

#[test]
fn faults_06_and_07_close_and_ping_come_back_as_text() {
    let Some(stage) = stage("faults 6 and 7") else { return };
    let mut client = stage.open();
    for (opcode, payload) in [(9, &b"Li Jing"[..]), (8, b"\x03\xe8")] {
        client.send(&masked_frame(opcode, payload)).expect("sent");
        let frame = client.frame().expect("a frame");
        assert_eq!((frame.header.opcode, frame.payload.as_slice()), (1, payload));
    }
    let recording = recorded(stage, "Faults 6 and 7: ping and close come back as text");
    assert_recording!("fault_06_07", recording);
}

#[test]
fn fault_08_two_frames_in_one_read_and_one_in_two() {
    let Some(stage) = stage("fault 8") else { return };
    let mut client = stage.open();
    client.send(&[masked_frame(1, b"Li"), masked_frame(1, b"Jing")].concat()).expect("sent");
    let frame = client.frame().expect("one message");
    assert!(frame.payload.starts_with(b"Li") && frame.payload.len() == 2 + 6 + 4);
    let whole = masked_frame(1, b"Li Jing, Li Jing");
    for piece in [&whole[..12], &whole[12..]] {
        client.send(piece).expect("sent");
        client.unit().expect("a message for each piece");
    }
    assert_recording!("fault_08", recorded(stage, "Fault 8: the length is never used"));
}

#[test]
fn fault_09_a_long_message_is_cut() {
    let Some(stage) = stage("fault 9") else { return };
    let mut client = stage.open();
    client.send(&masked_frame(1, &[b'x'; 2_060])).expect("sent");
    // 2,048 bytes with a header of 8: 16 whole pieces and one of 40, and then garbage of the rest.
    let units = frames(&mut client, 17 + 1);
    assert!(units[17].text.as_deref() != Some("xxxxxxxxxxxxxxxxxxxx"), "the rest is garbage");
    assert_recording!("fault_09", recorded(stage, "Fault 9: a message over 2,048 bytes"));
}

#[test]
fn fault_10_a_nul_follows_the_101() {
    let Some(_) = crate::common::php("fault 10") else { return };
    let stage = Stage::announced(php("1"));
    let mut client = stage.open();
    stage.wait_for(HANDSHAKE);
    let Err(Trouble::Unexpected(unit)) = client.quiet(crate::common::PATIENCE) else {
        panic!("a byte follows")
    };
    assert_eq!(unit.bytes, [0]);
    assert_eq!(faults(&unit), "there is no message to continue");
    assert_recording!("fault_10", recorded(stage, "Fault 10: a NUL follows the 101"));
}

#[test]
fn fault_11_a_key_in_lower_case_is_not_found() {
    let Some(stage) = stage("fault 11") else { return };
    let mut client = stage.client();
    client.send(&request(&format!("sec-websocket-key: {RFC_KEY}"))).expect("sent");
    let answer = client.unit().expect("a 101");
    stage.wait_for(HANDSHAKE);
    // The accept value of no key at all.
    assert_eq!(answer.value("Sec-WebSocket-Accept"), Some("Kfh9QIsMVZcl6xEPYxPHzW8SZ8w="));
    assert_recording!("fault_11", recorded(stage, "Fault 11: a key in lower case is not found"));
}

#[test]
fn fault_12_what_is_malformed_is_not_answered() {
    let Some(stage) = stage("fault 12") else { return };
    let mut client = stage.open();
    client.send(&[0x81]).expect("sent");
    stage.wait_for("PHP warns: Uninitialized string offset 1");
    stage.wait_for("the client says: ");
    client.quiet(PACE).expect("nothing comes back");
    assert_recording!("fault_12", recorded(stage, "Fault 12: a frame of a single byte"));
}

#[test]
fn fault_12_what_is_not_masked_is_not_answered() {
    let Some(stage) = stage("fault 12") else { return };
    let mut client = stage.open();
    client.send(b"\x81\x02Li").expect("sent");
    stage.wait_for("the client says: ");
    client.quiet(PACE).expect("nothing comes back");
    assert_recording!("fault_12_not_masked", recorded(stage, "Fault 12: a frame without a mask"));
}

#[test]
fn fault_13_a_page_of_any_site_may_connect() {
    let Some(stage) = stage("fault 13") else { return };
    let mut client = stage.client();
    let request = String::from_utf8(key()).expect("a request");
    let foreign = request.replace("http://example.com", "http://evil.example");
    client.send(foreign.as_bytes()).expect("sent");
    let answer = client.unit().expect("a 101");
    stage.wait_for(HANDSHAKE);
    assert_eq!(answer.value("Sec-WebSocket-Accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    assert_recording!("fault_13", recorded(stage, "Fault 13: a page of any site may connect"));
}

#[test]
fn node_shakes_hands_and_prints_what_comes() {
    let Some(_) = crate::common::node("the appendix's Node server") else { return };
    let stage = Stage::announced(node());
    let mut client = stage.open();
    client.send(&masked_frame(1, b"Li Jing")).expect("sent");
    stage.wait_for("13 bytes came: 818737fa213d7b9301775e9446");
    assert_recording!("node", recorded(stage, "Node: the handshake, and then bytes"));
}

#[test]
fn node_ends_where_there_is_no_key() {
    let Some(_) = crate::common::node("the appendix's Node server without a key") else { return };
    let mut stage = Stage::announced(node());
    let mut client = stage.client();
    client.send(&request(&format!("sec-websocket-key: {RFC_KEY}"))).expect("sent");
    stage.wait_for_end();
}

/// Which promises the two programs keep: the table of the appendix.
#[test]
#[ignore = "long"]
fn the_promises_that_they_keep() {
    let tools =
        (crate::common::php("the appendix's table"), crate::common::node("the appendix's table"));
    let (Some(_), Some(_)) = tools else { return };
    let column = |name: &str, command: fn() -> Command| Column {
        name: name.to_owned(),
        target: Target::Announced(Box::new(move |_| command())),
        chapter: 0,
    };
    let matrix = ladder::matrix(&[
        column("PHP", || php("1")),
        column("NUL=0", || php("0")),
        column("Node", node),
    ]);
    insta::assert_snapshot!("appendix", matrix.to_string());
}
