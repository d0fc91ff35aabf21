//! Real clients against the server of chapter 05: every echo of `tests/clients/messages.mjs`.

use crate::common::{chapter, course, node, open_book, python, succeeds};

/// One line for each message.
const MESSAGES: usize = 9;

fn backs(printed: &str) -> usize {
    printed.lines().filter(|line| line.ends_with(": back")).count()
}

#[test]
fn npm_ws_hears_every_echo() {
    let Some(mut node) = node("npm ws against chapter 05") else { return };
    let server = chapter(5);
    node.arg(course().join("tests/clients/echo-ws.mjs"));
    node.arg(format!("ws://{}", server.address()));
    assert_eq!(backs(&succeeds(node)), MESSAGES);
}

#[test]
fn python_websockets_hears_every_echo() {
    let Some(mut python) = python("Python websockets against chapter 05") else { return };
    let server = chapter(5);
    python.arg(course().join("tests/clients/echo_websockets.py"));
    python.arg(format!("ws://{}", server.address()));
    assert_eq!(backs(&succeeds(python)), MESSAGES);
}

#[test]
fn a_browser_hears_every_echo() {
    let Some(mut browser) = crate::common::browser("a browser against chapter 05") else { return };
    let (server, book) = (chapter(5), open_book());
    browser.arg(course().join("tests/clients/echo-browser.mjs"));
    browser.arg(format!("http://{}", book.address()));
    browser.arg(format!("ws://{}", server.address()));
    assert_eq!(backs(&succeeds(browser)), MESSAGES);
}

/// What `onclose` says in a real browser, before chapter 10 and in it.
#[test]
fn a_browser_says_goodbye() {
    let Some(_) = crate::common::browser("a browser's goodbye to chapters 09 and 10") else {
        return;
    };
    let book = open_book();
    let ends = |number: u8| {
        let server = chapter(number);
        let mut browser = crate::common::browser("a browser's goodbye").expect("it was there");
        browser.arg(course().join("tests/clients/goodbye-browser.mjs"));
        browser.arg(format!("http://{}", book.address()));
        browser.arg(format!("ws://{}", server.address()));
        succeeds(browser)
    };
    insta::assert_snapshot!("goodbye_09", ends(9));
    insta::assert_snapshot!("goodbye_10", ends(10));
}

/// The pongs of chapter 10, and its answer to a goodbye.
const PONGS: &str = "7 bytes: back\n0 bytes: back\n125 bytes: back\n";

#[test]
fn npm_ws_has_its_pongs_and_its_goodbye() {
    let Some(mut node) = node("npm ws against chapter 10") else { return };
    let server = chapter(10);
    node.arg(course().join("tests/clients/goodbye-ws.mjs"));
    node.arg(format!("ws://{}", server.address()));
    assert_eq!(succeeds(node), format!("{PONGS}goodbye: 4321\n"));
}

#[test]
fn python_websockets_has_its_pongs_and_its_goodbye() {
    let Some(mut python) = python("Python websockets against chapter 10") else { return };
    let server = chapter(10);
    python.arg(course().join("tests/clients/keepalive_websockets.py"));
    python.arg(format!("ws://{}", server.address()));
    assert_eq!(succeeds(python), format!("{PONGS}goodbye: 1000\n"));
}
