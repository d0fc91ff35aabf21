//! What is remembered of a server, chapter by chapter: for a page, which shows it beside its chapters.

use anyhow::Result;
use serde::Serialize;

use super::Subject;
use super::progress;
use crate::chapters::CHAPTERS;
use crate::probes;

/// What is remembered of one chapter.
#[derive(Serialize)]
pub struct Kept {
    /// The number of the chapter.
    chapter: u8,
    /// How many of its promises the server kept when it was last held to them.
    kept: usize,
    /// The most hints that were given for one of its promises.
    hints: usize,
}

/// What is remembered of a server: nothing, while there is none. A file that cannot be read is no reason to tell
/// a page nothing else: the next check says what is wrong with it.
pub fn kept(subject: &Subject) -> Vec<Kept> {
    let remembered = subject.remembered_at();
    let progress = remembered.and_then(|(folder, name)| progress::of(&folder, &name));
    let progress = progress.unwrap_or_default();
    let of = |chapter: u8| {
        let promises = || probes::all().iter().filter(move |probe| probe.chapter == chapter);
        let kept = promises().filter(|probe| progress.holds(probe)).count();
        let hints = promises().map(|probe| progress.hints(probe)).max().unwrap_or(0);
        Kept { chapter, kept, hints }
    };
    CHAPTERS.iter().map(|chapter| of(chapter.number)).collect()
}

/// Forgets all that is remembered of a server. Where there is none, there is nothing to forget.
///
/// # Errors
///
/// The file cannot be read, or not be written.
pub fn forget(subject: &Subject) -> Result<()> {
    match subject.remembered_at() {
        Ok((folder, name)) => progress::forget(&folder, &name),
        Err(_) => Ok(()),
    }
}
