//! Folders that are written into.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result, anyhow};

use crate::build::Built;

/// Whether something lies in the folder already, that writing might destroy.
pub fn is_occupied(folder: &Path) -> bool {
    folder.read_dir().is_ok_and(|mut entries| entries.next().is_some())
}

/// Where built books lie: with all else that cargo builds, because the course itself may be read-only.
///
/// # Errors
///
/// The system does not say where this program is, or the folder cannot be written.
pub fn of_books() -> Result<PathBuf> {
    let program = env::current_exe().context("this program cannot find itself")?;
    // A program that was copied elsewhere has its books beside it.
    let target = Built::this().map_or_else(|| of(&program), |built| built.target);
    let books = target.join("book");
    make(&books, "the variable CARGO_TARGET_DIR names another for all that cargo builds")?;
    Ok(books)
}

/// Makes a folder, if it is not there, and sees that it can be written. The error ends with advice.
///
/// # Errors
///
/// It cannot.
pub fn make(folder: &Path, advice: &str) -> Result<()> {
    let trial = folder.join(format!(".frame-by-frame-{}", std::process::id()));
    let made = fs::create_dir_all(folder).and_then(|()| fs::write(&trial, ""));
    made.map_err(|error| {
        anyhow!("the folder {} cannot be written: {error}; {advice}", folder.display())
    })?;
    // What was just made can be removed.
    let _ = fs::remove_file(&trial);
    Ok(())
}

/// The folder that a file lies in.
pub fn of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{is_occupied, make};

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        fs::write(&file, "").expect("written");
        let error =
            make(&file.join("book"), "choose another").expect_err("there is no room for it");
        assert!(
            error.to_string().contains("file") && error.to_string().contains("cannot be written")
        );
        let new = folder.path().join("a/b");
        make(&new, "").expect("made");
        assert!(!is_occupied(&new));
    }
}
