//! A chapter's source with the parts taken out that a student writes.

use crate::marks::{is_end, is_mark, question};

/// How a body begins that is not written yet.
const TODO: &str = "todo!(";

/// Whether a body that is not written yet begins here.
pub fn is_unwritten(line: &str) -> bool {
    line.trim_start().starts_with(TODO)
}

/// The source without its marks, and a `todo!` with its question for each marked body.
pub fn skeleton(source: &str) -> String {
    let mut out = String::new();
    let mut taken_out = false;
    for line in source.lines() {
        if let Some(question) = question(line) {
            let indent = &line[..line.len() - line.trim_start().len()];
            out.push_str(&format!("{indent}{TODO}{question:?})\n"));
            taken_out = true;
        } else if is_end(line) {
            taken_out = false;
        } else if !taken_out && !is_mark(line) {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

/// The source as it is, without its marks.
pub fn without_marks(source: &str) -> String {
    source.lines().filter(|line| !is_mark(line)).map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::{skeleton, without_marks};

    const SOURCE: &str = "// ANCHOR: add\nfn add(a: u8, b: u8) -> u8 {\n    // YOURS: How much?\n    \
                          a + b\n    // YOURS_END\n}\n// ANCHOR_END: add\n";

    #[test]
    fn a_marked_body_becomes_its_question() {
        assert_eq!(skeleton(SOURCE), "fn add(a: u8, b: u8) -> u8 {\n    todo!(\"How much?\")\n}\n");
    }

    #[test]
    fn without_marks_the_body_stays() {
        assert_eq!(without_marks(SOURCE), "fn add(a: u8, b: u8) -> u8 {\n    a + b\n}\n");
    }
}
