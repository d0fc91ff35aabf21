//! The student's sources beside the course's.

use std::path::Path;

use anyhow::Result;
use ch00_wire::visible;
use similar::TextDiff;

use super::Own;
use super::files::{is_rust, read, sources};
use super::skeleton::{skeleton, without_marks};
use crate::chapters::Chapter;

fn visible_but_tabs(line: &str) -> String {
    line.split('\t').map(visible).collect::<Vec<_>>().join("\t")
}

/// What is written into the skeleton of a chapter to make it the course's: the name of each file in which
/// something is, and a unified diff of it without a head.
///
/// # Errors
///
/// A file of the course cannot be read.
pub fn solution(course: &Path, chapter: &Chapter) -> Result<Vec<(String, String)>> {
    let mut out = Vec::new();
    for path in sources(&chapter.folder(course))?.iter().filter(|path| is_rust(path)) {
        let source = read(path)?;
        let (begun, whole) = (skeleton(&source), without_marks(&source));
        if begun == whole {
            continue;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let diff = TextDiff::from_lines(&begun, &whole).unified_diff().to_string();
        out.push((format!("{}/src/{name}", chapter.slug), diff));
    }
    Ok(out)
}

impl Own {
    /// What would have to change in a begun chapter to make it the course's: unified diffs, file by file.
    /// Empty if nothing would.
    ///
    /// # Errors
    ///
    /// A file of the course cannot be read. One that the student has removed is taken for an empty one.
    pub fn difference(&self, course: &Path, chapter: Chapter) -> Result<String> {
        let mut out = String::new();
        for path in sources(&chapter.folder(course))?.iter().filter(|path| is_rust(path)) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let place = format!("{}/src/{name}", chapter.slug);
            let course = without_marks(&read(path)?);
            let own = read(&self.folder.join(&place)).unwrap_or_default();
            let diff = TextDiff::from_lines(&own, &course);
            let (left, right) = (format!("yours: {place}"), format!("the course: {place}"));
            let diff = diff.unified_diff().header(&left, &right).to_string();
            // A file may hold anything, also what a terminal would obey.
            out.extend(diff.lines().map(|line| visible_but_tabs(line) + "\n"));
        }
        Ok(out)
    }
}
