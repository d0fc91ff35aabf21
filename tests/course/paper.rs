//! The book on paper: what stands on the screen behind a click stands on its pages.

use std::fs;
use std::path::Path;

use crate::common::{chromium, course, poppler, succeeds, workshop};
use frame_by_frame::chapters::ALL;

/// How many pages the book may have.
const PAGES: usize = 400;

/// The summary of a chapter's notes for teachers, as its page has it.
const NOTES: &str = "<details><summary>Minutes, stumbling blocks, the projector</summary>";

#[test]
#[ignore = "long"]
fn the_book_is_printed_whole_with_its_answers_and_without_controls() {
    let test = "the book as a PDF";
    let Some(info) = poppler("pdfinfo", test) else { return };
    let Some(text) = poppler("pdftotext", test) else { return };
    let Some(places) = poppler("pdfinfo", test) else { return };
    if chromium(test).is_none() {
        return;
    }
    // A name that is no address, and an old PDF that may go.
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("the book #1.pdf");
    fs::write(&file, "%PDF-1.4 of yesterday").expect("written");
    let mut print = workshop(&["book", "--pdf"]);
    print.arg(&file);
    assert!(succeeds(print).contains("the book is printed: "));

    let info = read(info, &[], &file);
    assert!(info.contains("(A4)"), "{info}");
    assert!(info.contains("Frame by Frame"), "{info}");
    let text = read(text, &["-layout"], &file);
    let pages: Vec<&str> = text.trim_end_matches('\x0c').split('\x0c').collect();
    println!("{} pages", pages.len());
    assert!(pages.len() <= PAGES, "{} pages, and {PAGES} at most", pages.len());
    every_page_has_its_number_and_a_text(&pages);
    every_title_is_in_the_contents(pages[0], &read(places, &["-dests"], &file));
    all_that_opens_is_open(&text);
    nothing_is_to_be_pressed(&text);
}

/// The prose names some buttons too, but not these.
fn nothing_is_to_be_pressed(text: &str) {
    for control in ["Which server?", "Connect all", "To bring this to life"] {
        assert!(!text.contains(control), "{control} is of no use on paper");
    }
    let mut buttons = text.split("show all ").skip(1);
    assert!(
        !buttons.any(|rest| rest.starts_with(|first: char| first.is_ascii_digit())),
        "show all"
    );
    assert!(text.contains("more bytes"), "of a long unit the lab says what it leaves out");
}

fn every_page_has_its_number_and_a_text(pages: &[&str]) {
    for (number, page) in (1..).zip(pages) {
        let mut lines = page.lines().map(str::trim).filter(|line| !line.is_empty()).rev();
        assert_eq!(lines.next(), Some(number.to_string().as_str()), "the last line of {page}");
        assert!(lines.count() >= 3, "page {number} is as good as empty: {page}");
    }
}

/// `places` are those that a link leads to, a line each, with the page and the name.
fn every_title_is_in_the_contents(contents: &str, places: &str) {
    for chapter in ALL {
        assert!(contents.contains(&chapter.name()), "{} is not in {contents}", chapter.name());
    }
    for page in ["For teachers", "The checker", "Glossary"] {
        assert!(contents.contains(page), "{page} is not in {contents}");
    }
    for name in ["preface", "the-wire", "accept", "glossary"] {
        let quoted = format!("\"{name}\"");
        let place = places.lines().find(|line| line.ends_with(&quoted));
        let page = place.and_then(|place| place.split_whitespace().next()?.parse::<usize>().ok());
        assert!(page.is_some_and(|page| page > 1), "no link leads to {name}: {places}");
    }
}

/// Every wrong answer of every quiz, and the notes of every chapter.
fn all_that_opens_is_open(text: &str) {
    let printed = letters(text);
    for chapter in ALL {
        let page = fs::read_to_string(course().join(format!("book/src/{}.md", chapter.slug)));
        let page = page.expect("a page");
        let wrong = page.lines().filter(|line| line.starts_with("No. "));
        let notes = page.split(NOTES).nth(1).and_then(|notes| notes.trim_start().lines().next());
        let all: Vec<&str> = wrong.chain(notes).map(beginning).collect();
        assert!(all.len() > 6 && notes.is_some(), "{}: {all:?}", chapter.slug);
        for one in all {
            assert!(printed.contains(&letters(one)), "{}: not printed: {one}", chapter.slug);
        }
    }
}

/// The beginning of a paragraph, which is one line on paper, up to a link or a tag.
fn beginning(paragraph: &str) -> &str {
    let end = paragraph.find(['[', '<', '&', '{']).unwrap_or(paragraph.len());
    let end = paragraph.char_indices().map(|(at, _)| at).take_while(|at| *at <= end.min(60)).last();
    &paragraph[..end.unwrap_or_default()]
}

/// Only letters and digits: where lines end, and how quotes look, is the printer's business.
fn letters(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect()
}

fn read(mut poppler: std::process::Command, options: &[&str], file: &Path) -> String {
    poppler.args(options).arg(file);
    if options.contains(&"-layout") {
        poppler.arg("-");
    }
    succeeds(poppler)
}

#[cfg(unix)]
#[test]
fn without_chromium_it_says_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut print = workshop(&["book", "--pdf", "book.pdf"]);
    print.current_dir(folder.path()).env("CHROMIUM", folder.path().join("nothing"));
    let output = print.output().expect("the workshop runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("nothing cannot be started"), "{said}");

    let mut print = workshop(&["book", "--pdf", "book.pdf"]);
    let output = print.current_dir(folder.path()).env_remove("CHROMIUM").env("PATH", "").output();
    let said = output.expect("the workshop runs").stderr;
    let said = String::from_utf8_lossy(&said);
    // A Mac has its Chromium on no path.
    assert!(cfg!(target_os = "macos") || said.contains("install Chromium"), "{said}");
    assert!(cfg!(target_os = "macos") || said.contains("Without --pdf"), "{said}");
}
