//! The front of `print.html`, the page with the whole book: its title, and its contents with links.

use std::fs;
use std::path::Path;

use mdbook_driver::config::Config;
use mdbook_summary::{Summary, SummaryItem};

use super::contents;
use super::html::escaped;

/// What stands before the text of the page.
const TEXT_BEGINS: &str = "<main>";

/// Puts the front before the text of the page, in a built book.
pub(super) fn put(course: &Path, config: &Config, built: &Path) -> anyhow::Result<()> {
    let page = built.join("print.html");
    let html = fs::read_to_string(&page)?;
    let (head, text) = html
        .split_once(TEXT_BEGINS)
        .ok_or_else(|| anyhow::anyhow!("print.html has no {TEXT_BEGINS}"))?;
    let list = list(&contents::summary(course)?, &titles(text))?;
    let title = escaped(config.book.title.as_deref().unwrap_or_default());
    let about = escaped(config.book.description.as_deref().unwrap_or_default());
    let front = format!(
        "<section class=\"front\">\n<h1>{title}</h1>\n<p>{about}</p>\n\
         <nav aria-label=\"Contents\">\n<ul>\n{list}</ul>\n</nav>\n</section>"
    );
    fs::write(&page, format!("{head}{TEXT_BEGINS}\n{front}\n{text}"))?;
    Ok(())
}

/// The ids of the titles of all pages, in their order: mdBook makes them different from each other.
fn titles(text: &str) -> Vec<&str> {
    let titles = text.split("<h1 id=\"").skip(1);
    titles.filter_map(|rest| Some(rest.split_once('"')?.0)).collect()
}

/// A line for each page, with a link to its title, and one for each part.
fn list(summary: &Summary, titles: &[&str]) -> anyhow::Result<String> {
    let parts = [&summary.prefix_chapters, &summary.numbered_chapters, &summary.suffix_chapters];
    let mut titles = titles.iter();
    let mut list = String::new();
    for item in parts.into_iter().flatten() {
        match item {
            SummaryItem::Link(page) => {
                let id = titles.next();
                let id = id.ok_or_else(|| anyhow::anyhow!("{} has no title", page.name))?;
                list += &format!("<li><a href=\"#{id}\">{}</a></li>\n", escaped(&page.name));
            }
            SummaryItem::PartTitle(part) => {
                list += &format!("<li class=\"part\">{}</li>\n", escaped(part));
            }
            _ => {}
        }
    }
    match titles.next() {
        None => Ok(list),
        Some(id) => anyhow::bail!("a page of the book has a second title, #{id}"),
    }
}
