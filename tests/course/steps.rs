//! Each step of a page says whether the program compiles at that point. Here a reader who types no
//! more than the page has shown so far, and the imports, tries it.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::course;
use frame_by_frame::book::Listing;
use frame_by_frame::chapters::CHAPTERS;

/// A chapter's files as its page has shown them so far: the numbers of the lines, from 1.
type Shown = BTreeMap<PathBuf, HashSet<usize>>;

#[test]
#[ignore = "long"]
fn every_step_compiles_where_its_page_says_so() {
    let desk = desk();
    let mut wrong = Vec::new();
    // All of them take long: `STEPS=16-speed` looks at one chapter alone.
    let only = std::env::var("STEPS").unwrap_or_default();
    for chapter in CHAPTERS.iter().filter(|chapter| chapter.slug.starts_with(&only)) {
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
        // The next chapter has all of it, also what no page shows.
        crate::common::copy_folder(&course().join(&folder), &desk.path().join(&folder));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A copy of the course in which chapters can be typed anew.
fn desk() -> tempfile::TempDir {
    let desk = tempfile::tempdir().expect("a folder");
    for file in ["Cargo.toml", "Cargo.lock"] {
        fs::copy(course().join(file), desk.path().join(file)).expect("a copy");
    }
    for folder in ["src", "chapters", "stage"] {
        crate::common::copy_folder(&course().join(folder), &desk.path().join(folder));
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
            let file = folder.join(module).with_extension("rs");
            match (shown.contains_key(&file), course().join(&file).exists()) {
                (true, _) => Module::There,
                (false, true) => Module::NotYet,
                (false, false) => Module::Foreign,
            }
        });
        fs::write(desk.join(&file), typed).expect("written");
    }
}

/// The lines of a file that have been shown, and its imports. Of a module that is there, everything is
/// exported: a reader would name what there is.
fn typed(whole: &str, shown: &HashSet<usize>, module: impl Fn(&str) -> Module) -> String {
    let mut out = String::new();
    let mut import = String::new();
    for (i, line) in whole.lines().enumerate() {
        let starts = ["use ", "pub use ", "mod "].iter().any(|start| line.starts_with(start));
        if starts || !import.is_empty() {
            import += line;
            import.push('\n');
            if line.ends_with(';') {
                out += &imported(&std::mem::take(&mut import), &module);
            }
        } else if shown.contains(&(i + 1)) {
            out += line;
            out.push('\n');
        }
    }
    out
}

fn imported(import: &str, module: impl Fn(&str) -> Module) -> String {
    let of = |keyword| {
        let rest: &str = import.strip_prefix(keyword)?;
        let name = rest.split([':', ';']).next()?;
        Some((name, module(name)))
    };
    match (of("mod "), of("pub use ")) {
        (Some((_, Module::NotYet)), _) | (_, Some((_, Module::NotYet))) => String::new(),
        (_, Some((name, Module::There))) => format!("pub use {name}::*;\n"),
        _ => import.to_owned(),
    }
}

/// Where an imported name comes from.
enum Module {
    /// A module of the chapter that has been typed.
    There,
    /// A module of the chapter of which nothing has been shown.
    NotYet,
    /// Another crate.
    Foreign,
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
