//! The head of a request, read to the letter (RFC 9112, sections 2 and 5).

use ch02_key::{BadRequest, MAX_HEAD, Request};

use crate::Refusal;

// ANCHOR: read
/// The most header fields that a request may have.
pub const MAX_FIELDS: usize = 100;

/// Takes a head apart that has nothing in it that a head may not have.
pub fn read(head: &[u8]) -> Result<Request, Refusal> {
    // YOURS: Which heads are too large, and which are none?
    let mut lines = head.split(|&byte| byte == b'\n').skip(1).map(without_line_end);
    let fields: Vec<&[u8]> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
    if head.len() >= MAX_HEAD || fields.len() > MAX_FIELDS {
        return Err(Refusal::TooLarge);
    }
    if !fields.into_iter().all(is_field) {
        return Err(Refusal::Bad("a header field is a name, a colon, and a value on one line"));
    }
    Request::parse(head).map_err(|why| {
        Refusal::Bad(match why {
            BadRequest::NoRequestLine => "the first line is GET, a target, HTTP/1.1",
            _ => "a head has header fields, and ends with an empty line",
        })
    })
    // YOURS_END
}

fn without_line_end(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}
// ANCHOR_END: read

// ANCHOR: field
/// A name of letters that a name may have, directly before its colon, and a value without control
/// characters. A line that begins with a space once went on with the value before it: it is refused.
fn is_field(line: &[u8]) -> bool {
    // YOURS: What may stand before the colon, and what behind it?
    let Some(colon) = line.iter().position(|&byte| byte == b':') else { return false };
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    is_token(name) && value.iter().all(|&byte| byte == b'\t' || !byte.is_ascii_control())
    // YOURS_END
}

/// Whether these bytes are a token: what names are made of (RFC 9110, section 5.6.2).
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    let is_letter = |&byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !bytes.is_empty() && bytes.iter().all(is_letter)
}
// ANCHOR_END: field
