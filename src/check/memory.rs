//! What is remembered of a server from one check to the next: the promises that it keeps, and the hints
//! that were given.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::report::{Finding, State};
use crate::probes::{HINTS, Probe};

/// The file, beside what the student wrote.
const FILE: &str = ".frame-by-frame.json";

/// Of one server.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// The promises that it kept when it was last held to them.
    held: BTreeSet<String>,
    /// How many hints were given for a promise.
    hints: BTreeMap<String, usize>,
}

impl Progress {
    /// Takes note of what a check has found, and returns the promises that were kept before, and are not
    /// now. What came to a `todo!` says nothing: in a new chapter, the whole server is to be written.
    pub(super) fn record(&mut self, findings: &[Finding]) -> Vec<&'static str> {
        let mut lost = Vec::new();
        for finding in findings {
            let promise = finding.probe.promise;
            if finding.state == State::Holds {
                self.held.insert(promise.to_owned());
            } else if finding.state == State::Fails && self.held.remove(promise) {
                lost.push(promise);
            }
        }
        lost
    }

    /// How many promises it keeps.
    pub(super) fn held(&self) -> usize {
        self.held.len()
    }

    /// How many hints were given for this promise.
    pub(super) fn hints(&self, probe: &Probe) -> usize {
        self.hints.get(probe.promise).copied().unwrap_or(0).min(HINTS)
    }

    /// One more hint for this promise, if there is one.
    pub(super) fn give_hint(&mut self, probe: &Probe) {
        let given = self.hints(probe);
        self.hints.insert(probe.promise.to_owned(), (given + 1).min(HINTS));
    }
}

/// The progress of every server in a folder, by name.
pub(super) struct Memory {
    file: PathBuf,
    all: BTreeMap<String, Progress>,
}

impl Memory {
    /// What is remembered in a folder; nothing, if there is no file yet.
    ///
    /// # Errors
    ///
    /// The file is there, and cannot be read.
    pub(super) fn of(folder: &Path) -> Result<Memory> {
        let file = folder.join(FILE);
        let unread =
            || format!("{} remembers your progress, and cannot be read: remove it", file.display());
        let all = match fs::read(&file) {
            Ok(text) => serde_json::from_slice(&text).with_context(unread)?,
            Err(error) if error.kind() == ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error).with_context(unread),
        };
        Ok(Memory { file, all })
    }

    /// Of one server.
    pub(super) fn progress(&self, name: &str) -> Progress {
        self.all.get(name).cloned().unwrap_or_default()
    }

    /// Remembers the progress of one server, in one step, so that nobody ever reads half a file.
    ///
    /// # Errors
    ///
    /// The folder cannot be written.
    pub(super) fn remember(&mut self, name: &str, progress: Progress) -> Result<()> {
        if self.progress(name) == progress {
            return Ok(());
        }
        self.all.insert(name.to_owned(), progress);
        let text = serde_json::to_vec_pretty(&self.all)?;
        let half = self.file.with_extension(format!("{}", std::process::id()));
        fs::write(&half, text)
            .and_then(|()| fs::rename(&half, &self.file))
            .with_context(|| format!("your progress cannot be written to {}", self.file.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::Memory;
    use crate::probes;

    #[test]
    fn hints_are_counted_up_to_the_last_one_for_each_server() {
        let folder = tempfile::tempdir().expect("a folder");
        let probe = probes::all()[0];
        for given in [1, 2, 3, 3] {
            let mut memory = Memory::of(folder.path()).expect("read");
            let mut progress = memory.progress("a server");
            progress.give_hint(&probe);
            assert_eq!(progress.hints(&probe), given);
            memory.remember("a server", progress).expect("written");
        }
        let memory = Memory::of(folder.path()).expect("read");
        assert_eq!(memory.progress("another").hints(&probe), 0);
        std::fs::write(folder.path().join(super::FILE), "{").expect("written");
        assert!(Memory::of(folder.path()).is_err_and(|error| error.to_string().contains("remove")));
    }
}
