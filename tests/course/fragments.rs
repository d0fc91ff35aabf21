//! Real clients that send messages in fragments, against the server of chapter 11.

use crate::common::{address, browser, chapter, node, open_book, page, plays, python};

/// What a client hears of the three messages that it sends.
const HEARD: &str = "hears Li Jing\nhears Li Jing\nhears 李静 and 漢\n";

#[test]
fn npm_ws_is_understood_in_fragments_and_told_of_its_wrong_byte() {
    let Some(node) = node("npm ws in fragments, against chapter 11") else { return };
    let server = chapter(11);
    assert_eq!(
        plays(node, "fragments-ws.mjs", &[address(&server)]),
        format!("{HEARD}closed with 1007 a text is UTF-8\n")
    );
}

#[test]
fn python_websockets_is_understood_in_fragments() {
    let Some(python) = python("Python websockets in fragments, against chapter 11") else {
        return;
    };
    let server = chapter(11);
    assert_eq!(
        plays(python, "fragments_websockets.py", &[address(&server)]),
        format!("{HEARD}closed with 1000\n")
    );
}

/// Chromium cuts at 131,000 bytes, which is inside a character here.
#[test]
#[ignore = "long"]
fn a_browser_is_understood_in_fragments() {
    let Some(browser) = browser("a browser in fragments, against chapter 11") else { return };
    let (server, book) = (chapter(11), open_book());
    assert_eq!(
        plays(browser, "fragments-browser.mjs", &[page(&book), address(&server)]),
        "the whole text: back\n"
    );
}
