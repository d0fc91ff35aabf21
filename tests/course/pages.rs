//! The pages of the book in a real browser.

use crate::common::{address_of, chapter, course, open_book, open_book_in, serving, succeeds};
use frame_by_frame::book::{self, Edition};
use frame_by_frame::chapters::CHAPTERS;

#[test]
fn every_page_is_quiet_local_and_accessible() {
    let Some(mut browser) = crate::common::browser("the pages in a browser") else { return };
    let book = open_book();
    browser.arg(course().join("tests/clients/pages.mjs"));
    browser.arg(address_of(&book));
    println!("{}", succeeds(browser));
}

#[test]
fn every_lab_shows_what_devtools_sees() {
    let Some(mut browser) = crate::common::browser("the labs in a browser") else { return };
    let (book, own) = (open_book_in(course(), &["--server", &serving(5)]), chapter(5));
    browser.arg(course().join("tests/clients/labs.mjs"));
    browser.arg(address_of(&book));
    browser.arg(own.address().to_string());
    browser.args(CHAPTERS.map(|chapter| chapter.slug));
    assert_eq!(succeeds(browser).matches("the lab works").count(), CHAPTERS.len() + 2);
}

#[test]
fn every_page_checks_what_the_terminal_checks() {
    let Some(mut browser) = crate::common::browser("the checks in a browser") else { return };
    let folder = tempfile::tempdir().expect("a folder, in which the hints are remembered");
    let (book, own) = (open_book_in(folder.path(), &["--server", &serving(1)]), chapter(5));
    browser.arg(course().join("tests/clients/checks.mjs"));
    browser.arg(address_of(&book));
    browser.arg(own.address().to_string());
    browser.args(CHAPTERS.map(|chapter| chapter.slug));
    println!("{}", succeeds(browser));
}

#[test]
fn without_the_workshop_every_lab_shows_its_recording() {
    let Some(mut browser) = crate::common::browser("the static pages in a browser") else { return };
    let files = tempfile::tempdir().expect("a folder");
    book::build(course(), files.path(), Edition::Static).expect("the book builds");
    browser.arg(course().join("tests/clients/static.mjs"));
    browser.arg(files.path());
    browser.args(CHAPTERS.map(|chapter| chapter.slug));
    assert_eq!(succeeds(browser).matches("shows its recording").count(), CHAPTERS.len());
}
