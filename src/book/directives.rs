//! The directives of the prose, each alone on its line: `{{#code …}}`, `{{#recording …}}` and so on.

use std::path::{Path, PathBuf};

use mdbook_preprocessor::book::{Book, BookItem};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

use super::listing::Listing;
use super::{Edition, Mistakes, coverage, figures, house};

/// The book's one preprocessor.
pub(super) struct Directives {
    pub(super) course: PathBuf,
    pub(super) edition: Edition,
}

impl Preprocessor for Directives {
    fn name(&self) -> &str {
        "frame-by-frame"
    }

    fn run(&self, _: &PreprocessorContext, mut book: Book) -> anyhow::Result<Book> {
        let mut pass = Pass { directives: self, listings: Vec::new(), mistakes: Vec::new() };
        book.for_each_mut(|item| {
            if let BookItem::Chapter(chapter) = item {
                let page = chapter.source_path.clone().unwrap_or_default();
                chapter.content = pass.page(&page, &chapter.content);
            }
        });
        pass.mistakes.extend(coverage::missing(&self.course, &pass.listings)?);
        Mistakes::none_or(pass.mistakes)?;
        Ok(book)
    }
}

/// One pass through the book, collecting.
struct Pass<'a> {
    directives: &'a Directives,
    listings: Vec<Listing>,
    mistakes: Vec<String>,
}

impl Pass<'_> {
    fn page(&mut self, page: &Path, content: &str) -> String {
        let mut out = String::new();
        for (i, line) in content.lines().enumerate() {
            let mistake = match self.line(line) {
                Ok(line) => {
                    out += &line;
                    out.push('\n');
                    continue;
                }
                Err(mistake) => mistake,
            };
            self.mistakes.push(format!("book/src/{}:{}: {mistake}", page.display(), i + 1));
        }
        out
    }

    fn line(&mut self, line: &str) -> Result<String, String> {
        if !line.contains("{{#") {
            return Ok(line.to_owned());
        }
        let inner = line.trim().strip_prefix("{{#").and_then(|rest| rest.strip_suffix("}}"));
        let Some(inner) = inner else {
            return Err("a directive must be alone on its line".to_owned());
        };
        let (call, caption) = inner.split_once('|').unwrap_or((inner, ""));
        let words: Vec<&str> = call.split_whitespace().collect();
        self.directive(&words, caption.trim())
    }

    fn directive(&mut self, words: &[&str], caption: &str) -> Result<String, String> {
        let course = &self.directives.course;
        match *words {
            ["code", place] => {
                let listing = Listing::take(course, place)?;
                self.listings.push(listing.clone());
                Ok(figures::listing(&listing, caption))
            }
            ["recording", name] => figures::recording(course, name, None, caption),
            ["recording", name, events] => figures::recording(course, name, Some(events), caption),
            ["terminal", name] => figures::terminal(course, name, None, caption),
            ["terminal", name, last] => figures::terminal(course, name, Some(last), caption),
            ["frame", name, event] => figures::frame(course, name, event, caption),
            ["sequence", name] => figures::sequence(course, name, caption),
            ["snapshot", path] => figures::snapshot(course, path, caption),
            ["probes", chapter] => figures::probes(chapter, self.directives.edition),
            ["lab", chapter, name] => figures::lab(course, chapter, name, self.directives.edition),
            ["house"] => house::house(course),
            _ => Err(format!(
                "there is no directive {{{{#{}}}}}: use code, recording, terminal, frame, sequence, \
                 snapshot, probes, lab or house",
                words.join(" ")
            )),
        }
    }
}
