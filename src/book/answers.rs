//! Where the book answers a question of a student's project.

use std::fs;
use std::path::Path;

use super::links;
use crate::marks;

/// The page, and its section, which show the body that a question stands for. `file` is a chapter's, as in
/// `16-speed/src/lines.rs`.
pub fn answer_to(course: &Path, file: &str, question: &str) -> Option<String> {
    let file = file.replace('\\', "/");
    let source = fs::read_to_string(course.join("chapters").join(&file)).ok()?;
    let place = format!("chapters/{file}:{}", anchor_of(&source, question)?);
    let pages = links::files(&course.join("book/src"), "md").ok()?;
    pages.iter().find_map(|page| {
        let section = section_of(&fs::read_to_string(page).ok()?, &place)?;
        let page = page.file_stem()?.to_string_lossy();
        Some(format!("{page}.html in the book, \"{section}\""))
    })
}

/// The name of the listing in which the question stands.
fn anchor_of<'a>(source: &'a str, question: &str) -> Option<&'a str> {
    let mut anchor = None;
    for line in source.lines() {
        anchor = marks::anchor(line).or(anchor);
        if marks::question(line) == Some(question) {
            return anchor;
        }
    }
    None
}

/// The title under which a page shows the listing.
fn section_of(page: &str, place: &str) -> Option<String> {
    let mut title = None;
    for line in page.lines() {
        if line.starts_with('#') {
            title = Some(line.trim_start_matches('#').trim());
        }
        let shown = line.strip_prefix("{{#code ").and_then(|rest| rest.strip_prefix(place));
        if shown.is_some_and(|rest| rest.starts_with([' ', '}'])) {
            return title.map(str::to_owned);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{anchor_of, answer_to, links, section_of};
    use crate::marks;

    #[test]
    fn a_question_leads_to_its_listing_and_that_to_its_section() {
        let source = "// ANCHOR: a\n// ANCHOR_END: a\n    // ANCHOR: b\n    // YOURS: Who?\n";
        assert_eq!(anchor_of(source, "Who?"), Some("b"));
        assert_eq!(anchor_of(source, "Why?"), None);
        let page = "# Title\n\n### Step 1\n\n{{#code x.rs:ab}}\n\n### Step 2\n\n{{#code x.rs:a | compiles}}\n";
        assert_eq!(section_of(page, "x.rs:a").as_deref(), Some("Step 2"));
        assert_eq!(section_of(page, "x.rs:b"), None);
    }

    #[test]
    fn every_question_of_the_course_is_answered_in_the_book() {
        let course = crate::book::course();
        for chapter in crate::chapters::CHAPTERS {
            let folder = course.join("chapters").join(chapter.slug).join("src");
            for file in links::files(&folder, "rs").expect("the sources") {
                let source = std::fs::read_to_string(&file).expect("a source");
                let name = file.file_name().expect("a name").to_string_lossy();
                let name = format!("{}/src/{name}", chapter.slug);
                for question in source.lines().filter_map(marks::question) {
                    assert!(answer_to(&course, &name, question).is_some(), "{name}: {question}");
                }
            }
        }
    }
}
