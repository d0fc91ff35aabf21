//! Folders that are written into.

use std::path::{Path, PathBuf};

/// Whether something lies in the folder already, that writing might destroy.
pub fn is_occupied(folder: &Path) -> bool {
    folder.read_dir().is_ok_and(|mut entries| entries.next().is_some())
}

/// The folder that a file lies in.
pub fn of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}
