//! The head of a request, read to the letter (RFC 9112, sections 2, 3 and 5).

use ch02_key::{BadRequest, Request};

use crate::Refusal;
use crate::opening::the_one;

// ANCHOR: read
/// The most header fields that a request may have.
pub const MAX_FIELDS: usize = 100;

/// Takes a head apart, if it is one to the letter.
pub fn read(head: &[u8]) -> Result<Request, Refusal> {
    // YOURS: Which heads are too large, and which are malformed?
    let lines = head.split(|&byte| byte == b'\n').skip(1).map(without_line_end);
    let fields: Vec<&[u8]> = lines.take_while(|line| !line.is_empty()).collect();
    let request = Request::parse(head);
    if request == Err(BadRequest::TooLong) || fields.len() > MAX_FIELDS {
        return Err(Refusal::TooLarge);
    }
    if !fields.into_iter().all(is_field) {
        return Err(Refusal::Bad("a header field must be: a name, a colon, a value on one line"));
    }
    let is_one = |request: &Request| request.target.bytes().all(|b| b.is_ascii_graphic());
    let Some(request) = request.ok().filter(is_one) else {
        return Err(Refusal::Bad("the first line must be: GET, a target, HTTP/1.1"));
    };
    match the_one(&request, "Host").is_some_and(is_authority) {
        true => Ok(request),
        false => Err(Refusal::Bad("there must be one Host: a name, and perhaps a port")),
    }
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

// ANCHOR: authority
/// A name or an address, and perhaps a port: nothing else that an address on the web has.
fn is_authority(text: &str) -> bool {
    // YOURS: Where does a name end, and what may it be made of?
    let has_port = |(_, port): &(&str, &str)| port.bytes().all(|byte| byte.is_ascii_digit());
    let (host, _) = text.rsplit_once(':').filter(has_port).unwrap_or((text, ""));
    let of_version_6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let (name, marks) = match of_version_6 {
        Some(address) => (address, &b":."[..]),
        None => (host, &b"-._~!$&'()*+,;=%"[..]),
    };
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || marks.contains(&byte);
    !name.is_empty() && name.bytes().all(is_part)
    // YOURS_END
}
// ANCHOR_END: authority
