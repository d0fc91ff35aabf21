//! The end of a page: which one comes next, and why to turn to it.

use super::contents::Page;
use super::html::{capitalized, escaped};

/// The links from the page at this place to the ones beside it.
pub(super) fn from(pages: &[Page], at: usize) -> String {
    let previous = at.checked_sub(1).and_then(|before| pages.get(before));
    let links = [pages.get(at + 1).map(next), previous.map(back)];
    let links: String = links.into_iter().flatten().collect();
    format!("<nav class=\"next-step\" aria-label=\"Next and previous page\">\n{links}</nav>\n")
}

fn next(page: &Page) -> String {
    let because = page.chapter().map(|chapter| {
        format!(" <span class=\"because\">{}.</span>", escaped(&capitalized(chapter.before)))
    });
    format!(
        "<a class=\"next\" rel=\"next\" href=\"{}\" aria-keyshortcuts=\"Right\"><span class=\"step\">Next: {}</span>{}</a>\n",
        page.file.display(),
        escaped(&name(page)),
        because.unwrap_or_default()
    )
}

fn back(page: &Page) -> String {
    format!(
        "<a class=\"back\" rel=\"prev\" href=\"{}\" aria-keyshortcuts=\"Left\">Back: {}</a>\n",
        page.file.display(),
        escaped(&name(page))
    )
}

fn name(page: &Page) -> String {
    page.chapter().map_or_else(|| page.name.clone(), |chapter| chapter.full_name())
}

#[cfg(test)]
mod tests {
    use super::from;
    use crate::book::contents::Page;

    #[test]
    fn a_step_says_where_it_leads_and_why() {
        let page = |name: &str, file: &str| Page { name: name.to_owned(), file: file.into() };
        let pages = [page("Preface", "preface.html"), page("03 Accept", "03-accept.html")];
        let first = from(&pages, 0);
        assert!(first.contains("Next: Chapter 03, Accept</span> <span class=\"because\">The "));
        assert!(!first.contains("Back"), "{first}");
        let last = from(&pages, 1);
        assert!(last.contains(">Back: Preface</a>") && !last.contains("Next: "), "{last}");
    }
}
