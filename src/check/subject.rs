//! The server to check, and the commands that name it.

use std::env;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::chapters::{self, CHAPTERS, Chapter};
use crate::command_line::{quoted, words};
use crate::folder;
use crate::own::{self, Own};
use crate::probes::Target;

/// What stands for the app in a command, and the app where no other one is asked for.
const APP: &str = "{app}";
const USUAL_APP: &str = "room";

/// The server to check: a project, a command to start, or one that runs.
pub enum Subject {
    /// The project that `start` made, in this folder or below it.
    Own(PathBuf),
    /// A command line. It gets its port in the variable `PORT`, and in place of `{port}`.
    Command(String),
    /// The address of a server that runs already.
    Running(SocketAddr),
    /// The command line of a client. It gets an address as its last argument, or in place of `{url}`.
    Client(String),
}

/// Languages, each by the name of the program that runs it, with the endings of its files.
const LANGUAGES: [(&str, &[&str]); 3] =
    [("python", &["py"]), ("node", &["js", "mjs", "cjs", "ts"]), ("php", &["php"])];

/// What a project is called in its own folder.
const PROJECT: &str = "this project";

/// A server that is ready to be checked.
pub(super) struct Candidate {
    pub(super) target: Target,
    /// The last chapter to check.
    pub(super) last: u8,
    /// What the reader sees of it.
    pub(super) shown: String,
    /// What it is called among others of its folder.
    pub(super) name: String,
    /// Where the student's own files lie, as far as that is known.
    pub(super) folder: PathBuf,
    /// The chapter that may be begun next.
    pub(super) next: Option<Chapter>,
}

impl Subject {
    /// Finds it, and builds it if it is a project.
    ///
    /// # Errors
    ///
    /// There is no such chapter or project, it does not compile, or the command is empty.
    pub(super) fn prepare(&self, last: Option<u8>, colours: bool) -> Result<Candidate> {
        if let Some(last) = last {
            chapters::find(last).map_err(anyhow::Error::msg)?;
        }
        if let (Subject::Client(_), Some(last)) = (self, last)
            && !chapters::find(last).is_ok_and(|chapter| chapter.client)
        {
            bail!("chapter {last:02} has a server: name its command with --server \"COMMAND\"");
        }
        let target = match self {
            Subject::Own(folder) => return prepare_own(folder, last, colours),
            Subject::Command(line) => on_port(line, Path::new("."))?,
            Subject::Running(at) => Target::Running(*at),
            Subject::Client(line) => calling(line)?,
        };
        let (folder, name) = self.remembered_at()?;
        let last = last.unwrap_or(self.last().number);
        let next = chapters::find(last + 1).ok();
        Ok(Candidate { target, last, shown: name.clone(), name, folder, next })
    }

    /// The last chapter that is about such a program.
    fn last(&self) -> Chapter {
        let clients = CHAPTERS.into_iter().rev().find(|chapter| chapter.client);
        match self {
            Subject::Client(_) => clients.unwrap_or_else(chapters::last),
            _ => chapters::last(),
        }
    }

    /// The server as it is to be in chapter `last`, for a lab.
    ///
    /// # Errors
    ///
    /// As [`Subject::prepare`].
    pub(crate) fn target(&self, last: u8) -> Result<Target> {
        Ok(self.prepare(Some(last), false)?.target)
    }

    /// Where it is remembered, and by which name.
    ///
    /// # Errors
    ///
    /// There is no such project.
    pub(super) fn remembered_at(&self) -> Result<(PathBuf, String)> {
        Ok(match self {
            Subject::Own(folder) => (Own::near(folder)?.folder().to_owned(), PROJECT.to_owned()),
            Subject::Command(line) | Subject::Client(line) => (beside(line), line.clone()),
            Subject::Running(at) => (".".into(), at.to_string()),
        })
    }

    /// The command that checks it again, up to chapter `last` where one was asked for, with `more` after it.
    pub(super) fn command(&self, last: Option<u8>, more: &str) -> String {
        let last = last.map(|last| format!(" {last}")).unwrap_or_default();
        let subject = match self {
            Subject::Client(line) => return format!("cargo run -- check{last}{more} -- {line}"),
            Subject::Own(folder) => own::flag(folder),
            Subject::Command(line) => format!(" --server {}", quoted(line)),
            Subject::Running(address) => format!(" --attach {address}"),
        };
        format!("cargo run -- check{last}{subject}{more}")
    }

    /// The command that checks such a program of the next chapter. Where that one is about the other end, it is another
    /// program.
    pub(super) fn command_of_next(&self, next: Chapter) -> String {
        let number = next.number;
        match (self, next.client) {
            (Subject::Client(_), false) => {
                format!("cargo run -- check {number} --server \"COMMAND\"")
            }
            (Subject::Command(_) | Subject::Running(_), true) => {
                format!("cargo run -- check {number} -- COMMAND")
            }
            _ => self.command(Some(number), ""),
        }
    }

    /// The language that the server is written in, as far as its command tells, for hints.
    pub(super) fn language(&self) -> Option<&'static str> {
        let line = match self {
            Subject::Own(_) => return Some("rust"),
            Subject::Command(line) | Subject::Client(line) => line,
            Subject::Running(_) => return None,
        };
        let is_of = |word: &str, (program, endings): &(&str, &[&str])| {
            let path = Path::new(word);
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let ending = path.extension().unwrap_or_default().to_string_lossy();
            name.starts_with(program) || endings.contains(&ending.as_ref())
        };
        let of = |word: &String| LANGUAGES.iter().find(|language| is_of(word, language));
        words(line).iter().find_map(of).map(|(language, _)| *language)
    }

    /// The files that a command line names.
    pub(super) fn files(line: &str) -> Vec<PathBuf> {
        words(line).into_iter().map(PathBuf::from).filter(|word| word.is_file()).collect()
    }
}

fn prepare_own(folder: &Path, last: Option<u8>, colours: bool) -> Result<Candidate> {
    let own = Own::near(folder)?;
    let newest = own.newest().number;
    let last = last.unwrap_or(newest);
    if last > newest {
        let start = own::start_command(folder, Some(last));
        bail!("chapter {last:02} is not begun yet: `{start}` adds it");
    }
    Ok(Candidate {
        target: of_project(&own, last, colours)?,
        last,
        shown: own.folder().display().to_string(),
        name: PROJECT.to_owned(),
        folder: own.folder().to_owned(),
        next: chapters::find(last + 1).ok().filter(|_| last == newest),
    })
}

/// The server of a project's newest chapter up to `last`, built.
///
/// # Errors
///
/// As [`Own::build`].
pub(super) fn of_project(own: &Own, last: u8, colours: bool) -> Result<Target> {
    let program = own.build(last, colours)?;
    if chapters::find(last).is_ok_and(|chapter| chapter.client) {
        return Ok(Target::Caller(Box::new(move |address| chapters::calling(&program, address))));
    }
    Ok(Target::Announced(Box::new(move |app| chapters::announced(&program, app))))
}

/// The server that a command line starts in a folder.
///
/// # Errors
///
/// The line is empty.
pub(super) fn on_port(line: &str, folder: &Path) -> Result<Target> {
    let words = words(line);
    if words.is_empty() {
        bail!("--server is empty: give it a command, like --server \"php server.php\"");
    }
    let folder = folder.to_owned();
    Ok(Target::OnPort(Box::new(move |port, app| {
        if app.is_some() && !words.iter().any(|word| word.contains(APP)) {
            return None;
        }
        let words = words.iter().map(|word| {
            word.replace("{port}", &port.to_string()).replace(APP, app.unwrap_or(USUAL_APP))
        });
        let words: Vec<String> = words.collect();
        let mut command = Command::new(program_in(&folder, &words[0]));
        command.args(&words[1..]).current_dir(&folder).env("PORT", port.to_string());
        // What Python prints into a pipe is otherwise in the encoding of the country, on Windows.
        command.env("PYTHONIOENCODING", "utf-8");
        Some(command)
    })))
}

/// The client that a command line starts in this folder.
///
/// # Errors
///
/// The line is empty.
fn calling(line: &str) -> Result<Target> {
    const URL: &str = "{url}";
    let mut words = words(line);
    if words.is_empty() {
        bail!("there is no command: name your client behind --, like -- python3 client.py");
    }
    if let [one] = &words[..]
        && one.contains(' ')
        && !has_program(Path::new(one))
    {
        bail!("there is no program \"{one}\": write it without quotes, like -- {one}");
    }
    if !words.iter().any(|word| word.contains(URL)) {
        words.push(URL.to_owned());
    }
    Ok(Target::Caller(Box::new(move |address| {
        let words: Vec<String> = words.iter().map(|word| word.replace(URL, address)).collect();
        let mut command = Command::new(program_in(Path::new("."), &words[0]));
        command.args(&words[1..]).env("PYTHONIOENCODING", "utf-8").env("RUST_BACKTRACE", "0");
        command
    })))
}

/// Whether a program lies there; systems do not agree whether its ending has to be named.
fn has_program(path: &Path) -> bool {
    path.is_file() || path.with_extension(env::consts::EXE_EXTENSION).is_file()
}

/// A program that a command names by its place, such as `./server`, lies in the command's folder: systems do not agree
/// about that. One that it names by its name alone is found on the path.
fn program_in(folder: &Path, word: &str) -> PathBuf {
    match word.contains(std::path::is_separator) {
        true => folder.join(word),
        false => word.into(),
    }
}

/// The folder of the file that a command names last: its first word is the program that runs it. Without one,
/// the folder in which the command is typed.
fn beside(line: &str) -> PathBuf {
    let first = words(line).first().map(PathBuf::from);
    let files = Subject::files(line);
    let file = files.iter().rfind(|file| Some(*file) != first.as_ref());
    let here = || env::current_dir().unwrap_or_else(|_| ".".into());
    file.map_or_else(here, |file| folder::of(file))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::beside;

    #[test]
    fn progress_lies_beside_the_program_that_the_student_wrote() {
        let folder = tempfile::tempdir().expect("a folder");
        let [interpreter, mine] = ["python", "mine.py"].map(|name| folder.path().join(name));
        for file in [&interpreter, &mine] {
            fs::write(file, "").expect("written");
        }
        let here = std::env::current_dir().expect("a folder");
        let line = |words: &[&std::path::Path]| {
            let words = words.iter().map(|word| format!("'{}'", word.display()));
            words.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(beside(&line(&[&interpreter, &mine])), folder.path());
        assert_eq!(beside(&line(&[&interpreter])), here);
        assert_eq!(beside(&format!("{} -m mine", line(&[&interpreter]))), here);
        assert_eq!(beside("python -m mine"), here);
    }
}
