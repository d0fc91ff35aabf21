//! News of changed files.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use notify_debouncer_full::notify::{RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{
    DebounceEventResult, DebouncedEvent, Debouncer, RecommendedCache, new_debouncer,
};

use crate::folder;

/// How long nothing must change before it is told: an editor saves in several steps.
const QUIET: Duration = Duration::from_millis(200);

/// Watches for as long as it is kept.
pub struct Watch {
    _debouncer: Debouncer<RecommendedWatcher, RecommendedCache>,
}

/// What to watch.
pub enum Place {
    /// A file, or a folder with everything below it.
    Whole(PathBuf),
    /// A folder, and what lies in it directly.
    Folder(PathBuf),
    /// A file, and those beside it that end in the same way: not what the program in it writes there.
    Like(PathBuf),
}

/// Calls `changed` whenever something in `places` has been written.
///
/// # Errors
///
/// The system does not tell of changes, or a place is not there.
pub fn watch(
    places: impl IntoIterator<Item = Place>,
    changed: impl Fn() + Send + 'static,
) -> Result<Watch> {
    let places: Vec<Place> = places.into_iter().collect();
    let folders = places.iter().map(Place::folder).collect::<Vec<_>>();
    let handler = move |events: DebounceEventResult| {
        if events.unwrap_or_default().iter().any(|event| writes_a_source(event, &places)) {
            changed();
        }
    };
    let mut debouncer = new_debouncer(QUIET, None, handler).context("files cannot be watched")?;
    for (folder, mode) in folders {
        debouncer.watch(folder, mode)?;
    }
    Ok(Watch { _debouncer: debouncer })
}

impl Place {
    /// What the system is asked to watch. An editor may put a new file in the place of the old one, so that
    /// it is the folder.
    fn folder(&self) -> (PathBuf, RecursiveMode) {
        match self {
            Place::Whole(path) => (path.clone(), RecursiveMode::Recursive),
            Place::Folder(path) => (path.clone(), RecursiveMode::NonRecursive),
            Place::Like(path) => (folder::of(path), RecursiveMode::NonRecursive),
        }
    }

    fn is_about(&self, path: &Path) -> bool {
        match self {
            Place::Whole(_) | Place::Folder(_) => true,
            Place::Like(file) => path.extension() == file.extension(),
        }
    }
}

/// Whether something was written that somebody writes. To use a file is to read it: that is an event
/// too, and must not be taken for a change.
fn writes_a_source(event: &DebouncedEvent, places: &[Place]) -> bool {
    let is_meant = |path: &PathBuf| places.iter().any(|place| place.is_about(path));
    !event.kind.is_access() && event.paths.iter().any(|path| is_source(path) && is_meant(path))
}

/// Not what editors, tests and builds leave behind.
fn is_source(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let made = name.starts_with('.') || name.ends_with('~') || name.ends_with(".snap.new");
    !made && name != "target" && name != "Cargo.lock"
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Place;

    #[test]
    fn what_a_server_writes_beside_itself_is_no_change() {
        let place = Place::Like("server.py".into());
        assert!(place.is_about(Path::new("other.py")));
        assert!(!place.is_about(Path::new("server.log")));
        assert!(Place::Whole("src".into()).is_about(Path::new("src/any.txt")));
    }
}
