//! A body that is not written yet, found in what a server printed when it came there.

use std::fmt;
use std::path::Path;

use ch00_wire::visible;

use crate::book::answer_to;
use crate::chapters::{CHAPTERS, Chapter};

/// A `todo!` that a server has run into.
#[derive(Debug, PartialEq, Eq)]
pub struct Unwritten {
    /// The file and the line, as the compiler names them.
    place: String,
    /// The question that the body is to answer.
    question: String,
}

impl Unwritten {
    /// The chapter in which it stands, if its file is one of a chapter.
    pub fn chapter(&self) -> Option<Chapter> {
        let slug = self.place.split(['/', '\\']).next()?;
        CHAPTERS.into_iter().find(|chapter| chapter.slug == slug)
    }

    /// Where the book answers the question: the page, and its section.
    pub fn answered_in(&self, course: &Path) -> Option<String> {
        let (file, _line) = self.place.rsplit_once(':')?;
        answer_to(course, file, &self.question)
    }

    /// Looks for the words of a `todo!` in the lines that a server printed.
    pub fn find<'a>(lines: impl IntoIterator<Item = &'a str>) -> Option<Unwritten> {
        let mut place = None;
        for line in lines {
            if let Some((_, at)) = line.rsplit_once("panicked at ") {
                // A file, a line, a column, and a colon.
                place = at.trim_end_matches(':').rsplit_once(':').map(|(place, _column)| place);
            }
            if let Some(question) = line.strip_prefix("not yet implemented: ") {
                return Some(Unwritten { place: visible(place?), question: visible(question) });
            }
        }
        None
    }
}

impl fmt::Display for Unwritten {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "✗ not written yet: the server came to {}\n\n  {}\n\n\
             Write an answer in place of its todo!, and save.",
            self.place, self.question
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Unwritten;

    #[test]
    fn a_todo_is_found_among_what_was_printed() {
        let printed = [
            "listening on ws://127.0.0.1:4000",
            "thread 'main' (7) panicked at 01-listen/src/lib.rs:47:5:",
            "not yet implemented: Who is next?",
            "note: run",
        ];
        let unwritten = Unwritten::find(printed).expect("a todo");
        assert_eq!(unwritten.place, "01-listen/src/lib.rs:47");
        assert_eq!(unwritten.question, "Who is next?");
        assert_eq!(unwritten.chapter().map(|chapter| chapter.number), Some(1));
        assert_eq!(Unwritten::find(["panicked at a.rs:1:1:", "index out of bounds"]), None);
    }
}
