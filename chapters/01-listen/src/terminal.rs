//! What a client sends, made fit for a terminal.

// ANCHOR: printable
/// Text that a terminal shows and does not obey: what is not UTF-8 becomes `�`, and a control
/// character, which could move the cursor or worse, is written out. Ends of lines stay.
pub fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    let escape = |c: char| match c.is_control() && c != '\n' {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    };
    text.chars().map(escape).collect()
}

/// The same on one line: what a client says must not look like lines of our own.
pub fn on_one_line(bytes: &[u8]) -> String {
    printable(bytes).replace('\n', "\\n")
}
// ANCHOR_END: printable
