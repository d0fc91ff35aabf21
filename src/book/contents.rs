//! What follows from the list of chapters: the sidebar, the table of the preface, the head of a page, the
//! minutes.

use std::fs;
use std::path::{Path, PathBuf};

use mdbook_summary::{Summary, SummaryItem, parse_summary};

use super::minutes;
use crate::chapters::{ALL, Chapter};

/// The line of the summary in whose place the chapters come.
const CHAPTERS_HERE: &str = "{{#chapters}}";

/// The sidebar: `SUMMARY.md`, with the parts of the book and their chapters.
pub(super) fn summary(course: &Path) -> anyhow::Result<Summary> {
    let summary = fs::read_to_string(course.join("book/src/SUMMARY.md"))?;
    anyhow::ensure!(summary.contains(CHAPTERS_HERE), "SUMMARY.md has no {CHAPTERS_HERE}");
    let parts = ALL.chunk_by(|one, next| one.part == next.part).map(|chapters| {
        let lines = chapters.iter().map(|chapter| format!("- {}\n", link(chapter)));
        format!("# {}\n\n{}", chapters[0].part.title(), lines.collect::<String>())
    });
    parse_summary(&summary.replace(CHAPTERS_HERE, &parts.collect::<Vec<_>>().join("\n")))
}

/// A page of the book.
pub(super) struct Page {
    /// What the sidebar calls it.
    pub(super) name: String,
    /// Its file in the built book.
    pub(super) file: PathBuf,
}

impl Page {
    /// The chapter that it is, if it is one.
    pub(super) fn chapter(&self) -> Option<&'static Chapter> {
        chapter_at(&self.file)
    }
}

/// The pages of the book, in its order.
pub(super) fn pages(course: &Path) -> anyhow::Result<Vec<Page>> {
    let summary = summary(course)?;
    let parts = [summary.prefix_chapters, summary.numbered_chapters, summary.suffix_chapters];
    let pages = parts.into_iter().flatten().filter_map(|item| match item {
        SummaryItem::Link(page) => {
            Some(Page { file: page.location?.with_extension("html"), name: page.name })
        }
        _ => None,
    });
    Ok(pages.collect())
}

/// The chapter whose page this is, in Markdown or built.
fn chapter_at(page: &Path) -> Option<&'static Chapter> {
    ALL.iter().find(|chapter| page.with_extension("") == Path::new(chapter.slug))
}

/// The first line of a page: the title of a chapter gets its number, and keeps its anchor.
pub(super) fn title(page: &Path, line: &str) -> Result<String, String> {
    let Some(chapter) = chapter_at(page) else { return Ok(line.to_owned()) };
    let Chapter { number, title, .. } = chapter;
    if line != format!("# {title}") {
        return Err(format!("a chapter's page begins with its title: # {title}"));
    }
    let anchor = title.to_lowercase().replace(' ', "-");
    Ok(format!("# <span class=\"number\">{number:02}</span> {title} {{#{anchor}}}"))
}

/// The table of the preface: what each chapter adds, what is seen at its end, and how long it takes.
pub(super) fn table(course: &Path) -> Result<String, String> {
    let mut table =
        String::from("| chapter | what it adds | what you see | minutes |\n|---|---|---|--:|\n");
    for chapter in ALL {
        let Chapter { adds, shows, .. } = chapter;
        let minutes = minutes::of(course, chapter)?;
        table += &format!("| {} | {adds} | {shows} | {minutes} |\n", link(chapter));
    }
    Ok(table)
}

/// The head of a chapter's page: its minutes, what it needs, where the standard speaks of it, its crate.
pub(super) fn facts(course: &Path, page: &Path, standard: &str) -> Result<String, String> {
    let chapter = chapter_at(page).ok_or("only a chapter's page has facts")?;
    let needs = match ALL.iter().rev().find(|other| other.number < chapter.number) {
        Some(before) => link(before),
        None => "nothing".to_owned(),
    };
    let minutes = minutes::of(course, chapter)?;
    let package = chapter.package();
    Ok(format!(
        "<div class=\"facts\">\n\n{minutes} minutes · needs {needs} · {standard} · adds crate \
         `{package}`\n\n</div>\n"
    ))
}

/// A row of a lesson's plan: so many minutes for what is done with a chapter.
pub(super) fn plan(minutes: &str, chapter: &str, what: &str) -> Result<(usize, String), String> {
    let count = minutes.parse().map_err(|_| format!("{minutes} is no number of minutes"))?;
    let found = ALL.iter().find(|other| other.slug == chapter);
    let found = found.ok_or_else(|| format!("there is no chapter {chapter}"))?;
    Ok((count, format!("| {count} | {}: {what} |", link(found))))
}

/// A line of prose in which `{{minutes 1-5}}` stands for the minutes of these chapters, and `{{hours 1-5}}`
/// for the same in hours and halves.
pub(super) fn with_minutes(course: &Path, line: &str) -> Result<String, String> {
    let Some((before, rest)) = line.split_once("{{") else { return Ok(line.to_owned()) };
    let (inner, after) = rest.split_once("}}").ok_or("a directive has no end")?;
    let text = match inner.split_once(' ') {
        Some(("minutes", range)) => minutes::of_range(course, range)?.to_string(),
        Some(("hours", range)) => hours(minutes::of_range(course, range)?),
        _ => {
            return Err(format!("there is no {{{{{inner}}}}} within a line: use minutes or hours"));
        }
    };
    Ok(format!("{before}{text}{}", with_minutes(course, after)?))
}

fn hours(minutes: usize) -> String {
    let halves = minutes.div_ceil(30);
    let half = if halves % 2 == 1 { "½" } else { "" };
    format!("{}{half}", halves / 2)
}

/// A link to a chapter's page.
fn link(chapter: &Chapter) -> String {
    format!("[{}]({}.md)", chapter.name(), chapter.slug)
}
