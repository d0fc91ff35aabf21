//! Every line of a chapter's code is shown on its page.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use super::lines::without_imports;
use super::listing::Listing;
use crate::chapters::CHAPTERS;
use crate::marks::is_mark;

/// The lines that no page shows, as `path:line: text`. `shown` are all listings of the book.
pub(super) fn missing(course: &Path, shown: &[Listing]) -> std::io::Result<Vec<String>> {
    let shown: HashSet<(&str, usize)> = shown
        .iter()
        .flat_map(|listing| listing.lines.clone().map(|line| (listing.path.as_str(), line)))
        .collect();
    let mut missing = Vec::new();
    for chapter in CHAPTERS {
        let folder = format!("chapters/{}/src", chapter.slug);
        let mut files: Vec<_> = fs::read_dir(course.join(&folder))?.collect::<Result<_, _>>()?;
        files.sort_by_key(|file| file.file_name());
        for file in files {
            let path = format!("{folder}/{}", file.file_name().to_string_lossy());
            let text = match fs::read_to_string(file.path()) {
                Ok(text) => text,
                Err(error) => {
                    missing.push(format!("{path} cannot be read: {error}"));
                    continue;
                }
            };
            let lines = without_imports(&text).map(|(i, line)| (i + 1, line));
            let unseen = lines.filter(|(number, line)| {
                !shown.contains(&(path.as_str(), *number)) && must_be_shown(line)
            });
            missing.extend(unseen.map(|(number, line)| {
                format!("{path}:{number}: no page shows this line: {}", line.trim())
            }));
        }
    }
    Ok(missing)
}

/// All but what every file has: modules, its own description, the marks of the book.
fn must_be_shown(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !is_mark(line) && !line.starts_with("mod ") && !line.starts_with("//!")
}
