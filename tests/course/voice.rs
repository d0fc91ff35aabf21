//! The voice of the book, as far as it can be measured: how long pages and listings are, whether quizzes give
//! their answers away, words that the book does not use, and spelling.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use frame_by_frame::book::Size;
use frame_by_frame::chapters::{ALL, Part};

use crate::common::{self, course};

/// The most words of a page, and of one in Part II.
const WORDS: usize = 2_500;
const WORDS_OF_PART_TWO: usize = 3_000;
/// The most lines of a listing.
const LISTING: usize = 60;

/// The fewest words before 25 lines of a listing.
const REASONS: usize = 20;

/// Phrases that the book has given up, each with what it says in their place.
const GIVEN_UP: [(&str, &str); 7] = [
    ("whoever", "name the actor: you, we, a client, a program"),
    ("such as are", "name them"),
    ("from what is none", "from anything else"),
    ("request that is none", "anything else"),
    ("closing frame", "Close frame"),
    ("that is no text", "that is not text"),
    ("which is none", "say what it is"),
];

/// Terms of the glossary whose names are also words of every day, so that their first use says nothing.
const EVERYDAY: [&str; 9] =
    ["Arm", "Body", "Client", "Form", "Key", "Option and Result", "Server", "Turn", "Cookie"];

/// A page of the book, or a data file of promises, by what people read of it.
struct Text {
    name: String,
    all: String,
}

fn pages() -> Vec<Text> {
    texts("book/src", "md")
}

fn texts(folder: &str, extension: &str) -> Vec<Text> {
    let files = fs::read_dir(course().join(folder)).expect("a folder");
    let paths = files.map(|file| file.expect("a file").path());
    let paths = paths.filter(|path| path.extension().is_some_and(|end| end == extension));
    let mut texts: Vec<Text> = paths
        .map(|path| Text {
            name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            all: fs::read_to_string(&path).expect("a text"),
        })
        .collect();
    texts.sort_by(|one, other| one.name.cmp(&other.name));
    assert!(!texts.is_empty(), "{folder} has no .{extension}");
    texts
}

/// One question of a quiz, by the lengths of its answers and whether they give a reason.
struct Question {
    asks: String,
    right: Answer,
    wrong: Vec<Answer>,
}

#[derive(Clone, Copy)]
struct Answer {
    length: usize,
    has_reason: bool,
}

fn questions(page: &str) -> Vec<Question> {
    let quizzes = page.split("<div class=\"quiz\">").skip(1);
    let question = |quiz: &str| {
        let quiz = quiz.split("</div>").next().unwrap_or_default();
        let answers =
            |opens: &str| -> Vec<Answer> { quiz.split(opens).skip(1).map(answer).collect() };
        let right = answers("<details class=\"correct\"><summary>");
        assert_eq!(right.len(), 1, "{quiz}");
        Question {
            asks: quiz.split("<details").next().unwrap_or_default().trim().to_owned(),
            right: right[0],
            wrong: answers("<details><summary>"),
        }
    };
    quizzes.map(question).collect()
}

fn answer(from: &str) -> Answer {
    let text = from.split("</summary>").next().unwrap_or_default();
    let text = text.replace("<code>", "").replace("</code>", "");
    Answer { length: text.chars().count(), has_reason: text.contains("because") }
}

/// Prints the table of all that is measured: `cargo test --test course -- voice::the_budgets --nocapture`.
#[test]
fn the_budgets_of_the_pages() {
    println!(
        "page              words  of at most  code  longest listing  words before 25 lines  questions"
    );
    let mut over = Vec::new();
    for chapter in ALL {
        let size = Size::of(course(), chapter.slug).expect("a page");
        let most = if chapter.part == Part::Room { WORDS_OF_PART_TWO } else { WORDS };
        let page = fs::read_to_string(course().join(format!("book/src/{}.md", chapter.slug)));
        let count = questions(&page.expect("a page")).len();
        let Size { words, lines, longest, fewest_reasons } = size;
        let reasons = fewest_reasons.map_or("-".to_owned(), |fewest| fewest.to_string());
        println!(
            "{:16} {words:6}  {most:10}  {lines:4}  {longest:15}  {reasons:>21}  {count:9}",
            chapter.slug
        );
        if words > most {
            over.push(format!("{}: {words} words, and {most} at most", chapter.slug));
        }
        if longest > LISTING {
            over.push(format!("{}: a listing of {longest} lines", chapter.slug));
        }
        if fewest_reasons.is_some_and(|fewest| fewest < REASONS) {
            over.push(format!("{}: {reasons} words before 25 lines of code", chapter.slug));
        }
    }
    assert!(over.is_empty(), "{over:#?}");
}

#[test]
fn a_chapter_ends_with_three_lines_of_what_is_true() {
    for chapter in ALL {
        let page = fs::read_to_string(course().join(format!("book/src/{}.md", chapter.slug)));
        let page = page.expect("a page");
        let (_, behind) = page.split_once("## What is now true\n").unwrap_or_default();
        let recap = behind.split("\n## ").next().unwrap_or_default();
        let lines = recap.lines().filter(|line| line.starts_with("- ")).count();
        assert_eq!(lines, 3, "{}: {recap}", chapter.slug);
    }
}

/// Whoever has not read the page must not find the right answer by its looks.
#[test]
fn quizzes_do_not_give_their_answers_away() {
    let all: Vec<Question> = pages().iter().flat_map(|page| questions(&page.all)).collect();
    assert!(all.len() >= 30, "{} questions", all.len());
    let uneven = all.iter().filter(|question| {
        let lengths = question.wrong.iter().chain([&question.right]).map(|answer| answer.length);
        let (shortest, longest) = (lengths.clone().min(), lengths.max());
        // A word more or less tells nothing.
        longest > shortest.map(|shortest| shortest * 2 + 12)
    });
    let uneven: Vec<&str> = uneven.map(|question| question.asks.as_str()).collect();
    assert!(uneven.is_empty(), "answers of one length: {uneven:#?}");

    let share = |is: &dyn Fn(&Question) -> bool| {
        100 * all.iter().filter(|question| is(question)).count() / all.len()
    };
    let is_longest = share(&|one| one.wrong.iter().all(|wrong| wrong.length < one.right.length));
    let is_shortest = share(&|one| one.wrong.iter().all(|wrong| wrong.length > one.right.length));
    // By chance each would be a third.
    assert!((15..=50).contains(&is_longest), "{is_longest} % of the right answers are the longest");
    assert!(is_shortest <= 50, "{is_shortest} % of the right answers are the shortest");

    let right = all.iter().filter(|one| one.right.has_reason).count();
    let wrong: Vec<&Answer> = all.iter().flat_map(|one| &one.wrong).collect();
    let reasons = wrong.iter().filter(|answer| answer.has_reason).count();
    // There are twice as many wrong ones.
    assert!(reasons <= 4 * right + 2, "\"because\": {right} right answers, {reasons} wrong ones");
}

#[test]
fn phrases_that_were_given_up_stay_away() {
    let found: Vec<String> = pages()
        .into_iter()
        .chain(texts("src/probes", "toml"))
        .flat_map(|text| {
            let lines = text.all.lines().enumerate().filter(|(_, line)| !line.starts_with("was ="));
            let found = lines.flat_map(|(number, line)| {
                let line = line.to_lowercase();
                GIVEN_UP
                    .iter()
                    .filter(move |(phrase, _)| line.contains(phrase))
                    .map(move |(phrase, instead)| (number + 1, *phrase, *instead))
            });
            let name = text.name.clone();
            let told = found.map(move |(line, phrase, instead)| {
                format!("{name}:{line}: \"{phrase}\": {instead}")
            });
            told.collect::<Vec<_>>()
        })
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_glossary_is_in_the_order_of_the_alphabet() {
    let glossary = fs::read_to_string(course().join("book/src/glossary.md")).expect("a glossary");
    let terms: Vec<String> = glossary
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .map(str::to_lowercase)
        .collect();
    assert!(terms.len() > 60, "{} terms", terms.len());
    let wrong = terms.windows(2).find(|two| two[0].replace('-', " ") > two[1].replace('-', " "));
    assert_eq!(wrong, None);
    let mut letter = String::new();
    for line in glossary.lines() {
        match line.split_once(' ') {
            Some(("##", next)) => letter = next.to_lowercase(),
            Some(("###", term)) => {
                assert!(term.to_lowercase().starts_with(&letter), "{term} stands under {letter}");
            }
            _ => {}
        }
    }
}

/// A term is marked where a reader meets it first: in italics, beside its explanation, or as a link to the glossary.
#[test]
fn a_term_is_explained_before_it_is_used() {
    let glossary = fs::read_to_string(course().join("book/src/glossary.md")).expect("a glossary");
    let pages: Vec<(&str, String)> = ALL
        .iter()
        .map(|chapter| {
            let page = course().join(format!("book/src/{}.md", chapter.slug));
            (chapter.slug, fs::read_to_string(page).expect("a page"))
        })
        .collect();
    let terms = glossary.lines().filter_map(|line| line.strip_prefix("### "));
    let (mut met, mut unmarked) = (0, Vec::new());
    for term in terms.filter(|term| !EVERYDAY.contains(term)) {
        let first = pages.iter().find_map(|(slug, page)| Some((slug, first_use(page, term)?)));
        let Some((slug, line)) = first else { continue };
        met += 1;
        if !is_marked(line, term) {
            unmarked.push(format!("{term}, in {slug}.md: {line}"));
        }
    }
    assert!(met > 60, "{met} terms were met");
    assert!(
        unmarked.is_empty(),
        "put them in italics beside their explanation, or link them: {unmarked:#?}"
    );
}

/// The first paragraph of a page that has a term in its prose.
fn first_use<'a>(page: &'a str, term: &str) -> Option<&'a str> {
    let mut is_code = false;
    page.lines().find(|line| {
        let is_fence = line.starts_with("```");
        is_code ^= is_fence;
        let is_prose = !is_code
            && !is_fence
            && !["{{#", "#", "<svg", "<text"].iter().any(|mark| line.starts_with(mark));
        is_prose && names(term).any(|name| has_word(&prose(line), &name))
    })
}

/// The names of a term: a title has two when it says `and`.
fn names(term: &str) -> impl Iterator<Item = String> {
    term.split(" and ").map(|name| name.replace('`', "").to_lowercase())
}

/// Whether a text has this word, or its plural.
fn has_word(text: &str, word: &str) -> bool {
    let text = text.to_lowercase();
    let is_inside = |letter: char| letter.is_alphanumeric() || letter == '-';
    text.match_indices(word).any(|(at, _)| {
        let behind = &text[at + word.len()..];
        let behind = behind.strip_prefix('s').unwrap_or(behind);
        !text[..at].ends_with(is_inside) && !behind.starts_with(is_inside)
    })
}

/// Whether a paragraph has a term in italics, or a link to it.
fn is_marked(line: &str, term: &str) -> bool {
    let slug = term.to_lowercase().replace(' ', "-").replace('`', "");
    let in_italics = |name: &str| {
        let parts: Vec<&str> = line.split('*').collect();
        parts.iter().skip(1).step_by(2).any(|part| part.to_lowercase().contains(name))
    };
    line.contains(&format!("glossary.md#{slug})")) || names(term).any(|name| in_italics(&name))
}

/// Every word of the pages and the promises is in the dictionary, or in `book/words.txt`.
#[test]
fn every_word_is_spelled_as_in_a_dictionary() {
    let own = course().join("book/words.txt");
    let Some(mut hunspell) = common::hunspell("the spelling") else { return };
    let mut hunspell = hunspell
        .args(["-d", "en_US", "-l", "-i", "utf-8", "-p"])
        .arg(&own)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it was found");
    let read: String = pages()
        .iter()
        .map(|page| prose(&page.all))
        .chain(texts("src/probes", "toml").iter().map(|file| words_of_promises(&file.all)))
        .collect();
    let mut input = hunspell.stdin.take().expect("an input");
    let writing = std::thread::spawn(move || input.write_all(read.as_bytes()));
    let said = hunspell.wait_with_output().expect("it ends");
    writing.join().expect("no panic").expect("written");
    assert!(said.status.success(), "hunspell has no dictionary en_US");
    let said = String::from_utf8_lossy(&said.stdout);
    let mut unknown: Vec<&str> =
        said.lines().filter(|word| !word.contains(char::is_numeric)).collect();
    unknown.sort_unstable();
    unknown.dedup();
    assert!(unknown.is_empty(), "if they are right, add them to book/words.txt: {unknown:?}");
}

/// The prose of a page: without code, figures, tags and addresses.
fn prose(page: &str) -> String {
    let mut is_code = false;
    let lines = page.lines().filter(|line| {
        let is_fence = line.starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence && !line.starts_with("{{#")
    });
    let text: String = lines.map(|line| without(line, "](", ")") + "\n").collect();
    // What is marked up as code, and then every tag, which may go over several lines.
    let text = text.replace("<code>", "`").replace("</code>", "`");
    without(&without(&without(&text, "`", "`"), "<", ">"), "&", ";")
}

/// A text without what stands between two marks.
fn without(text: &str, opens: &str, closes: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(opens) {
        kept = kept + before + " ";
        rest = behind.split_once(closes).map_or("", |(_, after)| after);
    }
    kept + rest
}

/// What a reader sees of a data file: its promises and mistakes. Hints name code, without a sign for it.
fn words_of_promises(file: &str) -> String {
    let lines =
        file.lines().filter(|line| line.starts_with("says =") || line.starts_with("text ="));
    lines.map(|line| line.replace('\\', " ") + "\n").collect()
}
