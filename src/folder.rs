//! Folders that are written into.

use std::path::Path;

/// Whether something lies in the folder already, that writing might destroy.
pub fn is_occupied(folder: &Path) -> bool {
    folder.read_dir().is_ok_and(|mut entries| entries.next().is_some())
}
