//! What a page gets once all pages are built: the list of its sections, the words of the glossary, solutions, the
//! step to the next page. It is for the screen: the page with the whole book, which is printed, has none of it, and
//! neither does the search.

use std::fs;
use std::path::Path;

use super::contents;
use super::words::Glossary;
use super::{next_step, sections, solution, tally};

/// Where the text of a page begins and ends.
const BEGINS: &str = "<main>";
const ENDS: &str = "</main>";

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
    fs::write(file, format!("{head}{BEGINS}{}{ENDS}{foot}", new(text)?))?;
    Ok(())
}
