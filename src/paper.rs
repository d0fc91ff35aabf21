//! The book on paper: a PDF, which Chromium prints from the page with the whole book.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};

use crate::book::{self, Edition};
use crate::{chromium, folder};

/// What is said to a reader who has no Chromium.
const NO_CHROMIUM: &str = "there is no Chromium, which prints the book: install Chromium or Google Chrome, or put the \
     path of its program into the variable CHROMIUM. Without --pdf, `cargo run -- book` writes the book for any \
     browser: open its print.html, and print that";

/// Writes the book of the course as a PDF.
///
/// # Errors
///
/// There is no Chromium, or it does not print; the book has mistakes; the file is something else, or cannot be
/// written.
pub fn write(course: &Path, file: &Path) -> Result<()> {
    let chromium = chromium::find().ok_or_else(|| anyhow!(NO_CHROMIUM))?;
    can_be_replaced(file)?;
    folder::make(&folder::of(file), "choose another file with --pdf")?;
    // Beside the other books, and not in the system's folder for such things: some Chromiums cannot look into that.
    let scratch = tempfile::tempdir_in(folder::of_books()?).context("there is no room to print")?;
    let files = scratch.path().join("book");
    book::build(course, &files, Edition::Static)?;
    let title = book::title(course)?;
    let page = files.join("print.html");
    let printed = chromium::print(&chromium, &page, &title, scratch.path())?;
    fs::write(file, printed).with_context(|| format!("{} cannot be written", file.display()))
}

/// A PDF may be written anew; nothing else is lost.
fn can_be_replaced(file: &Path) -> Result<()> {
    if file.is_dir() {
        bail!("{} is a folder: --pdf takes the name of a file, such as book.pdf", file.display());
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
