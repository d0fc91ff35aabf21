//! Comments in the sources that are for the workshop: `ANCHOR` marks what the book shows, `YOURS` what a
//! student writes.

/// Whether a line is such a mark, and no part of the program.
pub fn is_mark(line: &str) -> bool {
    let kinds = ["ANCHOR:", "ANCHOR_END:"];
    kinds.iter().any(|kind| comment(line).starts_with(kind))
        || question(line).is_some()
        || is_end(line)
}

/// The name of what the book shows from here on, if the line is the mark that begins it.
pub fn anchor(line: &str) -> Option<&str> {
    comment(line).strip_prefix("ANCHOR: ")
}

/// What a comment of a line of its own says.
fn comment(line: &str) -> &str {
    line.trim_start().trim_start_matches(['/', '#']).trim_start()
}

/// The question that a body to write answers, if the line is the mark that begins one.
pub fn question(line: &str) -> Option<&str> {
    line.trim_start().strip_prefix("// YOURS: ")
}

/// Whether the line is the mark behind a body to write.
pub fn is_end(line: &str) -> bool {
    line.trim() == "// YOURS_END"
}
