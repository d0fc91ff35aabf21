//! Folders that are written into.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Whether something lies in the folder already, that writing might destroy.
pub fn is_occupied(folder: &Path) -> bool {
    folder.read_dir().is_ok_and(|mut entries| entries.next().is_some())
}

/// Where built books lie: with all else that cargo builds, because the course itself may be read-only.
///
/// # Errors
///
/// The system does not say where this program is.
pub fn of_books() -> Result<PathBuf> {
    let program = env::current_exe().context("this program cannot find itself")?;
    // It lies in target/debug, or wherever else cargo was told to build.
    let target = program.ancestors().nth(2).unwrap_or(&program);
    Ok(target.join("book"))
}

/// The folder that a file lies in.
pub fn of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}
