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
