//! The book builds, and nothing false gets into it: each kind of mistake fails the build by name.

mod common;

use std::fs;
use std::path::Path;

use common::course;
use frame_by_frame::book::{self, Edition, Mistakes};
use tempfile::TempDir;

/// Copies what the book is made of, to make mistakes in.
fn copy() -> TempDir {
    let to = tempfile::tempdir().expect("a folder");
    for source in book::sources(course()).into_iter().chain([course().join("tests/snapshots")]) {
        let name = source.strip_prefix(course()).expect("within the course");
        copy_folder(&source, &to.path().join(name));
    }
    to
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match from.is_dir() {
            true => copy_folder(&from, &to),
            false => drop(fs::copy(&from, &to).expect("a copy")),
        }
    }
}

fn build(course: &Path) -> Result<TempDir, Mistakes> {
    let to = tempfile::tempdir().expect("a folder");
    book::build(course, to.path(), Edition::Static).map(|()| to)
}

/// The mistakes of a book with a line more on one of its pages.
fn with_line(line: &str) -> Vec<String> {
    let copy = copy();
    let page = copy.path().join("book/src/05-reply.md");
    let text = fs::read_to_string(&page).expect("a page");
    fs::write(&page, format!("{text}\n\n{line}\n")).expect("written");
    build(copy.path()).expect_err("a mistake").0
}

#[test]
fn the_book_builds() {
    let built = build(course()).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let page = fs::read_to_string(built.path().join("05-reply.html")).expect("a page");
    assert!(page.contains("class=\"lab\"") && page.contains("lab-recording"), "the lab is there");
    assert!(page.contains("data-workshop=\"false\""), "and is a recording");
    assert!(!page.contains("<!-- workshop -->"), "the theme's mark is gone");
}

#[test]
fn a_directive_that_asks_for_nothing_is_a_mistake() {
    for (line, mistake) in [
        (
            "{{#code chapters/05-reply/src/nothing.rs}}",
            "there is no file chapters/05-reply/src/nothing.rs",
        ),
        ("{{#code chapters/05-reply/src/lib.rs:encod}}", "has no anchor encod; it has: "),
        ("{{#recording 05-reply/ech}}", "there is no snapshot"),
        ("{{#recording 05-reply/echo 9}}", "05-reply/echo has the events 1 to 5, and not 9"),
        ("{{#frame 05-reply/echo 1}}", "event 1 of 05-reply/echo is no frame"),
        ("{{#snapshot README.md}}", "README.md"),
        ("{{#drawing 05-reply/echo}}", "there is no directive {{#drawing 05-reply/echo}}"),
        ("{{#probes 99}}", "there is no chapter 99 with a server"),
        ("{{#lab 0 05-reply/echo}}", "there is no chapter 00 with a server"),
        ("text {{#probes 5}}", "a directive must be alone on its line"),
    ] {
        let mistakes = with_line(line);
        assert_eq!(mistakes.len(), 1, "{line}: {mistakes:?}");
        assert!(mistakes[0].contains(mistake), "{line}: {}", mistakes[0]);
        assert!(mistakes[0].starts_with("book/src/05-reply.md:"), "{line}: {}", mistakes[0]);
    }
}

#[test]
fn a_link_that_leads_nowhere_is_a_mistake() {
    for (line, mistake) in [
        ("[next](06-nothing.md)", "06-nothing.html, which is not there"),
        ("[next](04-decode.md#no-such-place)", "04-decode.html#no-such-place, which is not there"),
        ("![picture](picture.png)", "picture.png, which is not there"),
        ("<script src=\"https://example.com/a.js\"></script>", "from another machine"),
        ("<img src=\"//example.com/a.png\" alt=\"\">", "from another machine"),
    ] {
        let mistakes = with_line(line);
        assert!(mistakes.iter().any(|found| found.contains(mistake)), "{line}: {mistakes:?}");
    }
}

#[test]
fn a_line_of_code_that_no_page_shows_is_a_mistake() {
    let copy = copy();
    let file = copy.path().join("chapters/05-reply/src/lib.rs");
    let code = fs::read_to_string(&file).expect("the code");
    fs::write(&file, format!("{code}\nfn hidden() {{}}\n")).expect("written");
    let mistakes = build(copy.path()).expect_err("a mistake").0;
    assert_eq!(mistakes.len(), 1, "{mistakes:?}");
    assert!(mistakes[0].contains("no page shows this line: fn hidden() {}"), "{}", mistakes[0]);
}

#[test]
fn a_page_that_is_missing_is_a_mistake() {
    let copy = copy();
    fs::remove_file(copy.path().join("book/src/glossary.md")).expect("removed");
    let mistakes = build(copy.path()).expect_err("a mistake").0;
    assert!(mistakes[0].contains("glossary.md"), "{mistakes:?}");
}
