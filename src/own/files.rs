//! The files of a chapter, read and written.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A chapter's sources, in the order of their names: in Rust, and what lies beside them, such as a page.
pub(super) fn sources(chapter: &Path) -> Result<Vec<PathBuf>> {
    let folder = chapter.join("src");
    let unread = || format!("the course has no {}", folder.display());
    let entries = fs::read_dir(&folder).with_context(unread)?;
    let mut files = Vec::new();
    for entry in entries {
        files.push(entry.with_context(unread)?.path());
    }
    files.sort();
    Ok(files)
}

/// Whether a source is Rust.
pub(super) fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

pub(super) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

pub(super) fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}
