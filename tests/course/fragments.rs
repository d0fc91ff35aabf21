//! Real clients that send messages in fragments, against the server of chapter 11.

use crate::common::{browser, chapter, course, node, open_book, python, succeeds};

/// What a client hears of the three messages that it sends.
const HEARD: &str = "hears Li Jing\nhears Li Jing\nhears 李静 and 漢\n";

#[test]
fn npm_ws_is_understood_in_fragments_and_told_of_its_wrong_byte() {
    let Some(mut node) = node("npm ws in fragments, against chapter 11") else { return };
    let server = chapter(11);
    node.arg(course().join("tests/clients/fragments-ws.mjs"));
    node.arg(format!("ws://{}", server.address()));
    assert_eq!(succeeds(node), format!("{HEARD}closed with 1007 a text is UTF-8\n"));
}

#[test]
fn python_websockets_is_understood_in_fragments() {
    let Some(mut python) = python("Python websockets in fragments, against chapter 11") else {
        return;
    };
    let server = chapter(11);
    python.arg(course().join("tests/clients/fragments_websockets.py"));
    python.arg(format!("ws://{}", server.address()));
    assert_eq!(succeeds(python), format!("{HEARD}closed with 1000\n"));
}

/// Chromium cuts at 131,000 bytes, which is inside a character here.
#[test]
fn a_browser_is_understood_in_fragments() {
    let Some(mut browser) = browser("a browser in fragments, against chapter 11") else { return };
    let (server, book) = (chapter(11), open_book());
    browser.arg(course().join("tests/clients/fragments-browser.mjs"));
    browser.arg(format!("http://{}", book.address()));
    browser.arg(format!("ws://{}", server.address()));
    assert_eq!(succeeds(browser), "the whole text: back\n");
}
