//! The student's own project: a Cargo workspace with a package for each chapter that they have begun. Its
//! packages have the names of the course's, so what a page says of one holds for the other.

mod difference;
mod files;
mod skeleton;
mod start;
mod unwritten;

use std::path::{self, Path, PathBuf};

use anyhow::{Context, Error, Result, anyhow, bail};

use crate::build::{BuildError, build};
use crate::changes::Place;
use crate::chapters::{CHAPTERS, Chapter};
use crate::command_line::quoted;

pub use difference::solution;
pub use start::start;
pub use unwritten::Unwritten;

/// The folder that `start` makes if it is told no other.
pub const FOLDER: &str = "my-server";

/// A project that `start` has made.
pub struct Own {
    folder: PathBuf,
    /// In order, and at least one.
    begun: Vec<Chapter>,
}

impl Own {
    /// The project in `folder`; `None` if there is none.
    fn at(folder: &Path) -> Option<Own> {
        let begun: Vec<Chapter> =
            CHAPTERS.into_iter().filter(|chapter| manifest(folder, chapter).is_file()).collect();
        (!begun.is_empty() && folder.join("Cargo.toml").is_file())
            .then(|| Own { folder: folder.to_owned(), begun })
    }

    /// The project in this folder, or in its `my-server`.
    pub fn near(named: &Path) -> Result<Own> {
        let folder = path::absolute(named).context("the folder cannot be found")?;
        [folder.clone(), folder.join(FOLDER)]
            .iter()
            .find_map(|folder| Own::at(folder))
            .with_context(|| {
                format!(
                    "there is no project in {}, nor in its {FOLDER}: make one with `{}`, or check any \
                     server with --server \"COMMAND\", and any client of chapter 18 with -- COMMAND",
                    folder.display(),
                    start_command(named, None)
                )
            })
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The chapter that was begun last.
    pub fn newest(&self) -> Chapter {
        self.begun[self.begun.len() - 1]
    }

    /// The chapter that was begun last of those before `number`.
    pub fn before(&self, number: u8) -> Option<Chapter> {
        self.begun.iter().rfind(|chapter| chapter.number < number).copied()
    }

    /// What the student writes, and where the next chapter will lie.
    pub fn places(&self) -> Vec<Place> {
        let chapters =
            self.begun.iter().map(|chapter| Place::Whole(self.folder.join(chapter.slug)));
        chapters.chain([Place::Folder(self.folder.clone())]).collect()
    }

    /// Where questions stand that are not answered, in the chapters up to `last`: the file and the line of each, as the
    /// compiler names them.
    ///
    /// # Errors
    ///
    /// A file cannot be read.
    pub fn unanswered(&self, last: u8) -> Result<Vec<String>> {
        let mut places = Vec::new();
        for chapter in self.begun.iter().filter(|chapter| chapter.number <= last) {
            let sources = files::sources(&self.folder.join(chapter.slug))?;
            for file in sources.iter().filter(|file| files::is_rust(file)) {
                let name = file.file_name().unwrap_or_default().display();
                let text = files::read(file)?;
                let lines = text.lines().zip(1..);
                let open = lines.filter(|(line, _)| skeleton::is_unwritten(line));
                places.extend(open.map(|(_, at)| format!("{}/src/{name}:{at}", chapter.slug)));
            }
        }
        Ok(places)
    }

    /// Builds the server of the newest chapter up to `last`, and returns its program.
    ///
    /// # Errors
    ///
    /// It does not compile, and the compiler's words, with colours if those can be shown; the project has
    /// no chapter up to `last`; there is no cargo.
    pub fn build(&self, last: u8, colours: bool) -> Result<PathBuf> {
        let Some(chapter) = self.begun.iter().rfind(|chapter| chapter.number <= last) else {
            bail!(
                "your server begins with chapter {:02}; the chapters before it were given to you",
                self.begun[0].number
            );
        };
        build(&self.folder, &chapter.package(), colours).map_err(|error| match error {
            BuildError::Fails(words) => anyhow!(
                "{words}your server does not compile: mend what is said above, save, and check again"
            ),
            error => Error::new(error),
        })
    }
}

/// What names the project in a command of `check`: nothing, where it is the usual one.
pub fn flag(folder: &Path) -> String {
    match is_usual(folder) {
        true => String::new(),
        false => format!(" --own {}", quoted(&folder.display().to_string())),
    }
}

/// The command that makes the project in `folder`, or adds a chapter to it.
pub fn start_command(folder: &Path, chapter: Option<u8>) -> String {
    let folder = match is_usual(folder) {
        true => String::new(),
        false => format!(" {}", quoted(&folder.display().to_string())),
    };
    let chapter = chapter.map(|chapter| format!(" --chapter {chapter}")).unwrap_or_default();
    format!("cargo run -- start{folder}{chapter}")
}

fn is_usual(folder: &Path) -> bool {
    [".", FOLDER].iter().any(|usual| folder == Path::new(usual))
}

fn manifest(folder: &Path, chapter: &Chapter) -> PathBuf {
    folder.join(chapter.slug).join("Cargo.toml")
}
