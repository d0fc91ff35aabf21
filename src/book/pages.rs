//! What a page gets once all pages are built: the list of its sections, the words of the glossary, solutions, the
//! step to the next page. It is for the screen: the page with the whole book, which is printed, has none of it, and
//! neither does the search.

use std::fs;
use std::path::Path;

use super::contents;
use super::pieces::between;
use super::words::Glossary;
use super::{next_step, sections, solution, tally};

/// Where the text of a page begins and ends.
const BEGINS: &str = "<main>";
const ENDS: &str = "</main>";

/// The title of the book above each page: it is no heading of the page, which has its own.
const TITLE: (&str, &str) = ("<h1 class=\"menu-title\">", "</h1>");

/// The first page has a second file, which opens the book.
const FRONT: &str = "index.html";

/// Puts it into every page of a built book.
pub(super) fn complete(course: &Path, built: &Path) -> anyhow::Result<()> {
    let pages = contents::pages(course)?;
    let glossary = Glossary::of(built)?;
    let tally = tally::of(built)?;
    for (at, page) in pages.iter().enumerate() {
        let front = Some(Path::new(FRONT)).filter(|_| at == 0);
        for file in front.into_iter().chain([page.file.as_path()]) {
            change(&built.join(file), |text| {
                let text = solution::put(course, text)?;
                let (text, words) = match Glossary::is_at(file) {
                    true => (text, String::new()),
                    false => glossary.explained(&text),
                };
                let text = sections::listed(&text);
                Ok(format!("{text}{}\n{words}{tally}", next_step::from(&pages, at)))
            })?;
        }
    }
    Ok(())
}

/// Changes the text of a page.
fn change(file: &Path, new: impl FnOnce(&str) -> anyhow::Result<String>) -> anyhow::Result<()> {
    let html = fs::read_to_string(file)?;
    let parts = html.split_once(BEGINS).and_then(|(head, rest)| {
        let (text, foot) = rest.rsplit_once(ENDS)?;
        Some((head, text, foot))
    });
    let (head, text, foot) =
        parts.ok_or_else(|| anyhow::anyhow!("{} has no {BEGINS} or no {ENDS}", file.display()))?;
    let head = with_one_heading(head);
    fs::write(file, format!("{head}{BEGINS}{}{ENDS}{foot}", new(text)?))?;
    Ok(())
}

fn with_one_heading(head: &str) -> String {
    let (opens, closes) = TITLE;
    match between(head, opens, closes) {
        Some((title, _)) => head.replace(
            &format!("{opens}{title}{closes}"),
            &format!("<div class=\"menu-title\">{title}</div>"),
        ),
        None => head.to_owned(),
    }
}
