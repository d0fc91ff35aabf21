//! `start`: the project, and one more chapter in it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::files::{is_rust, read, sources, write};
use super::skeleton::{skeleton, without_marks};
use super::{Own, flag, manifest, start_command};
use crate::bundle;
use crate::chapters::{self, CHAPTERS, Chapter};
use crate::folder::is_occupied;

/// Adds a chapter to the project in `folder`, which is made if there is none. Nothing that is there is
/// changed. Chapters before the first one are the course's; one that was left out comes whole.
///
/// Returns the files in which something is to be written.
///
/// # Errors
///
/// The chapter is there already, or comes before the first one; the folder holds other things, or cannot be
/// written.
pub fn start(course: &Path, folder: &Path, chapter: Chapter) -> Result<Vec<PathBuf>> {
    let own = Own::at(folder);
    let first = own.as_ref().map_or(chapter, |own| own.begun[0]);
    if chapter.number < first.number {
        bail!(
            "{} begins with chapter {:02}, on top of the course's earlier ones: for chapter {:02} \
             choose a new folder, like `{}`",
            folder.display(),
            first.number,
            chapter.number,
            start_command(
                Path::new(&format!("my-server-{:02}", chapter.number)),
                Some(chapter.number)
            )
        );
    }
    if manifest(folder, &chapter).exists() {
        let next = own.and_then(|own| chapters::find(own.newest().number + 1).ok());
        let next = next.map(|next| {
            let start = start_command(folder, Some(next.number));
            format!(", or begin the next chapter with `{start}`")
        });
        bail!(
            "chapter {:02} is there already, in {}, and nothing was changed: write on, and then \
             `cargo run -- check{}`{}",
            chapter.number,
            folder.join(chapter.slug).display(),
            flag(folder),
            next.unwrap_or_default()
        );
    }
    if own.is_none() {
        make_project(course, folder, chapter)?;
    }
    let between = |other: &&Chapter| first.number < other.number && other.number < chapter.number;
    for other in CHAPTERS.iter().filter(between) {
        if !manifest(folder, other).exists() {
            add(course, folder, *other, without_marks)?;
        }
    }
    add(course, folder, chapter, skeleton)
}

/// Writes what belongs to no chapter.
fn make_project(course: &Path, folder: &Path, first: Chapter) -> Result<()> {
    if is_occupied(folder) {
        bail!(
            "{} holds other things, and nothing was changed: choose a new folder, like \
             `cargo run -- start my-other-server`",
            folder.display()
        );
    }
    fs::create_dir_all(folder).with_context(|| {
        let instead = start_command(Path::new("../my-server"), Some(first.number));
        format!("{} cannot be made here; elsewhere, for example: `{instead}`", folder.display())
    })?;
    let manifest = read(&course.join("Cargo.toml"))?;
    write(&folder.join("Cargo.toml"), &project_manifest(course, &manifest, first))?;
    // The course's versions, which are on this machine already: no network is needed.
    write(&folder.join("Cargo.lock"), &read(&course.join("Cargo.lock"))?)?;
    if let Some(configuration) = bundle::configuration_elsewhere(course) {
        fs::create_dir_all(folder.join(".cargo"))?;
        write(&folder.join(bundle::CONFIGURATION), &configuration)?;
    }
    write(&folder.join(".gitignore"), "/target\n")
}

/// The manifest of the project: the tables of the course's that its packages inherit from, with each
/// chapter at its place. A chapter that is not there yet has its place already.
fn project_manifest(course: &Path, manifest: &str, first: Chapter) -> String {
    let mut out = String::from("[workspace]\nmembers = [\"[0-9]*\"]\nresolver = \"3\"\n\n");
    out.push_str(&table(manifest, "[workspace.package]"));
    out.push_str(&table(manifest, "[workspace.lints.rust]"));
    out.push_str(
        "# What is not written yet uses nothing.\nunused_imports = \"allow\"\n\
         unused_variables = \"allow\"\nunused_mut = \"allow\"\ndead_code = \"allow\"\n\n",
    );
    out.push_str("[workspace.dependencies]\n");
    for chapter in CHAPTERS {
        let place = match chapter.number < first.number {
            true => chapter.folder(course).display().to_string(),
            false => chapter.slug.to_owned(),
        };
        // A string of TOML; Windows, too, understands the other slash.
        let place = place.replace('\\', "/").replace('"', "\\\"");
        out.push_str(&format!("{} = {{ path = \"{place}\" }}\n", chapter.package()));
    }
    out
}

/// A table of a manifest, with its head, up to its empty line.
fn table(manifest: &str, head: &str) -> String {
    let lines = manifest.lines().skip_while(|line| *line != head);
    let lines = lines.take_while(|line| !line.is_empty());
    lines.map(|line| format!("{line}\n")).collect::<String>() + "\n"
}

/// Writes the package of a chapter, its sources as `make` makes them from the course's, and returns those
/// that are not the same.
fn add(
    course: &Path,
    folder: &Path,
    chapter: Chapter,
    make: fn(&str) -> String,
) -> Result<Vec<PathBuf>> {
    let from = chapter.folder(course);
    let to = folder.join(chapter.slug);
    fs::create_dir_all(to.join("src"))
        .with_context(|| format!("the folder {} cannot be made", to.display()))?;
    let mut to_write = Vec::new();
    for path in sources(&from)? {
        let source = read(&path)?;
        let target = to.join("src").join(path.file_name().unwrap_or_default());
        if !is_rust(&path) {
            write(&target, &source)?;
            continue;
        }
        let made = make(&source);
        write(&target, &made)?;
        if made != without_marks(&source) {
            to_write.push(target);
        }
    }
    // Last, because a folder with a manifest is a chapter.
    let chapter_manifest = read(&from.join("Cargo.toml"))?;
    let without_tests = chapter_manifest.split("[dev-dependencies]").next().unwrap_or_default();
    write(&to.join("Cargo.toml"), &without_marks(without_tests.trim_end()))?;
    Ok(to_write)
}
