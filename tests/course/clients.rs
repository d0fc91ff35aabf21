//! Real clients against the server of chapter 05: every echo of `tests/clients/messages.mjs`.

use crate::common::{address, chapter, node, open_book, page, plays, python};

/// One line for each message.
const MESSAGES: usize = 9;

fn backs(printed: &str) -> usize {
    printed.lines().filter(|line| line.ends_with(": back")).count()
}

#[test]
fn npm_ws_hears_every_echo() {
    let Some(node) = node("npm ws against chapter 05") else { return };
    let server = chapter(5);
    assert_eq!(backs(&plays(node, "echo-ws.mjs", &[address(&server)])), MESSAGES);
}

#[test]
fn python_websockets_hears_every_echo() {
    let Some(python) = python("Python websockets against chapter 05") else { return };
    let server = chapter(5);
    assert_eq!(backs(&plays(python, "echo_websockets.py", &[address(&server)])), MESSAGES);
}

#[test]
#[ignore = "long"]
fn a_browser_hears_every_echo() {
    let Some(browser) = crate::common::browser("a browser against chapter 05") else { return };
    let (server, book) = (chapter(5), open_book());
    assert_eq!(
        backs(&plays(browser, "echo-browser.mjs", &[page(&book), address(&server)])),
        MESSAGES
    );
}

/// What `onclose` says in a real browser, before chapter 10 and in it.
#[test]
#[ignore = "long"]
fn a_browser_says_goodbye() {
    let Some(_) = crate::common::browser("a browser's goodbye to chapters 09 and 10") else {
        return;
    };
    let book = open_book();
    let ends = |number: u8| {
        let server = chapter(number);
        let browser = crate::common::browser("a browser's goodbye").expect("it was there");
        plays(browser, "goodbye-browser.mjs", &[page(&book), address(&server)])
    };
    insta::assert_snapshot!("goodbye_09", ends(9));
    insta::assert_snapshot!("goodbye_10", ends(10));
}

/// The pongs of chapter 10, and its answer to a goodbye.
const PONGS: &str = "7 bytes: back\n0 bytes: back\n125 bytes: back\n";

#[test]
fn npm_ws_has_its_pongs_and_its_goodbye() {
    let Some(node) = node("npm ws against chapter 10") else { return };
    let server = chapter(10);
    assert_eq!(
        plays(node, "goodbye-ws.mjs", &[address(&server)]),
        format!("{PONGS}goodbye: 4321\n")
    );
}

#[test]
fn python_websockets_has_its_pongs_and_its_goodbye() {
    let Some(python) = python("Python websockets against chapter 10") else { return };
    let server = chapter(10);
    assert_eq!(
        plays(python, "keepalive_websockets.py", &[address(&server)]),
        format!("{PONGS}goodbye: 1000\n")
    );
}
