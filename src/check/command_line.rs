//! A command, as it is written on one line.

/// Splits a command line at its spaces, but not inside quotes.
pub(super) fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_command_line_is_split_at_spaces_outside_quotes() {
        assert_eq!(words("php  a.php {port}"), ["php", "a.php", "{port}"]);
        assert_eq!(words("node \"my server.mjs\" ''"), ["node", "my server.mjs", ""]);
        assert!(words("  ").is_empty());
    }
}
