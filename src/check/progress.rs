//! What is remembered of a server from one check to the next: the promises that it keeps, and the hints
//! that were given.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::report::{Finding, State};
use crate::probes::{self, HINTS, Probe};

/// The file, beside what the student wrote.
const FILE: &str = ".frame-by-frame.json";

/// One page at a time reads and writes the files.
static TURN: Mutex<()> = Mutex::new(());

/// Of one server.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Progress {
    /// The promises that it kept when it was last held to them.
    held: BTreeSet<String>,
    /// Those that it kept once, and does not keep any more.
    lost: BTreeSet<String>,
    /// How many hints were given for a promise.
    hints: BTreeMap<String, usize>,
}

/// The progress of every server in a folder, by name.
type Servers = BTreeMap<String, Progress>;

/// Changes what is remembered of one server. Also says whether it can be remembered.
pub(super) fn update(
    folder: &Path,
    name: &str,
    change: impl FnOnce(&mut Progress),
) -> (Progress, Result<()>) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let read = read(folder);
    let mut progress =
        read.as_ref().ok().and_then(|servers| servers.get(name)).cloned().unwrap_or_default();
    let before = progress.clone();
    progress.learn_ids();
    change(&mut progress);
    // What cannot be read is not overwritten: it may be somebody's only copy.
    let written = read.and_then(|mut servers| {
        if progress == before {
            return Ok(());
        }
        servers.insert(name.to_owned(), progress.clone());
        write(folder, &servers)
    });
    (progress, written)
}

/// What is remembered of one server, without a change.
pub(super) fn of(folder: &Path, name: &str) -> Result<Progress> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut progress = read(folder)?.remove(name).unwrap_or_default();
    progress.learn_ids();
    Ok(progress)
}

/// Forgets one server, and keeps the others of the folder.
pub(super) fn forget(folder: &Path, name: &str) -> Result<()> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut servers = read(folder)?;
    match servers.remove(name) {
        Some(_) => write(folder, &servers),
        None => Ok(()),
    }
}

/// Nothing, if there is no file yet.
fn read(folder: &Path) -> Result<Servers> {
    let file = folder.join(FILE);
    let unread =
        || format!("{} remembers your progress, and cannot be read: remove it", file.display());
    // Anything else that has this name, such as a pipe, may never come to an end.
    let read = fs::metadata(&file).and_then(|found| match found.is_file() {
        true => fs::read(&file),
        false => Err(io::Error::other("it is not a file")),
    });
    match read {
        Ok(text) => serde_json::from_slice(&text).with_context(unread),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Servers::new()),
        Err(error) => Err(error).with_context(unread),
    }
}

/// In one step, so that nobody ever reads half a file.
fn write(folder: &Path, servers: &Servers) -> Result<()> {
    let file = folder.join(FILE);
    let half = file.with_extension(format!("{}", std::process::id()));
    fs::write(&half, serde_json::to_vec_pretty(servers)?)
        .and_then(|()| fs::rename(&half, &file))
        .with_context(|| format!("your progress cannot be written to {}", file.display()))
}

impl Progress {
    /// An earlier version knew promises by their words.
    fn learn_ids(&mut self) {
        let id_of = |words: &String| {
            let said = |probe: &&Probe| probe.was.contains(words);
            probes::all().iter().find(said).map_or(words.clone(), |probe| probe.id.clone())
        };
        self.held = self.held.iter().map(id_of).collect();
        self.lost = self.lost.iter().map(id_of).collect();
        self.hints = self.hints.iter().map(|(words, given)| (id_of(words), *given)).collect();
    }

    /// Takes note of what a check has found. What came to a `todo!` says nothing: in a new chapter, the whole
    /// server is to be written.
    pub(super) fn record(&mut self, findings: &[Finding]) {
        for finding in findings {
            let promise = &finding.probe.id;
            match finding.state {
                State::Holds => {
                    self.held.insert(promise.clone());
                    self.lost.remove(promise);
                }
                State::Fails if self.held.remove(promise) => {
                    self.lost.insert(promise.clone());
                }
                _ => {}
            }
        }
    }

    /// Whether it kept this promise once, and does not any more.
    pub(super) fn has_lost(&self, probe: &Probe) -> bool {
        self.lost.contains(&probe.id)
    }

    /// Whether it kept this promise when it was last held to it.
    pub(super) fn holds(&self, probe: &Probe) -> bool {
        self.held.contains(&probe.id)
    }

    /// How many promises of the course it keeps. An older course may have had others.
    pub(super) fn held(&self) -> usize {
        probes::all().iter().filter(|probe| self.holds(probe)).count()
    }

    /// How many hints were given for this promise.
    pub(super) fn hints(&self, probe: &Probe) -> usize {
        self.hints.get(&probe.id).copied().unwrap_or(0).min(HINTS)
    }

    /// One more hint for this promise, if there is one.
    pub(super) fn give_hint(&mut self, probe: &Probe) {
        let given = self.hints(probe);
        self.hints.insert(probe.id.clone(), (given + 1).min(HINTS));
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{FILE, forget, of, update};
    use crate::probes;

    #[test]
    fn hints_are_counted_up_to_the_last_one_for_each_server() {
        let folder = tempfile::tempdir().expect("a folder");
        let probe = probes::all()[0];
        for given in [1, 2, 3, 3] {
            let (progress, written) =
                update(folder.path(), "a server", |progress| progress.give_hint(&probe));
            written.expect("written");
            assert_eq!(progress.hints(&probe), given);
        }
        assert_eq!(update(folder.path(), "another", |_| ()).0.hints(&probe), 0);
    }

    #[test]
    fn one_server_is_forgotten_and_the_others_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let probe = probes::all()[0];
        forget(folder.path(), "a server").expect("there is nothing to forget");
        for name in ["a server", "another"] {
            update(folder.path(), name, |progress| progress.give_hint(&probe)).1.expect("written");
        }
        forget(folder.path(), "a server").expect("forgotten");
        let hints = |name| of(folder.path(), name).expect("read").hints(&probe);
        assert_eq!([hints("a server"), hints("another")], [0, 1]);
    }

    #[test]
    fn what_another_version_has_written_is_read_as_far_as_it_is_known() {
        let folder = tempfile::tempdir().expect("a folder");
        let unknown = (0..1_000).map(|number| format!("promise {number}"));
        let held: Vec<String> = unknown.chain([probes::all()[0].was[0].clone()]).collect();
        let text = serde_json::json!({ "a server": { "held": held } });
        fs::write(folder.path().join(FILE), text.to_string()).expect("written");
        let (progress, written) = update(folder.path(), "a server", |_| ());
        written.expect("written once more, by ids");
        assert_eq!(progress.held(), 1);
    }

    #[test]
    fn what_cannot_be_read_is_no_reason_to_stop_and_is_not_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(FILE);
        fs::write(&file, "{").expect("written");
        let probe = probes::all()[0];
        let (progress, written) =
            update(folder.path(), "a server", |progress| progress.give_hint(&probe));
        assert_eq!(progress.hints(&probe), 1);
        assert!(written.is_err_and(|error| error.to_string().contains("remove it")));
        assert_eq!(fs::read(&file).expect("read"), b"{");
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_in_the_place_of_the_file_holds_up_nobody() {
        let folder = tempfile::tempdir().expect("a folder");
        let made = std::process::Command::new("mkfifo").arg(folder.path().join(FILE)).status();
        assert!(made.expect("mkfifo runs").success());
        let (_, written) = update(folder.path(), "a server", |_| ());
        assert!(written.is_err_and(|error| format!("{error:#}").contains("it is not a file")));
    }
}
