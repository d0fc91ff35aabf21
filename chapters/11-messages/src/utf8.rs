//! UTF-8, judged as it arrives (RFC 6455, section 8.1).

// ANCHOR: utf8
/// A text of which only a part has come.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Utf8 {
    /// The first bytes of a character whose last ones have not come.
    begun: Vec<u8>,
}

/// Bytes that are not UTF-8, whatever follows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotUtf8;

/// How many of these bytes are whole characters. Those behind them begin another one, or it is an error.
fn whole_characters(bytes: &[u8]) -> Result<usize, NotUtf8> {
    // Most texts are short and ASCII, which is seen at a glance.
    if bytes.is_ascii() {
        return Ok(bytes.len());
    }
    match simdutf8::compat::from_utf8(bytes) {
        Ok(_) => Ok(bytes.len()),
        Err(error) if error.error_len().is_none() => Ok(error.valid_up_to()),
        Err(_) => Err(NotUtf8),
    }
}

/// Whether bytes are a whole text.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    whole_characters(bytes) == Ok(bytes.len())
}
// ANCHOR_END: utf8

// ANCHOR: take
impl Utf8 {
    /// Takes the next bytes of the text. The first one that cannot belong to it is an error.
    pub fn take(&mut self, mut bytes: &[u8]) -> Result<(), NotUtf8> {
        // YOURS: Which bytes may follow those of a character that is cut?
        while !self.begun.is_empty() {
            let [next, rest @ ..] = bytes else { return Ok(()) };
            bytes = rest;
            self.begun.push(*next);
            self.begun.drain(..whole_characters(&self.begun)?);
        }
        self.begun.extend_from_slice(&bytes[whole_characters(bytes)?..]);
        Ok(())
        // YOURS_END
    }

    /// Whether the text may end here: not inside a character.
    pub fn is_whole(&self) -> bool {
        self.begun.is_empty()
    }
}
// ANCHOR_END: take
