//! The book: prose from `book/src`, code from the chapters, figures from their recordings.
//!
//! The build is strict: a missing file, anchor, recording or link, and a line of a chapter that no page
//! shows, each is an error, and all of them are reported together.

mod advisories;
mod answers;
mod carried;
mod contents;
mod coverage;
mod curve;
mod dependencies;
mod directives;
mod drawing;
mod figures;
mod front;
pub(crate) mod handouts;
pub(crate) mod html;
mod lines;
mod links;
mod listing;
mod live;
mod measured;
mod minutes;
pub mod musts;
mod next_step;
mod numbers;
mod pages;
mod pieces;
mod play;
mod sections;
mod size;
mod solution;
mod tally;
mod warnings;
mod weight;
mod words;
mod worksheet;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use mdbook_driver::MDBook;
use mdbook_driver::config::Config;

pub use answers::answer_to;
pub use listing::Listing;
pub use size::Size;

/// How the book will be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edition {
    /// Served by the workshop: its labs are live.
    Workshop,
    /// As files: its labs show their recordings.
    Static,
}

/// Everything that is wrong with the book, a line each.
#[derive(Debug)]
pub struct Mistakes(pub Vec<String>);

impl fmt::Display for Mistakes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the book has {} mistake(s):", self.0.len())?;
        self.0.iter().try_for_each(|mistake| write!(out, "\n  {mistake}"))
    }
}

impl std::error::Error for Mistakes {}

impl Mistakes {
    fn one(mistake: impl fmt::Display) -> Mistakes {
        Mistakes(vec![mistake.to_string()])
    }

    fn none_or(mistakes: Vec<String>) -> Result<(), Mistakes> {
        if mistakes.is_empty() { Ok(()) } else { Err(Mistakes(mistakes)) }
    }
}

/// The folder of the course: of this package, when it was compiled.
pub fn course() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// What the book is made of: a change of any of these changes the book.
pub fn sources(course: &Path) -> [PathBuf; 9] {
    [
        "book",
        "chapters",
        "appendix",
        "bench",
        "stage",
        "src",
        "tests/autobahn",
        "tests/course/snapshots",
        "Cargo.toml",
    ]
    .map(|name| course.join(name))
}

/// The title of the book.
///
/// # Errors
///
/// Its settings, `book.toml`, cannot be read.
pub fn title(course: &Path) -> anyhow::Result<String> {
    Ok(config(course)?.book.title.unwrap_or_default())
}

/// Builds the book of the course in the folder `course` into the folder `to`, which is emptied first.
pub fn build(course: &Path, to: &Path, edition: Edition) -> Result<(), Mistakes> {
    let (built, warnings) = warnings::heard(|| render(course, to, edition));
    match built {
        Err(mistakes) => return Err(mistakes),
        Ok(()) => Mistakes::none_or(warnings)?,
    }
    mark_edition(to, edition).map_err(Mistakes::one)?;
    weight::lighten(to).map_err(Mistakes::one)?;
    let config = config(course).map_err(Mistakes::one)?;
    front::put(course, &config, to).map_err(Mistakes::one)?;
    pages::complete(course, to).map_err(Mistakes::one)?;
    handouts::write(course, to)?;
    Mistakes::none_or(links::broken(to).map_err(Mistakes::one)?)
}

fn render(course: &Path, to: &Path, edition: Edition) -> Result<(), Mistakes> {
    let mistakes = |error: anyhow::Error| match error.downcast::<Mistakes>() {
        Ok(mistakes) => mistakes,
        Err(error) => Mistakes::one(format!("{error:#}")),
    };
    let mut book = load(course).map_err(mistakes)?;
    book.config.build.build_dir = to.to_path_buf();
    book.with_preprocessor(directives::Directives { course: course.to_path_buf(), edition });
    book.build().map_err(mistakes)
}

fn load(course: &Path) -> anyhow::Result<MDBook> {
    let root = course.join("book");
    MDBook::load_with_config_and_summary(root, config(course)?, contents::summary(course)?)
}

fn config(course: &Path) -> anyhow::Result<Config> {
    Config::from_disk(course.join("book/book.toml"))
}

/// Around what the theme has in the head of a page for the workshop alone.
const FOR_WORKSHOP: (&str, &str) = ("<!-- workshop", "workshop -->");

/// Tells the pages whether the workshop serves them, which the theme leaves open.
fn mark_edition(to: &Path, edition: Edition) -> std::io::Result<()> {
    for page in links::pages(to)? {
        let html = fs::read_to_string(&page)?;
        let Some((before, rest)) = html.split_once(FOR_WORKSHOP.0) else { continue };
        let Some((marks, after)) = rest.split_once(FOR_WORKSHOP.1) else { continue };
        let marks = if edition == Edition::Workshop { marks } else { "" };
        fs::write(&page, [before, marks, after].concat())?;
    }
    Ok(())
}
