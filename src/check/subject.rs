//! The server to check, and the commands that name it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::command_line::words;
use crate::folder;
use crate::own;

/// The server to check: a project, a command to start, or one that runs.
pub enum Subject {
    /// The project that `start` made, in this folder or below it.
    Own(PathBuf),
    /// A command line. It gets its port in the variable `PORT`, and in place of `{port}`.
    Command(String),
    /// The address of a server that runs already.
    Running(SocketAddr),
}

impl Subject {
    /// The command that checks it again, up to chapter `last` where one was asked for, with `more` after it.
    pub(super) fn command(&self, last: Option<u8>, more: &str) -> String {
        let last = last.map(|last| format!(" {last}")).unwrap_or_default();
        let subject = match self {
            Subject::Own(folder) => own::flag(folder),
            Subject::Command(line) => format!(" --server {}", own::quoted(line)),
            Subject::Running(address) => format!(" --attach {address}"),
        };
        format!("cargo run -- check{last}{subject}{more}")
    }

    /// What the server is called among others of its folder.
    pub(super) fn name(&self) -> String {
        match self {
            Subject::Own(_) => "this project".to_owned(),
            Subject::Command(line) => line.clone(),
            Subject::Running(address) => address.to_string(),
        }
    }

    /// The files that a command line names.
    pub(super) fn files(line: &str) -> Vec<PathBuf> {
        words(line).into_iter().map(PathBuf::from).filter(|word| word.is_file()).collect()
    }

    /// Where the student's own files lie, as far as that is known: beside the file that the command names
    /// last, because the first may be an interpreter.
    pub(super) fn folder(&self) -> PathBuf {
        match self {
            Subject::Own(folder) => folder.clone(),
            Subject::Command(line) => {
                Subject::files(line).last().map_or(".".into(), |file| folder::of(file))
            }
            Subject::Running(_) => Path::new(".").to_owned(),
        }
    }
}
