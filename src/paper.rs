//! The book on paper: a PDF, which Chromium prints from the page with the whole book.

use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};

use crate::book::handouts::{SLIDES, WORKSHEET};
use crate::book::{self, Edition};
use crate::{chromium, folder};

/// What is said to a reader who has no Chromium.
const NO_CHROMIUM: &str = "there is no Chromium, which prints the book: install Chromium or Google Chrome, or put the \
     path of its program into the variable CHROMIUM. Without --pdf, `cargo run -- book` writes the book for any \
     browser: open its print.html, worksheet.html or slides.html, and print that";

/// What is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Printed {
    /// The whole book.
    Book,
    /// The worksheet for a lesson.
    Worksheet,
    /// The slides of that lesson.
    Slides,
}

impl fmt::Display for Printed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Printed::Book => "the book is",
            Printed::Worksheet => "the worksheet is",
            Printed::Slides => "the slides are",
        })
    }
}

impl Printed {
    /// The page of a built book from which it is printed, and that page's title.
    fn page(self, course: &Path) -> Result<(&'static str, String)> {
        Ok(match self {
            Printed::Book => ("print", book::title(course)?),
            Printed::Worksheet => (WORKSHEET.name, WORKSHEET.title.to_owned()),
            Printed::Slides => (SLIDES.name, SLIDES.title.to_owned()),
        })
    }
}

/// Writes the book of the course, or what belongs to it, as a PDF.
///
/// # Errors
///
/// There is no Chromium, or it does not print; the book has mistakes; the file is something else, or cannot be
/// written.
pub fn write(course: &Path, what: Printed, file: &Path) -> Result<()> {
    let chromium = chromium::find().ok_or_else(|| anyhow!(NO_CHROMIUM))?;
    can_be_replaced(file)?;
    folder::make(&folder::of(file), "choose another file")?;
    // Beside the other books, and not in the system's folder for such things: some Chromiums cannot look into that.
    let scratch = tempfile::tempdir_in(folder::of_books()?).context("there is no room to print")?;
    let files = scratch.path().join("book");
    book::build(course, &files, Edition::Static)?;
    let (name, title) = what.page(course)?;
    let page = files.join(name).with_extension("html");
    let printed = chromium::print(&chromium, &page, &title, scratch.path())?;
    fs::write(file, printed).with_context(|| format!("{} cannot be written", file.display()))
}

/// A PDF may be written anew; nothing else is lost.
fn can_be_replaced(file: &Path) -> Result<()> {
    if file.is_dir() {
        bail!("{} is a folder: name a file in it, such as book.pdf", file.display());
    }
    match fs::read(file) {
        Ok(bytes) if !bytes.is_empty() && !bytes.starts_with(b"%PDF") => {
            bail!("{} is no PDF, and would be lost: choose a new file", file.display())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::can_be_replaced;

    #[test]
    fn only_a_pdf_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("book.pdf");
        let said = |file| can_be_replaced(file).expect_err("it would be lost").to_string();
        assert!(said(folder.path()).contains("is a folder"));
        assert!(can_be_replaced(&file).is_ok());
        fs::write(&file, "%PDF-1.4").expect("written");
        assert!(can_be_replaced(&file).is_ok());
        fs::write(&file, "my notes").expect("written");
        assert!(said(&file).contains("would be lost"));
    }
}
