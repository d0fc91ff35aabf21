//! Where a reader is in the book, and how far: in a real browser.

use std::fs;
use std::path::Path;

use frame_by_frame::probes;
use serde_json::{Value, json};

use crate::common::{address_of, course, open_book_in, static_book, succeeds};

/// What the checker remembers with, and the server that it remembers: nobody starts it.
const FILE: &str = ".frame-by-frame.json";
const SERVER: &str = "127.0.0.1:4000";

/// The parts of the browser's test.
const PARTS: usize = 12;

/// The ids of a chapter's promises.
fn promises(chapter: u8) -> Vec<&'static str> {
    let of = probes::all().iter().filter(|probe| probe.chapter == chapter);
    of.map(|probe| probe.id.as_str()).collect()
}

/// As if the server had been checked up to chapter 03, and hints been asked for.
fn remember(folder: &Path) {
    let mut held = promises(1);
    held.push(promises(3)[0]);
    let hints = json!({ promises(4)[0]: 3, promises(5)[0]: 1 });
    let servers = json!({ SERVER: { "held": held, "hints": hints }, "another": { "held": held } });
    fs::write(folder.join(FILE), servers.to_string()).expect("written");
}

#[test]
#[ignore = "long"]
fn a_reader_sees_where_they_are_and_how_far() {
    let Some(mut browser) = crate::common::browser("where a reader is, in a browser") else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    remember(folder.path());
    let book = open_book_in(folder.path(), &["--attach", SERVER]);
    browser.arg(course().join("tests/clients/whereabouts.mjs"));
    browser.arg(address_of(&book)).arg(static_book());
    let said = succeeds(browser);
    assert_eq!(said.matches("as it should be").count(), PARTS, "{said}");
    let left = fs::read_to_string(folder.path().join(FILE)).expect("the file of the checker");
    let left: Value = serde_json::from_str(&left).expect("JSON");
    assert!(left.get(SERVER).is_none() && left.get("another").is_some(), "{left}");
}

#[test]
fn what_is_for_the_screen_is_not_in_the_page_for_paper() {
    let files = static_book();
    let read = |name: &str| fs::read_to_string(files.join(name)).expect("a page");
    let (page, all) = (read("03-accept.html"), read("print.html"));
    for mark in
        ["class=\"word\"", "class=\"sections\"", "class=\"next-step\"", "class=\"difference\""]
    {
        assert!(page.contains(mark), "{mark}");
        assert!(!all.contains(mark), "{mark}");
    }
    assert_eq!(read("index.html"), read("preface.html"));
}

#[test]
fn a_chapter_whose_page_has_another_title_is_a_mistake() {
    let copy = crate::book::copy();
    let page = copy.path().join("book/src/05-reply.md");
    let text = fs::read_to_string(&page).expect("a page");
    fs::write(&page, text.replacen("# Reply", "# The reply", 1)).expect("written");
    let mistakes = crate::book::build(copy.path()).expect_err("a mistake").0;
    let mistake = "book/src/05-reply.md:1: a chapter's page begins with its title: # Reply";
    assert_eq!(mistakes, [mistake]);
}
