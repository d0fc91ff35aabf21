//! The pages of the book in real browsers: all of it in Chromium, and in Firefox what its driver can do.

use std::process::Command;

use crate::common::{
    address_of, chapter, course, open_book, open_book_in, serving, static_book, succeeds,
};
use frame_by_frame::chapters::CHAPTERS;

/// A browser that a script drives, if it is there; the name of the test is for who misses it.
type Driven = fn(&str) -> Option<Command>;

macro_rules! tests_in {
    ($module:ident, $browser:path: $($test:ident),* $(,)?) => {
        mod $module {
            $(#[test]
            #[ignore = "long"]
            fn $test() {
                super::$test($browser);
            })*
        }
    };
}

tests_in!(
    chromium, crate::common::browser:
    every_page_is_quiet_local_and_accessible,
    every_page_is_light_and_keeps_still,
    every_lab_shows_what_devtools_sees,
    every_page_checks_what_the_terminal_checks,
    without_the_workshop_every_lab_shows_its_recording,
    a_frame_can_be_played_with,
);

// A Firefox as it is installed takes part in WebDriver BiDi, of which the driver does only a part yet.
tests_in!(
    firefox, crate::common::second_browser:
    every_page_is_quiet_local_and_accessible,
    every_page_is_light_and_keeps_still,
);

fn every_page_is_quiet_local_and_accessible(browser: Driven) {
    let Some(mut browser) = browser("the pages in a browser") else { return };
    let book = open_book();
    browser.arg(course().join("tests/clients/pages.mjs"));
    browser.arg(address_of(&book));
    println!("{}", succeeds(browser));
}

fn every_page_is_light_and_keeps_still(browser: Driven) {
    let Some(mut browser) = browser("the weight of the pages") else { return };
    let book = open_book();
    browser.arg(course().join("tests/clients/weight.mjs"));
    browser.arg(address_of(&book));
    println!("{}", succeeds(browser));
}

/// The chapters whose pages have a lab.
fn with_labs() -> Vec<&'static str> {
    let with_labs = CHAPTERS.into_iter().filter(|chapter| chapter.lab.is_some());
    with_labs.map(|chapter| chapter.slug).collect()
}

fn every_lab_shows_what_devtools_sees(browser: Driven) {
    let Some(mut browser) = browser("the labs in a browser") else { return };
    let (book, own) = (open_book_in(course(), &["--server", &serving(5)]), chapter(5));
    browser.arg(course().join("tests/clients/labs.mjs"));
    browser.arg(address_of(&book));
    browser.arg(own.address().to_string());
    browser.args(with_labs());
    assert_eq!(succeeds(browser).matches("the lab works").count(), with_labs().len() + 2);
}

fn every_page_checks_what_the_terminal_checks(browser: Driven) {
    let Some(mut browser) = browser("the checks in a browser") else { return };
    let folder = tempfile::tempdir().expect("a folder, in which the hints are remembered");
    let (book, own) = (open_book_in(folder.path(), &["--server", &serving(1)]), chapter(5));
    browser.arg(course().join("tests/clients/checks.mjs"));
    browser.arg(address_of(&book));
    browser.arg(own.address().to_string());
    browser.args(with_labs());
    println!("{}", succeeds(browser));
}

fn without_the_workshop_every_lab_shows_its_recording(browser: Driven) {
    let Some(mut browser) = browser("the static pages in a browser") else { return };
    let files = static_book();
    browser.arg(course().join("tests/clients/static.mjs"));
    browser.arg(files);
    browser.args(with_labs());
    assert_eq!(succeeds(browser).matches("shows its recording").count(), with_labs().len());
}

fn a_frame_can_be_played_with(browser: Driven) {
    let Some(mut browser) = browser("the frame to play with") else { return };
    let files = static_book();
    let book = open_book();
    browser.arg(course().join("tests/clients/play.mjs"));
    browser.arg(address_of(&book)).arg(files);
    println!("{}", succeeds(browser));
}
