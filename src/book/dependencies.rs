//! Who uses whom: which crate uses which, and what for, taken from the manifests.

use std::fs;
use std::path::Path;

use toml_edit::{DocumentMut, Item};

use super::drawing;
use super::html::escaped;
use crate::chapters::ALL;

/// A crate of the course.
struct Crate {
    /// The name of its package.
    package: String,
    /// What the picture calls it.
    name: String,
    manifest: String,
    /// What it is built with.
    uses: Vec<Dependency>,
    /// What its tests are built with.
    tests_use: Vec<Dependency>,
}

/// A line of a manifest's dependencies.
struct Dependency {
    name: String,
    /// The comment behind it: what it is for.
    what_for: Option<String>,
}

/// A drawing of who uses whom, and under it a table that says what for. An arrow that goes to a later crate
/// is a mistake, and so is a chapter that knows the instrument, or a workshop that is built with a chapter.
pub(super) fn section(course: &Path) -> Result<String, String> {
    let crates = crates(course)?;
    let arrows = arrows(&crates, |user| &user.uses)?;
    arrows_of_tests(&crates)?;
    only_programs_meet(&crates)?;
    let names: Vec<&str> = crates.iter().map(|one| one.name.as_str()).collect();
    Ok(format!(
        "<figure class=\"drawing\">\n<figcaption>Who uses whom: every arrow goes up</figcaption>\n{}\n</figure>\n\n{}",
        drawing::arcs(&names, &arrows),
        table(&crates)?
    ))
}

/// All crates. A crate may use those before it.
fn crates(course: &Path) -> Result<Vec<Crate>, String> {
    let chapter = |slug: &str| (format!("ch{slug}"), slug.to_owned(), format!("chapters/{slug}/"));
    let mut places: Vec<_> = ALL.iter().map(|chapter_of| chapter(chapter_of.slug)).collect();
    places.insert(1, ("stage".to_owned(), "stage".to_owned(), "stage/".to_owned()));
    places.push(("frame-by-frame".to_owned(), "src".to_owned(), String::new()));
    let read = |(package, name, folder): (String, String, String)| {
        let manifest = format!("{folder}Cargo.toml");
        let text = fs::read_to_string(course.join(&manifest))
            .map_err(|error| format!("{manifest} cannot be read: {error}"))?;
        let document: DocumentMut =
            text.parse().map_err(|error| format!("{manifest} is no manifest: {error}"))?;
        let uses = dependencies(document.get("dependencies"));
        let tests_use = dependencies(document.get("dev-dependencies"));
        Ok(Crate { package, name, manifest, uses, tests_use })
    };
    places.into_iter().map(read).collect()
}

fn dependencies(table: Option<&Item>) -> Vec<Dependency> {
    let lines = table.and_then(Item::as_table_like).into_iter().flat_map(|table| table.iter());
    let dependency = |(name, item): (&str, &Item)| Dependency {
        name: name.to_owned(),
        what_for: comment_behind(item),
    };
    lines.map(dependency).collect()
}

/// The comment at the end of an item's line.
fn comment_behind(item: &Item) -> Option<String> {
    match item {
        Item::Value(value) => {
            let behind = value.decor().suffix()?.as_str()?;
            Some(behind.trim().strip_prefix('#')?.trim().to_owned())
        }
        // `name.workspace = true`: the value is at the end of the line.
        Item::Table(table) => table.iter().last().and_then(|(_, item)| comment_behind(item)),
        _ => None,
    }
}

/// From which crate to which, by their places in the list.
fn arrows(
    crates: &[Crate],
    uses: impl Fn(&Crate) -> &[Dependency],
) -> Result<Vec<(usize, usize)>, String> {
    let mut arrows = Vec::new();
    for (from, user) in crates.iter().enumerate() {
        for used in uses(user) {
            match crates.iter().position(|other| other.package == used.name) {
                Some(to) if to < from => arrows.push((from, to)),
                Some(_) => {
                    return Err(format!("{} uses {}, which comes later", user.name, used.name));
                }
                None => {}
            }
        }
    }
    Ok(arrows)
}

/// Cargo would let tests use what is built on what they test.
fn arrows_of_tests(crates: &[Crate]) -> Result<(), String> {
    arrows(crates, |user| &user.tests_use).map(drop)
}

/// The workshop and the chapters know of each other only as programs that talk: so what is judged is what a
/// reader runs.
fn only_programs_meet(crates: &[Crate]) -> Result<(), String> {
    for Crate { name, uses, .. } in crates {
        let is_chapter = name != "stage" && name != "src";
        for used in uses.iter().map(|used| used.name.as_str()) {
            let is_witness = used == "ch00-wire" || used == "stage";
            let is_course = crates.iter().any(|one| one.package == used);
            if is_course && is_witness == is_chapter {
                return Err(format!("{name} is built with {used}: only its tests may use it"));
            }
        }
    }
    Ok(())
}

/// What each crate uses. The workshop's own libraries are no matter of the course.
fn table(crates: &[Crate]) -> Result<String, String> {
    let mut table = String::from("| crate | uses | what for |\n|---|---|---|\n");
    for Crate { name, manifest, uses, .. } in crates.iter().filter(|one| one.name != "src") {
        for (i, used) in uses.iter().enumerate() {
            let what_for = used.what_for.as_ref().ok_or_else(|| {
                format!("{manifest} does not say what {} is for, in a comment behind it", used.name)
            })?;
            let name = if i == 0 { name.as_str() } else { "" };
            table += &format!("| {name} | `{}` | {} |\n", used.name, escaped(what_for));
        }
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crates(manifests: &[(&str, &str, &str)]) -> Vec<Crate> {
        let line = |name: &str| Dependency { name: name.to_owned(), what_for: None };
        let lines = |names: &str| names.split_whitespace().map(line).collect();
        let one = |(name, uses, tests_use): &(&str, &str, &str)| Crate {
            package: name.to_string(),
            name: name.to_string(),
            manifest: String::new(),
            uses: lines(uses),
            tests_use: lines(tests_use),
        };
        manifests.iter().map(one).collect()
    }

    #[test]
    fn an_arrow_to_a_later_crate_is_a_mistake() {
        let good = crates(&[("a", "", ""), ("b", "a serde", ""), ("c", "a b", "a")]);
        assert_eq!(arrows(&good, |user| &user.uses), Ok(vec![(1, 0), (2, 0), (2, 1)]));
        assert_eq!(arrows_of_tests(&good), Ok(()));
        let bad = crates(&[("a", "b", "c"), ("b", "", ""), ("c", "", "")]);
        assert_eq!(arrows(&bad, |user| &user.uses), Err("a uses b, which comes later".into()));
        assert_eq!(arrows_of_tests(&bad), Err("a uses c, which comes later".into()));
    }

    #[test]
    fn chapters_and_workshop_are_not_built_with_each_other() {
        let course = |chapter: &str, workshop: &str| {
            only_programs_meet(&crates(&[
                ("ch00-wire", "serde", ""),
                ("stage", "ch00-wire", ""),
                ("ch01-listen", "socket2", "ch00-wire stage"),
                ("ch02-key", chapter, "stage"),
                ("src", workshop, "ch02-key"),
            ]))
        };
        assert_eq!(course("ch01-listen", "ch00-wire stage hyper"), Ok(()));
        assert!(course("ch00-wire", "stage").is_err());
        assert!(course("stage", "stage").is_err());
        assert!(course("ch01-listen", "ch02-key").is_err());
    }

    #[test]
    fn the_comment_behind_a_dependency_says_what_it_is_for() {
        let manifest = "[dependencies]\na = \"1\" # text\nb.workspace = true # a digest\n\
                        c = { version = \"1\", features = [\"net\"] } # who is ready\nd = \"2\"\n";
        let manifest: DocumentMut = manifest.parse().expect("TOML");
        let found = dependencies(manifest.get("dependencies"));
        let found: Vec<_> =
            found.iter().map(|one| (one.name.as_str(), one.what_for.as_deref())).collect();
        let expected = [
            ("a", Some("text")),
            ("b", Some("a digest")),
            ("c", Some("who is ready")),
            ("d", None),
        ];
        assert_eq!(found, expected);
    }
}
