//! The book builds, and nothing false gets into it: each kind of mistake fails the build by name.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::thread;

use crate::common::{
    PATIENCE, address_in, cookie_of, course, follow, host_of, line_with, static_book,
};
use frame_by_frame::book::{self, Edition, Mistakes};
use frame_by_frame::chapters::CHAPTERS;
use frame_by_frame::check::Subject;
use frame_by_frame::web::{self, Desk};
use tempfile::TempDir;

/// Copies what the book is made of, to make mistakes in.
pub fn copy() -> TempDir {
    let to = tempfile::tempdir().expect("a folder");
    for source in book::sources(course()) {
        let name = source.strip_prefix(course()).expect("within the course");
        match source.is_dir() {
            true => crate::common::copy_folder(&source, &to.path().join(name)),
            false => drop(fs::copy(&source, to.path().join(name)).expect("a copy")),
        }
    }
    to
}

pub fn build(course: &Path) -> Result<TempDir, Mistakes> {
    let to = tempfile::tempdir().expect("a folder");
    book::build(course, to.path(), Edition::Static).map(|()| to)
}

/// The mistakes of a book with a line more on one of its pages.
pub fn with_line(line: &str) -> Vec<String> {
    let copy = copy();
    let page = copy.path().join("book/src/05-reply.md");
    let text = fs::read_to_string(&page).expect("a page");
    fs::write(&page, format!("{text}\n\n{line}\n")).expect("written");
    build(copy.path()).expect_err("a mistake").0
}

#[test]
fn the_book_builds() {
    let page = fs::read_to_string(static_book().join("05-reply.html")).expect("a page");
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
        ("{{#plan x 00-wire | read}}", "x is no number of minutes"),
        ("{{#plan 5 99-nothing | read}}", "there is no chapter 99-nothing"),
        ("about {{hours 5-99}} hours", "99 is no chapter"),
        ("about {{days 5}} days", "there is no {{days 5}} within a line"),
    ] {
        let mistakes = with_line(line);
        assert_eq!(mistakes.len(), 1, "{line}: {mistakes:?}");
        assert!(mistakes[0].contains(mistake), "{line}: {}", mistakes[0]);
        assert!(mistakes[0].starts_with("book/src/05-reply.md:"), "{line}: {}", mistakes[0]);
    }
}

#[test]
fn a_link_that_leads_nowhere_is_a_mistake() {
    let links = [
        ("[next](06-nothing.md)", "06-nothing.html, which is not there"),
        ("[next](04-decode.md#no-such-place)", "04-decode.html#no-such-place, which is not there"),
        ("![picture](picture.png)", "picture.png, which is not there"),
        (
            "<script src=\"https://example.com/a.js\"></script>",
            "https://example.com/a.js from another machine",
        ),
        (
            "<img src='https://example.com/a.png' alt=''>",
            "https://example.com/a.png from another machine",
        ),
        (
            "<img src=\"//example.com/a.png\" alt=\"\">",
            "loads //example.com/a.png from another machine",
        ),
        (
            "<link rel=\"stylesheet\" href=\"https://example.com/a.css\">",
            "https://example.com/a.css from another machine",
        ),
    ];
    let mistakes = with_line(&links.map(|(line, _)| line).join("\n\n"));
    for (line, mistake) in links {
        assert!(mistakes.iter().any(|found| found.contains(mistake)), "{line}: {mistakes:?}");
    }
}

/// What stands between two texts, for each place where they do.
fn between<'a>(html: &'a str, start: &'a str, end: &'a str) -> impl Iterator<Item = &'a str> {
    html.split(start).skip(1).map(move |rest| rest.split(end).next().expect("a first piece"))
}

#[test]
fn every_quiz_has_one_right_answer_and_explains_all() {
    let files = static_book();
    let chapters = CHAPTERS.iter().map(|chapter| chapter.slug);
    for slug in chapters.chain(["00-wire"]) {
        let page = fs::read_to_string(files.join(format!("{slug}.html"))).expect("a page");
        let quizzes: Vec<&str> = between(&page, "<div class=\"quiz\">", "</div>").collect();
        assert!(quizzes.len() >= 3, "{slug}: {} questions", quizzes.len());
        for quiz in quizzes {
            let right =
                between(quiz, "<details class=\"correct\">", "</details>").collect::<Vec<_>>();
            let wrong = between(quiz, "<details>", "</details>").collect::<Vec<_>>();
            assert_eq!(right.len(), 1, "{slug}: {quiz}");
            assert!(wrong.len() >= 2, "{slug}: {quiz}");
            let says = |answer: &&str, word: &str| answer.contains(&format!("<p>{word} "));
            assert!(right.iter().all(|answer| says(answer, "Yes.")), "{slug}: {quiz}");
            assert!(wrong.iter().all(|answer| says(answer, "No.")), "{slug}: {quiz}");
        }
    }
}

#[test]
fn every_column_has_a_name() {
    let mut columns = 0;
    for file in fs::read_dir(static_book()).expect("the pages") {
        let file = file.expect("a page").path();
        if file.extension().is_none_or(|extension| extension != "html") {
            continue;
        }
        let page = fs::read_to_string(&file).expect("a page");
        for column in between(&page, "<th", "</th>").filter(|column| !column.starts_with("ead")) {
            let name = column.split_once('>').map_or("", |(_, name)| name);
            assert!(!name.trim().is_empty(), "{}: a table has a nameless column", file.display());
            columns += 1;
        }
    }
    assert!(columns > 100, "only {columns} columns");
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

#[test]
#[ignore = "long"]
fn a_change_of_a_page_is_built_and_announced() {
    let copy = copy();
    let course = copy.path().to_path_buf();
    let (terminal, out) = std::io::pipe().expect("a pipe");
    thread::spawn(move || {
        let desk = Desk { port: 0, listen: None, origins: Vec::new() };
        web::open(course, &desk, Subject::Own(".".into()), out).expect("the book is served")
    });
    // The book is built first.
    let line = line_with(&mut BufReader::new(terminal), "?token=");
    let address = address_in(&line);
    let (at, secret) = (host_of(&address), cookie_of(&address));
    let ask = |path: &str| {
        let mut stream = TcpStream::connect(at).expect("connected");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let request = format!("GET {path} HTTP/1.1\r\nHost: {at}\r\n{secret}\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("sent");
        stream
    };
    let mut news = follow(at, &secret, "/reload", "null").lines().map(|line| line.expect("a line"));
    assert_eq!(news.next().as_deref(), Some(""), "no refusal");
    let first = news.next().expect("the first edition");

    let page = copy.path().join("book/src/preface.md");
    let text = fs::read_to_string(&page).expect("a page");
    fs::write(&page, format!("{text}\nA line that was not there before.\n")).expect("written");

    let second = news.next().expect("the news of a new book");
    assert_ne!(second, first);
    let mut html = String::new();
    ask("/preface.html").read_to_string(&mut html).expect("a page");
    assert!(html.contains("A line that was not there before."), "{html}");
}
