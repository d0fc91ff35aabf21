//! A command, as it is written on one line.

/// Splits a command line at its spaces, but not inside quotes. A backslash is a part of its word, because
/// Windows separates folders with it.
pub fn words(line: &str) -> Vec<String> {
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

/// One word, as a reader types it in a shell.
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:=@%+,{}".contains(c);
    // Between double quotes, a shell of Unix still sees these.
    let is_seen = |c: char| c == '"' || cfg!(unix) && "$`\\!".contains(c);
    match () {
        _ if word.is_empty() => "\"\"".to_owned(),
        _ if word.chars().all(|c| is_plain(c) || cfg!(windows) && c == '\\') => word.to_owned(),
        _ if !word.contains(is_seen) => format!("\"{word}\""),
        // A single quote ends the word, stands for itself, and begins the word again.
        _ => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::{quoted, words};

    #[test]
    fn a_command_line_is_split_at_spaces_outside_quotes() {
        assert_eq!(words("php  a.php {port}"), ["php", "a.php", "{port}"]);
        assert_eq!(words("node \"my server.mjs\" ''"), ["node", "my server.mjs", ""]);
        assert!(words("  ").is_empty());
    }

    #[test]
    fn what_a_shell_would_change_is_quoted() {
        for plain in ["my-server", "../my-server", "{port}"] {
            assert_eq!(quoted(plain), plain);
        }
        for word in ["my server", "a&b", "o'brien/x", "a;b", ""] {
            assert_eq!(quoted(word), format!("\"{word}\""));
        }
    }

    /// A shell is asked, because it is a shell that reads it.
    #[cfg(unix)]
    #[test]
    fn a_shell_reads_what_was_meant() {
        for word in
            ["a b", "a$b", "o'brien", "'x' \"y\"", "a\\b", "$(a)", "a&b;c|d", "!x", "*", "~"]
        {
            let mut shell = std::process::Command::new("sh");
            shell.arg("-c").arg(format!("printf %s {}", quoted(word)));
            let said = shell.output().expect("sh runs").stdout;
            assert_eq!(String::from_utf8_lossy(&said), word);
        }
    }
}
