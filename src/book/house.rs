//! The house: which crate uses which, and what for, taken from the manifests.

use std::fs;
use std::path::Path;

use super::drawing;
use super::html::escaped;

/// A line of a manifest's `[dependencies]`, with the reason that stands behind it.
struct Dependency {
    name: String,
    what_for: String,
}

/// A crate of the course, by the name of its folder.
struct Crate {
    folder: String,
    uses: Vec<Dependency>,
}

/// A drawing of who uses whom, and under it a table that says what for. An arrow that does not go up, to
/// an earlier chapter, is a mistake.
pub(super) fn house(course: &Path) -> Result<String, String> {
    let mut folders: Vec<String> = fs::read_dir(course.join("chapters"))
        .map_err(|error| format!("chapters cannot be read: {error}"))?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    folders.sort();
    let crates: Vec<Crate> =
        folders.iter().map(|folder| read(course, folder)).collect::<Result<_, _>>()?;
    let mut arrows = arrows(&crates)?;
    let mut names: Vec<&str> = folders.iter().map(String::as_str).collect();
    let workshop = read_workshop(course)?;
    let used = |name: &&str| workshop.iter().any(|used| used.strip_prefix("ch") == Some(name));
    let from = names.len();
    arrows.extend((0..from).filter(|&to| used(&names[to])).map(|to| (from, to)));
    names.push("src");
    Ok(format!(
        "<figure class=\"drawing\">\n<figcaption>Who uses whom: every arrow goes up</figcaption>\n{}\n</figure>\n\n{}",
        drawing::arcs(&names, &arrows),
        table(&crates)
    ))
}

fn read(course: &Path, folder: &str) -> Result<Crate, String> {
    let path = format!("chapters/{folder}/Cargo.toml");
    let lines = dependencies(course, &path)?;
    let uses = lines.iter().map(|line| dependency(&path, line)).collect::<Result<_, _>>()?;
    Ok(Crate { folder: folder.to_owned(), uses })
}

/// The names of what the workshop uses.
fn read_workshop(course: &Path) -> Result<Vec<String>, String> {
    let lines = dependencies(course, "Cargo.toml")?;
    Ok(lines.iter().map(|line| name(line).to_owned()).collect())
}

/// The lines of a manifest's dependencies.
fn dependencies(course: &Path, path: &str) -> Result<Vec<String>, String> {
    let manifest = fs::read_to_string(course.join(path))
        .map_err(|error| format!("{path} cannot be read: {error}"))?;
    let lines = manifest.lines().skip_while(|line| *line != "[dependencies]").skip(1);
    let lines = lines.take_while(|line| !line.starts_with('['));
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(lines.map(str::to_owned).collect())
}

fn name(line: &str) -> &str {
    line.split(['.', ' ', '=']).next().unwrap_or_default()
}

fn dependency(path: &str, line: &str) -> Result<Dependency, String> {
    let (_, what_for) = line
        .split_once(" # ")
        .ok_or(format!("{path} does not say what {line} is for, in a comment behind it"))?;
    Ok(Dependency { name: name(line).to_owned(), what_for: what_for.to_owned() })
}

/// From which chapter to which, by their places in the list.
fn arrows(crates: &[Crate]) -> Result<Vec<(usize, usize)>, String> {
    let mut arrows = Vec::new();
    for (from, user) in crates.iter().enumerate() {
        for name in user.uses.iter().filter_map(|used| used.name.strip_prefix("ch")) {
            match crates.iter().position(|other| other.folder == name) {
                Some(to) if to < from => arrows.push((from, to)),
                _ => {
                    return Err(format!(
                        "{} uses {name}, which is no chapter before it",
                        user.folder
                    ));
                }
            }
        }
    }
    Ok(arrows)
}

fn table(crates: &[Crate]) -> String {
    let mut table = String::from("| chapter | uses | what for |\n|---|---|---|\n");
    for Crate { folder, uses } in crates {
        for (i, Dependency { name, what_for }) in uses.iter().enumerate() {
            let folder = if i == 0 { folder.as_str() } else { "" };
            table += &format!("| {folder} | `{name}` | {} |\n", escaped(what_for));
        }
    }
    table
}
