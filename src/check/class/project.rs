//! A project of a class: found in its folder, built, and held against the promises.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::table::Found;
use crate::chapters;
use crate::check::judge::{News, judge_all};
use crate::check::report::Report;
use crate::check::subject::{of_project, on_port};
use crate::own::Own;
use crate::probes::Target;

/// The file with the command of a server.
const COMMAND: &str = "server.txt";
/// What may be written into it.
const EXAMPLE: &str = "node server.mjs {port}";

/// A student's server.
pub(super) enum Project {
    /// A project that `start` made.
    Own(Own),
    /// A command, and the folder that it runs in.
    Server(String, PathBuf),
}

/// Hears what is looked at.
type Tell<'a> = &'a mut dyn FnMut(News) -> Result<()>;

impl Project {
    /// The project in a folder: a command that it names, or else what `start` made.
    ///
    /// # Errors
    ///
    /// It is neither, or the command cannot be read.
    pub(super) fn of(folder: &Path) -> Result<Project> {
        if let Some(line) = command(&folder.join(COMMAND))? {
            return Ok(Project::Server(line, folder.to_owned()));
        }
        match Own::near(folder) {
            Ok(own) => Ok(Project::Own(own)),
            Err(_) => bail!(
                "neither a project that `start` made nor a {COMMAND}: write the command of the server into that \
                 file, like {EXAMPLE}"
            ),
        }
    }

    /// Holds it against all promises up to chapter `last`, or as many as a check of its own would look at.
    ///
    /// # Errors
    ///
    /// It cannot be built or started, or `tell` ends it.
    pub(super) fn judge(&self, last: Option<u8>, tell: Tell) -> Result<Found> {
        let (report, begun) = match self {
            Project::Own(own) => {
                let newest = own.newest().number;
                let begun = last.map_or(newest, |last| last.min(newest));
                (judge_own(own, begun, tell)?, begun)
            }
            Project::Server(line, folder) => {
                let last = last.unwrap_or(chapters::last().number);
                (judge(&on_port(line, folder)?, last, tell)?, last)
            }
        };
        let missing = last.filter(|last| begun < *last);
        let not_begun = missing.and_then(|_| chapters::find(begun + 1).ok());
        Ok(Found::Report { report, not_begun })
    }
}

/// A chapter that is not written yet says nothing of those before it: the program of the one before does.
fn judge_own(own: &Own, last: u8, tell: Tell) -> Result<Report> {
    let report = judge(&of_project(own, last, false)?, last, tell)?;
    match own.before(last) {
        Some(before) if report.is_unwritten() => {
            Ok(report.filled_from(judge_own(own, before.number, tell)?))
        }
        _ => Ok(report),
    }
}

fn judge(target: &Target, last: u8, tell: Tell) -> Result<Report> {
    let mut report = Report::new(last);
    judge_all(target, &mut report, true, tell)?;
    Ok(report)
}

/// The one line of a file; nothing, if there is no file.
fn command(file: &Path) -> Result<Option<String>> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(error)
                .with_context(|| format!("{COMMAND} cannot be read: save it as text, in UTF-8"));
        }
    };
    // Some editors of Windows begin a text with a mark.
    let text = text.trim_start_matches('\u{feff}');
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    match lines.as_slice() {
        [line] => Ok(Some((*line).to_owned())),
        lines => bail!(
            "{COMMAND} has {} lines and needs one: the command of the server, like {EXAMPLE}",
            lines.len()
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{COMMAND, command};

    #[test]
    fn the_command_is_the_one_line_of_its_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(COMMAND);
        let read = |bytes: &[u8]| {
            fs::write(&file, bytes).expect("written");
            command(&file).map_err(|error| error.to_string())
        };
        let php = Ok(Some("php server.php".to_owned()));
        assert_eq!(read(b"php server.php"), php);
        assert_eq!(read(b"\xef\xbb\xbf\r\nphp server.php \r\n\r\n"), php);
        assert!(read(b" \n").is_err_and(|error| error.contains("has 0 lines and needs one")));
        assert!(read(b"a\nb\n").is_err_and(|error| error.contains("has 2 lines and needs one")));
        // What `echo` of an older PowerShell writes.
        assert!(read(b"\xff\xfep\0h\0p\0").is_err_and(|error| error.contains("in UTF-8")));
        assert_eq!(command(&folder.path().join("other")).expect("no error"), None);
    }
}
