//! Bytes as two hexadecimal digits each, and back.

/// Writes bytes as `81 05 48`.
pub fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.join(" ")
}

/// Reads `81 05 48`, `8105 48` or `0x81, 0x05`; an error says which piece is no byte.
pub fn unhex(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || c == ',').filter(|w| !w.is_empty()) {
        let digits = word.strip_prefix("0x").unwrap_or(word);
        if !digits.is_ascii() || digits.len() % 2 != 0 {
            return Err(format!(
                "'{word}' is not a row of bytes: write each as two digits, like 0a"
            ));
        }
        for pair in digits.as_bytes().chunks_exact(2) {
            let digit = |at: usize| char::from(pair[at]).to_digit(16);
            let (Some(high), Some(low)) = (digit(0), digit(1)) else {
                return Err(format!("'{word}' has a sign that is not 0-9 or a-f"));
            };
            bytes.push((high * 16 + low) as u8);
        }
    }
    Ok(bytes)
}

/// So many bytes, such as `1 byte`.
pub fn counted(count: u64) -> String {
    format!("{count} {}", byte_or_bytes(count))
}

/// The word behind a number of bytes.
pub(crate) fn byte_or_bytes(count: u64) -> &'static str {
    if count == 1 { "byte" } else { "bytes" }
}
