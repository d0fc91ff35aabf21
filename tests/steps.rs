//! Each step of a page says whether the program compiles at that point. Here a reader who types no
//! more than the page has shown so far, and the imports, tries it.

mod common;

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::course;
use frame_by_frame::book::Listing;
use frame_by_frame::chapters::CHAPTERS;

/// A chapter's files as its page has shown them so far: the numbers of the lines, from 1.
type Shown = BTreeMap<PathBuf, HashSet<usize>>;

#[test]
fn every_step_compiles_where_its_page_says_so() {
    let desk = desk();
    let mut wrong = Vec::new();
    for chapter in CHAPTERS {
        let folder = PathBuf::from("chapters").join(chapter.slug).join("src");
        let mut shown = Shown::new();
        for (place, note) in steps(chapter.slug, &folder) {
            let listing = Listing::take(course(), &place).expect("the book builds");
            shown.entry(PathBuf::from(&listing.path)).or_default().extend(listing.lines);
            let says = match note.as_str() {
                note if note.starts_with("compiles") => true,
                note if note.starts_with("does not compile yet") => false,
                note => panic!("{place}: {note:?} does not say whether it compiles"),
            };
            type_in(desk.path(), &folder, &shown);
            let errors = check(desk.path(), chapter.slug, &shown);
            if errors.is_empty() != says {
                wrong.push(format!("{place} says: {note}; the compiler says: {errors}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A copy of the course in which chapters can be typed anew.
fn desk() -> tempfile::TempDir {
    let desk = tempfile::tempdir().expect("a folder");
    for file in ["Cargo.toml", "Cargo.lock"] {
        fs::copy(course().join(file), desk.path().join(file)).expect("a copy");
    }
    for folder in ["src", "chapters"] {
        common::copy_folder(&course().join(folder), &desk.path().join(folder));
    }
    desk
}

/// The places and notes of a page's listings of its own crate, in order.
fn steps(slug: &str, folder: &Path) -> Vec<(String, String)> {
    let page = course().join("book/src").join(slug).with_extension("md");
    let page = fs::read_to_string(page).expect("a page");
    let start = format!("{{{{#code {}/", folder.to_string_lossy().replace('\\', "/"));
    page.lines()
        .filter(|line| line.starts_with(&start))
        .filter_map(|line| line.strip_prefix("{{#code ")?.strip_suffix("}}")?.split_once('|'))
        .map(|(place, note)| (place.trim().to_owned(), note.trim().to_owned()))
        .collect()
}

/// Writes what has been shown, with the imports and modules that it can have by then.
fn type_in(desk: &Path, folder: &Path, shown: &Shown) {
    for entry in fs::read_dir(course().join(folder)).expect("a folder") {
        let file = folder.join(entry.expect("an entry").file_name());
        let library = file.ends_with("lib.rs");
        if !library && !shown.contains_key(&file) {
            // Not typed yet: a module without a line, or a program that may be left out.
            let _ = fs::remove_file(desk.join(&file));
            continue;
        }
        let none = HashSet::new();
        let lines = shown.get(&file).unwrap_or(&none);
        let whole = fs::read_to_string(course().join(&file)).expect("the code");
        let typed = typed(&whole, lines, |module| {
            shown.contains_key(&folder.join(module).with_extension("rs"))
        });
        fs::write(desk.join(&file), typed).expect("written");
    }
}

/// The lines of a file that have been shown, and its imports. Of a module that is there, everything is
/// exported: a reader would name what there is.
fn typed(whole: &str, shown: &HashSet<usize>, is_there: impl Fn(&str) -> bool) -> String {
    let mut out = String::new();
    let mut import = String::new();
    for (i, line) in whole.lines().enumerate() {
        let starts = ["use ", "pub use ", "mod "].iter().any(|start| line.starts_with(start));
        if starts || !import.is_empty() {
            import += line;
            import.push('\n');
            if line.ends_with(';') {
                out += &imported(&std::mem::take(&mut import), &is_there);
            }
        } else if shown.contains(&(i + 1)) {
            out += line;
            out.push('\n');
        }
    }
    out
}

fn imported(import: &str, is_there: impl Fn(&str) -> bool) -> String {
    let name = |rest: &str| rest.split([':', ';']).next().unwrap_or_default().to_owned();
    if let Some(module) = import.strip_prefix("mod ").map(name) {
        return if is_there(&module) { import.to_owned() } else { String::new() };
    }
    match import.strip_prefix("pub use ").map(name) {
        Some(module) if is_there(&module) => format!("pub use {module}::*;\n"),
        Some(module) if import.contains(&format!("pub use {module}::{{")) => String::new(),
        Some(module) if module == "terminal" => String::new(),
        _ => import.to_owned(),
    }
}

/// The compiler's errors; none if it compiles.
fn check(desk: &Path, slug: &str, shown: &Shown) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["check", "--quiet", "--offline", "--package", &format!("ch{slug}"), "--lib"]);
    if shown.keys().any(|file| file.ends_with("main.rs")) {
        cargo.arg("--bins");
    }
    // Beside the real one, so that what the chapters depend on is compiled once.
    cargo.current_dir(desk).env("CARGO_TARGET_DIR", course().join("target/steps"));
    let output = cargo.output().expect("cargo starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    let errors = stderr.lines().filter(|line| line.starts_with("error"));
    match output.status.success() {
        true => String::new(),
        false => errors.take(2).collect::<Vec<_>>().join("; "),
    }
}
