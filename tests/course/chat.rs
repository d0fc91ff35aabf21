//! The room's own page in a real browser, through an end of the server and a new beginning.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use crate::common::{PATIENCE, course, program};
use ch00_wire::Recorder;
use stage::Server;

/// Chapter 07's server at a place that is known beforehand.
fn room_at(place: &str) -> Server {
    let mut command = Command::new(program(7));
    command.arg(place);
    Server::announced(command, &Recorder::new(), PATIENCE).expect("the room opens")
}

#[test]
fn the_page_of_the_room() {
    let Some(mut browser) = crate::common::browser("the room's page in a browser") else { return };
    let room = room_at("127.0.0.1:0");
    let place = room.address().to_string();
    let mut room = Some(room);
    browser.arg(course().join("tests/clients/chat-page.mjs")).arg(format!("http://{place}"));
    let mut browser =
        browser.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the browser starts");
    let mut input = browser.stdin.take().expect("its input");
    let output = BufReader::new(browser.stdout.take().expect("its output"));
    for line in output.lines().map_while(Result::ok) {
        match line.as_str() {
            "end the server" => drop(room.take()),
            "start it again" => {
                room = Some(room_at(&place));
                input.write_all(b"go\n").expect("the browser listens");
            }
            other => assert_eq!(other, "the room works"),
        }
    }
    assert!(browser.wait().expect("the browser ends").success());
}
