//! The directives of the prose, each alone on its line: `{{#code …}}`, `{{#recording …}}` and so on.

use std::path::{Path, PathBuf};

use mdbook_preprocessor::book::{Book, BookItem};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

use super::listing::Listing;
use super::{
    Edition, Mistakes, advisories, carried, contents, coverage, curve, dependencies, figures,
    lines, measured, musts, play, solution, worksheet,
};

/// The book's one preprocessor.
pub(super) struct Directives {
    pub(super) course: PathBuf,
    pub(super) edition: Edition,
}

impl Directives {
    /// A page that is not in the book's contents, with its directives filled in.
    pub(super) fn fill_in(&self, page: &Path, content: &str) -> Result<String, Mistakes> {
        let mut pass = Pass::new(self);
        let filled = pass.page(page, content);
        Mistakes::none_or(pass.mistakes)?;
        Ok(filled)
    }
}

impl Preprocessor for Directives {
    fn name(&self) -> &str {
        "frame-by-frame"
    }

    fn run(&self, _: &PreprocessorContext, mut book: Book) -> anyhow::Result<Book> {
        let mut pass = Pass::new(self);
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
    /// The minutes of the rows so far of a lesson's plan.
    planned: usize,
}

impl Pass<'_> {
    fn new(directives: &Directives) -> Pass<'_> {
        Pass { directives, listings: Vec::new(), mistakes: Vec::new(), planned: 0 }
    }

    fn page(&mut self, page: &Path, content: &str) -> String {
        let mut out = String::new();
        for (i, line) in content.lines().enumerate() {
            let written = match i {
                0 => contents::title(page, line),
                _ => self.line(page, line),
            };
            let mistake = match written {
                Ok(line) => {
                    out += &line;
                    out.push('\n');
                    continue;
                }
                Err(mistake) => mistake,
            };
            self.mistakes.push(format!("book/src/{}:{}: {mistake}", page.display(), i + 1));
        }
        carried::each_once(&out).unwrap_or_else(|mistake| {
            self.mistakes.push(format!("book/src/{}: {mistake}", page.display()));
            out
        })
    }

    fn line(&mut self, page: &Path, line: &str) -> Result<String, String> {
        if !line.contains("{{#") {
            return contents::with_minutes(&self.directives.course, line);
        }
        let inner = line.trim().strip_prefix("{{#").and_then(|rest| rest.strip_suffix("}}"));
        let Some(inner) = inner else {
            return Err("a directive must be alone on its line".to_owned());
        };
        let (call, caption) = inner.split_once('|').unwrap_or((inner, ""));
        let words: Vec<&str> = call.split_whitespace().collect();
        self.directive(page, &words, caption.trim())
    }

    fn directive(&mut self, page: &Path, words: &[&str], caption: &str) -> Result<String, String> {
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
            ["solution", chapter] => solution::place(chapter),
            ["lab", chapter, name] => figures::lab(course, chapter, name, self.directives.edition),
            ["play", name, event] => play::frame(course, name, event, caption),
            ["facts"] => contents::facts(course, page, caption),
            ["contents"] => contents::table(course),
            ["plan"] => Ok(self.end_of_plan()),
            ["plan", minutes, chapter] => self.plan(minutes, chapter, caption),
            ["worksheet", ref table @ ..] => worksheet::table(course, table, caption),
            ["dependencies"] => dependencies::section(course),
            ["beside"] => measured::beside(course),
            ["step", name] => measured::step(course, name),
            ["curve"] => curve::picture(course, caption),
            ["curve", "table"] => curve::table(course),
            ["lines"] => lines::table(course),
            ["musts", rfc] => musts::of_a_server(course, rfc),
            ["musts", rfc, "client"] => musts::of_a_client(course, rfc),
            ["others", rfc] => Ok(musts::of_others(rfc)),
            ["advisories"] => advisories::table(),
            _ => Err(format!(
                "there is no directive {{{{#{}}}}}: use facts, code, recording, terminal, frame, \
                 sequence, snapshot, probes, solution, lab, play, contents, plan, worksheet, \
                 dependencies, beside, step, curve, lines, musts, others or advisories",
                words.join(" ")
            )),
        }
    }

    /// A row of a lesson's plan, and before the first one the head of its table.
    fn plan(&mut self, minutes: &str, chapter: &str, what: &str) -> Result<String, String> {
        let (minutes, row) = contents::plan(minutes, chapter, what)?;
        let head = if self.planned == 0 { "| Minutes | What |\n|--:|---|\n" } else { "" };
        self.planned += minutes;
        Ok(format!("{head}{row}"))
    }

    /// The last row of a lesson's plan: all minutes.
    fn end_of_plan(&mut self) -> String {
        format!("| **{}** | together |", std::mem::take(&mut self.planned))
    }
}
