//! Which app the program runs, and how it is told.

use std::process::Command;

use ch00_wire::masked_frame;
use stage::{Client, Stage};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch07-room");

fn program(arguments: &[&str], app: Option<&str>) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).env_remove("APP").env("PORT", "0");
    app.into_iter().for_each(|app| {
        command.env("APP", app);
    });
    command
}

/// What a program says that does not start.
fn says(arguments: &[&str], app: Option<&str>) -> String {
    let output = program(arguments, app).output().expect("the program runs");
    assert!(!output.status.success(), "it must fail");
    assert!(output.stdout.is_empty(), "nothing but the error");
    String::from_utf8(output.stderr).expect("UTF-8")
}

/// Whether the second of two clients hears what the first says.
fn is_a_room(arguments: &[&str], app: Option<&str>) -> bool {
    let stage = Stage::announced(program(arguments, app));
    let mut clients = [stage.open(), stage.open()];
    clients[0].send(&masked_frame(1, b"Li Jing")).expect("sent");
    clients[0].frame().expect("both hear what they say themselves");
    clients[1].send(&masked_frame(1, b"from 2")).expect("sent");
    clients[1].frame().expect("a message").payload == b"Li Jing"
}

#[test]
fn the_app_is_the_one_that_is_named() {
    assert!(is_a_room(&[], None));
    assert!(is_a_room(&["--app", "room"], Some("echo")), "the argument counts");
    assert!(is_a_room(&[], Some("room")));
    assert!(!is_a_room(&[], Some("echo")));
    assert!(!is_a_room(&["--app=echo"], None));
    assert!(!is_a_room(&["--app", "echo", "127.0.0.1:0"], None));
    assert!(!is_a_room(&["127.0.0.1:0", "--app", "echo"], Some("room")));
}

#[test]
fn a_name_that_is_not_an_apps_says_so_in_one_line() {
    insta::assert_debug_snapshot!([
        says(&["--app", "rom"], None),
        says(&["127.0.0.1:0", "--app"], None),
        says(&[], Some("")),
        says(&["--ap", "echo"], None),
        says(&["--apps", "echo"], None),
    ]);
}

fn hears(client: &mut Client, opcode: u8, payload: &[u8]) {
    let frame = client.frame().expect("a message");
    assert_eq!((frame.header.opcode, frame.payload.as_slice()), (opcode, payload));
}

#[test]
fn the_echo_answers_binary_with_binary() {
    let stage = Stage::announced(program(&["--app", "echo"], None));
    let mut client = stage.open();
    for (opcode, payload) in [(2, &b"\xff\x00"[..]), (1, b"Li Jing"), (2, b"")] {
        client.send(&masked_frame(opcode, payload)).expect("sent");
        hears(&mut client, opcode, payload);
    }
    stage.wait_for("client 1 says, in binary: \u{fffd}\\u{0}");
    stage.wait_for("client 1 says: Li Jing");
}

#[test]
fn the_room_keeps_binary_messages_outside() {
    let stage = Stage::announced(program(&[], None));
    let mut clients = [stage.open(), stage.open()];
    clients[0].send(&masked_frame(2, b"Li Jing")).expect("sent");
    hears(&mut clients[0], 1, b"* this room is for text: nobody has heard that");
    clients[1].send(&masked_frame(1, b"hello")).expect("sent");
    hears(&mut clients[1], 1, b"hello");
}
