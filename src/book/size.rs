//! How large a page is: its words, and the code that it shows.

use std::fs;
use std::path::Path;

use super::listing::Listing;

/// What there is to read on a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Words of prose, without its figures and its code.
    pub words: usize,
    /// Lines of code.
    pub lines: usize,
    /// Lines of its longest listing.
    pub longest: usize,
    /// How few words stand before 25 lines of a listing of that length or more: the reasons for it. `None` without one.
    pub fewest_reasons: Option<usize>,
}

/// The lines of a listing for which there is a paragraph of reasons.
const FOR_REASONS: usize = 25;

impl Size {
    /// That of a page in `book/src`, by its name without `.md`.
    ///
    /// # Errors
    ///
    /// There is no such page.
    pub fn of(course: &Path, page: &str) -> Result<Size, String> {
        let path = format!("book/src/{page}.md");
        let page = fs::read_to_string(course.join(&path))
            .map_err(|error| format!("there is no page {path}: {error}"))?;
        // One that cannot be taken is a mistake of its page, and is told there.
        let listings = page.lines().filter_map(place);
        let listings = listings.filter_map(|place| Listing::take(course, place).ok());
        let lines: Vec<usize> = listings.map(|listing| listing.lines.count()).collect();
        let longest = lines.iter().max().copied().unwrap_or(0);
        let fewest_reasons = fewest_reasons(course, &page);
        Ok(Size { words: words(&page), lines: lines.iter().sum(), longest, fewest_reasons })
    }
}

/// The fewest words for 25 lines that stand between a long listing and the listing before it.
fn fewest_reasons(course: &Path, page: &str) -> Option<usize> {
    let mut words = 0;
    let mut fewest: Option<usize> = None;
    for line in outside_drawings(page) {
        let Some(listing) = place(line).and_then(|place| Listing::take(course, place).ok()) else {
            words += words_of(line);
            continue;
        };
        let lines = listing.lines.count();
        if lines >= FOR_REASONS {
            let here = words * FOR_REASONS / lines;
            fewest = Some(fewest.map_or(here, |fewest| fewest.min(here)));
        }
        words = 0;
    }
    fewest
}

/// What a listing of the page shows.
fn place(line: &str) -> Option<&str> {
    line.strip_prefix("{{#code ")?.split(['|', '}']).next().map(str::trim)
}

/// How many words a page has, without its figures.
fn words(page: &str) -> usize {
    outside_drawings(page).map(words_of).sum()
}

/// The lines of a page that are not of a drawing: its labels are not prose.
fn outside_drawings(page: &str) -> impl Iterator<Item = &str> {
    let mut within = false;
    page.lines().filter(move |line| {
        within |= line.starts_with("<svg");
        let outside = !within;
        within &= *line != "</svg>";
        outside
    })
}

fn words_of(line: &str) -> usize {
    if line.starts_with("{{#") { 0 } else { line.split_whitespace().count() }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_figure_has_no_words() {
        assert_eq!(words("One word\n{{#code a.rs:b | of these}}\n\nmore"), 3);
        assert_eq!(words("One\n<svg>\n<text>a label</text>\n</svg>\nmore words"), 3);
    }
}
