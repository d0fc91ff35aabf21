//! What teachers hand out: the worksheet and the slides.

use std::fs;
use std::path::Path;

use crate::common::{browser, chromium, course, poppler, static_book, succeeds, workshop};

/// How many slides there may be, and how many words on one.
const SLIDES: std::ops::RangeInclusive<usize> = 12..=20;
const WORDS: usize = 25;

fn source(name: &str) -> String {
    fs::read_to_string(course().join("book/src").join(name)).expect("a page")
}

#[test]
fn each_slide_is_one_figure_and_few_words() {
    let source = source("slides.md");
    let slides: Vec<&str> = source.split("\n---\n").collect();
    assert!(SLIDES.contains(&slides.len()), "{} slides", slides.len());
    for slide in slides {
        let (figures, words): (Vec<&str>, Vec<&str>) =
            slide.lines().partition(|line| line.starts_with("{{#"));
        assert_eq!(figures.len(), 1, "{slide}");
        let words = words.iter().flat_map(|line| line.split_whitespace());
        let words = words.filter(|word| !word.starts_with('#')).count();
        assert!(words <= WORDS, "{words} words: {slide}");
    }
}

#[test]
#[ignore = "long"]
fn what_is_printed_fits_its_pages() {
    let test = "the worksheet and the slides as PDFs";
    if chromium(test).is_none() {
        return;
    }
    let Some(text) = printed("worksheet", 2, test) else { return };
    let pages: Vec<&str> = text.split('\x0c').collect();
    assert!(!pages[0].contains("Jing") && !pages[0].contains("Answers"), "{}", pages[0]);
    assert!(pages[1].contains("Answers") && pages[1].contains("Jing"), "{}", pages[1]);
    // What was worked out by hand is the beginning of what the server has answered.
    let accept = pages[1].lines().find_map(|line| line.trim().strip_prefix("in base64"));
    let accept = accept.expect("the accept value").trim();
    let by_hand = pages[1].lines().find_map(|line| line.trim().strip_prefix("the character"));
    let by_hand: String = by_hand.expect("four characters").split_whitespace().collect();
    assert!(by_hand.len() == 4 && accept.starts_with(&by_hand), "{by_hand} of {accept}");

    let slides = source("slides.md").split("\n---\n").count();
    let text = printed("slides", slides, test).expect("poppler was here");
    for (number, page) in (1..=slides).zip(text.split('\x0c')) {
        let last = page.lines().map(str::trim).rfind(|line| !line.is_empty());
        assert_eq!(last, Some(number.to_string().as_str()), "the last line of {page}");
    }
}

/// The text of a handout that was printed on so many pages.
fn printed(name: &str, pages: usize, test: &str) -> Option<String> {
    let (mut info, mut text) = (poppler("pdfinfo", test)?, poppler("pdftotext", test)?);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("handout.pdf");
    let mut print = workshop(&["book", &format!("--{name}")]);
    print.arg(&file);
    assert!(succeeds(print).contains("printed: "));
    info.arg(&file);
    let info = succeeds(info);
    let found = info.lines().find_map(|line| line.strip_prefix("Pages:")).map(str::trim);
    assert_eq!(found, Some(pages.to_string().as_str()), "{name}");
    text.arg("-layout").arg(&file).arg("-");
    Some(succeeds(text))
}

#[test]
fn a_table_that_is_not_there_is_a_mistake() {
    for (line, mistake) in [
        ("{{#worksheet numbers}}", "there is no table numbers"),
        ("{{#worksheet frame 05-reply/echo 3 half}}", "half is neither empty nor filled-in"),
        ("{{#worksheet xor 05-reply/echo 4 empty}}", "the frame has no masking-key"),
        ("{{#worksheet xor 05-reply/echo 1 empty}}", "event 1 of 05-reply/echo is no frame"),
        ("{{#worksheet base64 b37a empty}}", "b37a is not three bytes"),
    ] {
        let mistakes = crate::book::with_line(line);
        assert!(mistakes.len() == 1 && mistakes[0].contains(mistake), "{line}: {mistakes:?}");
    }
}

#[test]
#[ignore = "long"]
fn on_every_screen_nothing_is_cut() {
    let Some(mut browser) = browser("the worksheet and the slides in a browser") else { return };
    let files = static_book();
    for name in ["worksheet.html", "slides.html"] {
        assert!(is_alone(&files.join(name)), "{name} needs another file");
    }
    browser.arg(course().join("tests/clients/handouts.mjs")).arg(files);
    println!("{}", succeeds(browser));
}

/// Whether a page can be handed on as it is.
fn is_alone(page: &Path) -> bool {
    let html = fs::read_to_string(page).expect("a page");
    !["<script", "<link", " src=", "url("].iter().any(|needs| html.contains(needs))
}
