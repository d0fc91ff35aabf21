//! How long a chapter takes: what its page has to read, and what there is to try.

use std::path::Path;

use super::size::Size;
use crate::chapters::{self, Chapter};

/// How many words of prose, or lines of code, are read in a minute.
const WORDS: usize = 200;
const LINES: usize = 8;
/// A plan for a lesson has no use for single minutes.
const STEP: usize = 5;

/// The minutes of one chapter.
pub(super) fn of(course: &Path, chapter: &Chapter) -> Result<usize, String> {
    let size = Size::of(course, chapter.slug)?;
    Ok(rounded(size.words, size.lines, chapter.trying))
}

/// To the nearest step.
fn rounded(words: usize, lines: usize, trying: usize) -> usize {
    let in_a_minute = WORDS * LINES;
    let all = words * LINES + lines * WORDS + trying * in_a_minute;
    (2 * all + STEP * in_a_minute) / (2 * STEP * in_a_minute) * STEP
}

/// The minutes of the chapters from the first to the last of a range like `1-5`, or of one.
pub(super) fn of_range(course: &Path, range: &str) -> Result<usize, String> {
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let place = |text: &str| {
        let number = text.parse().ok();
        let place = chapters::ALL.iter().position(|chapter| Some(chapter.number) == number);
        place.ok_or_else(|| format!("{text} is no chapter"))
    };
    let (first, last) = (place(first)?, place(last)?);
    let chapters = chapters::ALL.get(first..=last).ok_or(format!("{range} is no range"))?;
    chapters.iter().map(|chapter| of(course, chapter)).sum()
}

#[cfg(test)]
mod tests {
    use super::rounded;

    #[test]
    fn words_and_lines_and_trying_make_minutes() {
        assert_eq!(rounded(2_000, 80, 10), 30);
        assert_eq!(rounded(2_000, 80, 12), 30);
        assert_eq!(rounded(2_000, 80, 13), 35);
    }
}
