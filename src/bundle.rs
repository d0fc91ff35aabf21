//! A bundle: the course in one folder with every crate that it uses, for machines without a network.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};

use crate::build::program_of_cargo;
use crate::folder::{self, is_occupied};

/// What the course consists of. Whatever else lies in its folder, such as a project, notes or marks, is not
/// handed on.
const PARTS: [&str; 21] = [
    ".ci",
    ".devcontainer",
    ".gitattributes",
    ".github",
    ".gitignore",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "appendix",
    "bench",
    "book",
    "chapters",
    "fuzz",
    "rustfmt.toml",
    "src",
    "stage",
    "tests",
    "witness",
];

/// Where the crates lie within a bundle.
const CRATES: &str = "vendor";

/// The configuration of cargo, which says so.
pub(crate) const CONFIGURATION: &str = ".cargo/config.toml";

/// What tools make anew within these parts.
const MADE: [&str; 5] = ["target", "node_modules", "corpus", "artifacts", "coverage"];

/// How large a bundle has become.
#[derive(Debug, Default)]
pub struct Bundle {
    /// How many crates are in it.
    pub crates: usize,
    /// How many files.
    pub files: u64,
    /// How many bytes.
    pub bytes: u64,
}

impl fmt::Display for Bundle {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Bundle { crates, files, bytes } = self;
        write!(out, "{crates} crates, {files} files, {} MB", bytes / 1_000_000)
    }
}

/// Writes the bundle of a course into a folder, which is either complete in the end or not there. Before what
/// takes long it calls `begins`.
///
/// # Errors
///
/// The folder holds other things or cannot be written, the course is a bundle itself, or cargo cannot get a
/// crate.
pub fn write(course: &Path, folder: &Path, begins: impl FnOnce() -> Result<()>) -> Result<Bundle> {
    if folder.is_file() || is_occupied(folder) {
        bail!("{} is there already: choose a new folder for the bundle", folder.display());
    }
    if course.join(CRATES).exists() {
        bail!("this course is a bundle already: copy its folder, {}", course.display());
    }
    let parent = folder::of(folder);
    folder::make(&parent, "choose another one for the bundle")?;
    // What is left half-way, because a disk is full or a network is gone, is removed again.
    let unfinished = tempfile::Builder::new().prefix(".bundle-").tempdir_in(&parent)?;
    for part in PARTS {
        copy(&course.join(part), &unfinished.path().join(part)).with_context(|| {
            format!("the course's {part} cannot be copied; a bundle takes about 400 MB")
        })?;
    }
    begins()?;
    collect_crates(unfinished.path())?;
    let bundle = measured(unfinished.path())?;
    if folder.exists() {
        fs::remove_dir(folder).with_context(|| cannot_be_made(folder))?;
    }
    fs::rename(unfinished.path(), folder).with_context(|| cannot_be_made(folder))?;
    // It has its name now, and there is nothing to remove.
    drop(unfinished.keep());
    Ok(bundle)
}

fn cannot_be_made(folder: &Path) -> String {
    format!("the folder {} cannot be made: choose another one", folder.display())
}

/// Copies a file, or a folder without what is hidden or made by tools. A part may be missing.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if from.is_file() {
        return fs::copy(from, to).map(drop);
    }
    if !from.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in from.read_dir()? {
        let entry = entry?;
        if is_handed_on(&entry.file_name().to_string_lossy()) {
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// A hidden file may hold a secret.
fn is_handed_on(name: &str) -> bool {
    let is_hidden = name.starts_with('.') && name != ".gitignore";
    !is_hidden && !MADE.contains(&name) && !name.ends_with(".snap.new")
}

/// Lets cargo put every crate of the lock file into the bundle, and tell itself so.
fn collect_crates(bundle: &Path) -> Result<()> {
    let mut cargo = Command::new(program_of_cargo());
    cargo.args(["vendor", "--locked", CRATES]).current_dir(bundle);
    let output = cargo.output().map_err(|error| {
        anyhow!("cargo cannot be started, which collects the crates: {error}; install Rust")
    })?;
    if !output.status.success() {
        bail!(
            "cargo cannot collect the crates. It needs a network for this, because a bundle has the crates of all \
             systems, and room for about 400 MB. It said:\n{}",
            without_progress(&String::from_utf8_lossy(&output.stderr))
        );
    }
    let configuration = bundle.join(CONFIGURATION);
    fs::create_dir_all(folder::of(&configuration))?;
    let says = String::from_utf8_lossy(&output.stdout).into_owned();
    fs::write(configuration, says + "\n[net]\noffline = true\n")?;
    Ok(())
}

/// What cargo says, without a line for each crate.
fn without_progress(said: &str) -> String {
    let lines = said.lines().filter(|line| !line.trim_start().starts_with("Vendoring "));
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

fn measured(folder: &Path) -> Result<Bundle> {
    let mut bundle =
        Bundle { crates: fs::read_dir(folder.join(CRATES))?.count(), ..Bundle::default() };
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            match entry.file_type()?.is_dir() {
                true => folders.push(entry.path()),
                false => {
                    bundle.files += 1;
                    bundle.bytes += entry.metadata()?.len();
                }
            }
        }
    }
    Ok(bundle)
}

/// The configuration with which a project outside of a bundle finds the bundle's crates; `None` if the course
/// is no bundle.
pub(crate) fn configuration_elsewhere(course: &Path) -> Option<String> {
    let configuration = fs::read_to_string(course.join(CONFIGURATION)).ok()?;
    let crates = course.join(CRATES).display().to_string();
    // A string of TOML; Windows, too, understands the other slash.
    let crates = crates.replace('\\', "/").replace('"', "\\\"");
    let here = format!("directory = \"{CRATES}\"");
    configuration
        .contains(&here)
        .then(|| configuration.replace(&here, &format!("directory = \"{crates}\"")))
}
