//! Cross-site WebSocket hijacking, done and prevented, in real browsers: a page of another origin talks in the room of
//! chapter 12 with its visitor's cookie, and is refused by that of chapter 13.

use std::process::Command;

use ch00_wire::Recorder;
use stage::Server;

use crate::common::{PATIENCE, browser, course, program, second_browser, succeeds};

/// What a browser prints that visits a chapter's room and then the other page, and what the room's terminal shows.
fn visit(mut browser: Command, chapter: usize) -> (Vec<String>, Vec<String>) {
    let at = Server::free_address().expect("a free port");
    let room = format!("http://{at}");
    let mut command = Command::new(program(chapter));
    command.arg(at.to_string());
    if chapter > 12 {
        command.args(["--origin", &room]);
    }
    let server = Server::announced(command, &Recorder::new(), PATIENCE).expect("the room opens");
    let script = course().join("tests/clients/hijack.mjs");
    let printed = succeeds({
        browser.arg(script).arg(&room);
        browser
    });
    let lines = server.lines_from(0).iter().map(|line| line.trim().to_owned()).collect();
    (printed.lines().map(str::to_owned).collect(), lines)
}

fn is_done_and_prevented(browser: impl Fn() -> Option<Command>) {
    let Some(first) = browser() else { return };
    let (printed, terminal) = visit(first, 12);
    let origin = printed[0].strip_prefix("origin ").expect("an origin");
    let expected = [
        "onopen",
        "onmessage the visitor likes cats",
        "the room hears the visitor likes cats",
        "the room hears hello",
    ];
    assert_eq!(printed[1..], expected);
    let crossed = |line: &str| terminal.iter().any(|other| other == line);
    assert!(crossed(&format!("Origin: {origin}")), "{terminal:#?}");
    assert!(crossed("Cookie: session=Li-Jing"), "{terminal:#?}");

    let (printed, terminal) = visit(browser().expect("it was there"), 13);
    assert_eq!(printed[1..], ["onerror", "onclose 1006", "the room hears hello"]);
    let crossed = |line: &str| terminal.iter().any(|other| other == line);
    assert!(crossed("Cookie: session=Li-Jing"), "the cookie comes all the same: {terminal:#?}");
    let refused = |line: &String| line.ends_with(": 403: this origin may not come in");
    assert!(terminal.iter().any(refused), "{terminal:#?}");
}

#[test]
#[ignore = "long"]
fn a_page_of_another_origin_in_chromium() {
    is_done_and_prevented(|| browser("a page of another origin in Chromium"));
}

#[test]
#[ignore = "long"]
fn a_page_of_another_origin_in_firefox() {
    is_done_and_prevented(|| second_browser("a page of another origin in Firefox"));
}
