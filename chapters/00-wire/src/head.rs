//! Names the lines of an HTTP request or response head (RFC 9112, as RFC 6455 section 4 uses it).

use std::ops::Range;

use crate::grant::{EXTENSIONS, PROTOCOL, is_offer_of_deflate};
use crate::unit::{Fault, Kind, Part, Unit};

/// How many lines of a head get a name of their own.
const LINES: usize = 200;

/// Where the head ends in `bytes`: after its empty line.
pub(crate) fn end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

/// Names a head, or as much of one as there is.
pub(crate) fn name(kind: Kind, bytes: &[u8], complete: bool) -> Unit {
    let mut parts = Vec::new();
    let mut faults = Vec::new();
    let mut at = 0;
    let mut bare = false;
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        if parts.len() == LINES {
            parts.push(Part::bytes(at..bytes.len(), "more lines", ""));
            break;
        }
        let range = at..at + line.len();
        at = range.end;
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end_matches(['\r', '\n']);
        if line.ends_with(b"\n") && !line.ends_with(b"\r\n") && !bare {
            bare = true;
            let why = "a line of a head ends with \\r\\n, and not with \\n alone";
            faults.push(Fault::new(why, "4.1").at(range.end - 1));
        }
        if range.start == 0 {
            parts.push(start_line(kind, text, range, &mut faults, complete));
        } else if text.is_empty() && line.ends_with(b"\n") {
            let ends = complete && at == bytes.len();
            let note = if ends { "the head ends here" } else { "" };
            parts.push(Part::bytes(range, "empty line", "").note(note));
        } else {
            let field = Field { kind, line, start: range.start, whole: line.ends_with(b"\n") };
            parts.push(field.name(text, &mut faults));
        }
    }
    let mut unit = Unit::new(kind, title(kind, &parts, complete), bytes, complete);
    unit.parts = parts;
    unit.faults = faults;
    unit
}

/// Whether a request head has the two keys of 2010, which eight bytes belong to.
pub(crate) fn has_hixie76_keys(unit: &Unit) -> bool {
    HIXIE76_KEYS.iter().all(|name| unit.value(name).is_some())
}

/// The names of the two keys of 2010.
const HIXIE76_KEYS: [&str; 2] = ["Sec-WebSocket-Key1", "Sec-WebSocket-Key2"];

/// What is hidden in a key of 2010: its digits divided by its spaces. The error is why there is nothing.
fn hixie76_key(value: &str) -> Result<String, &'static str> {
    let spaces = value.bytes().filter(|&byte| byte == b' ').count() as u64;
    let digits = value.bytes().filter(u8::is_ascii_digit);
    let number = digits
        .fold(0u64, |sum, digit| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
    match number.checked_div(spaces) {
        None => Err("a key of 2010 has spaces"),
        // First, as a number that was not counted to its end has no remainder to speak of.
        Some(part) if part > u64::from(u32::MAX) => Err("the number in a key of 2010 has 32 bits"),
        Some(_) if number % spaces != 0 => Err("the spaces of a key of 2010 divide its number"),
        Some(part) => Ok(format!("{number} ÷ {spaces} = {part}")),
    }
}

/// The version of HTTP and the three digits of a status line.
pub(crate) fn status(line: &str) -> Option<(&str, &str)> {
    let (version, rest) = line.strip_prefix("HTTP/")?.split_once(' ')?;
    let code = rest.split(' ').next().unwrap_or(rest);
    let is_code = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit());
    is_code.then_some((version, code))
}

/// What a status says to a client that asked for a WebSocket (RFC 9110, section 15).
fn status_note(code: &str) -> &'static str {
    match code {
        "101" => "from here on, frames",
        "200" => "from here on, a page",
        "301" | "302" | "303" | "307" | "308" => "to be asked for at another address",
        "400" => "the request was malformed",
        "401" => "the client has to log in first",
        "403" => "the client may not have this",
        "404" => "nothing is at this target",
        "405" => "another method is wanted",
        "408" => "the request took too long",
        "414" => "the target is too long",
        "426" => "another protocol or version is wanted",
        "429" => "too many requests",
        "431" => "the head is too long",
        "500" => "the server failed",
        "501" => "the server cannot do this",
        "502" | "504" => "the server behind this one failed",
        "503" => "the server cannot do this now",
        "505" => "another version of HTTP is wanted",
        _ => "",
    }
}

fn title(kind: Kind, parts: &[Part], complete: bool) -> String {
    let first = parts.first().map_or("", |part| part.value.as_str());
    let what = match kind {
        Kind::RequestHead => format!("request: {first}"),
        _ => format!("response: {first}"),
    };
    if complete { what } else { format!("{what} (its empty line has not come)") }
}

fn start_line(
    kind: Kind,
    text: &str,
    range: Range<usize>,
    faults: &mut Vec<Fault>,
    complete: bool,
) -> Part {
    if kind == Kind::ResponseHead {
        return status_line(text, range, faults, complete);
    }
    let words: Vec<&str> = text.split(' ').collect();
    let is_request = matches!(words[..], ["GET", target, "HTTP/1.1"] if !target.is_empty());
    if !is_request && complete {
        faults.push(Fault::new("the first line is not GET, a target and HTTP/1.1", "4.1").at(0));
    }
    Part::bytes(range, "request line", text)
}

fn status_line(text: &str, range: Range<usize>, faults: &mut Vec<Fault>, complete: bool) -> Part {
    let status = status(text);
    // An old server may say 1.0, but nothing can be upgraded in that.
    let is_known = matches!(status, Some(("1.1", _)))
        || matches!(status, Some(("1.0", code)) if code != "101");
    if complete && !is_known {
        let why = "the first line is not HTTP/1.1 and a status of three digits";
        faults.push(Fault::new(why, "4.2.2").at(range.start));
    }
    let note = status.map_or("", |(_, code)| status_note(code));
    Part::bytes(range, "status line", text).note(note)
}

/// A line of a head that is not its first, and not empty.
struct Field<'a> {
    kind: Kind,
    line: &'a [u8],
    start: usize,
    whole: bool,
}

impl Field<'_> {
    fn name(&self, text: &str, faults: &mut Vec<Fault>) -> Part {
        let range = self.start..self.start + self.line.len();
        let Some((name, value)) = text.split_once(':') else {
            if self.whole {
                let why = format!("the line {:?} has no colon", short(text));
                faults.push(Fault::new(why, "4.2.1").at(self.start));
            }
            return Part::bytes(range, "line", text);
        };
        let value = value.trim();
        let part = Part::bytes(range, name, value).note(meaning(self.kind, name, value));
        if !self.whole {
            return part;
        }
        let at = self.start + place_of_value(self.line);
        faults.extend(self.value_fault(name, value).map(|fault| fault.at(at)));
        match HIXIE76_KEYS.iter().any(|key| key.eq_ignore_ascii_case(name)) {
            true => hixie76_key(value).map_or(part.clone(), |sum| part.note(sum)),
            false => part,
        }
    }

    /// What is wrong with a value, whatever the other head says.
    fn value_fault(&self, name: &str, value: &str) -> Option<Fault> {
        if HIXIE76_KEYS.iter().any(|key| key.eq_ignore_ascii_case(name)) {
            return hixie76_key(value).err().map(|why| Fault::new(why, "Hixie-76"));
        }
        let answers = self.kind == Kind::ResponseHead;
        match name.to_ascii_lowercase().as_str() {
            "sec-websocket-accept" if answers && !is_accept_value(value) => Some(Fault::new(
                "an accept value has 28 characters of base64, the last of them =",
                "4.2.2",
            )),
            EXTENSIONS if value.is_empty() => Some(Fault::new(
                "a list of extensions names one at the least: without any, leave the field out",
                "9.1",
            )),
            EXTENSIONS if answers && is_offer_of_deflate(value) => Some(Fault::new(
                "client_max_window_bits has a value in an answer",
                "RFC 7692, section 7.1.2.2",
            )),
            PROTOCOL if value.is_empty() => Some(Fault::new(
                "a subprotocol has a name: without one, leave the field out",
                if answers { "4.2.2" } else { "4.1" },
            )),
            _ => None,
        }
    }
}

/// Where in a field's line its value begins.
pub(crate) fn place_of_value(line: &[u8]) -> usize {
    let colon = line.iter().position(|&byte| byte == b':').map_or(0, |at| at + 1);
    colon + line[colon..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// Whether a value has the form of 20 bytes in base64, as an accept value does (RFC 6455, section 4.2.2).
pub fn is_accept_value(value: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    value.len() == 28 && value.ends_with('=') && value.bytes().take(27).all(is_digit)
}

/// The beginning of a text that somebody else wrote.
pub(crate) fn short(text: &str) -> String {
    text.chars().take(48).collect()
}

/// What the header fields of the opening handshake are for (RFC 6455, section 11.3).
fn meaning(kind: Kind, name: &str, value: &str) -> &'static str {
    match name.to_ascii_lowercase().as_str() {
        "host" => "which of the server's names was meant",
        "upgrade" => "the protocol to change to",
        "connection" if value.eq_ignore_ascii_case("close") => "it ends after this answer",
        "connection" => "Upgrade is for this connection only",
        "origin" => "the site whose page asks",
        "sec-websocket-key" => "16 random bytes in base64",
        "sec-websocket-version" => "13: the protocol of RFC 6455",
        PROTOCOL => "what to speak inside the frames",
        EXTENSIONS if kind == Kind::ResponseHead => "changes to the frames that are agreed on",
        EXTENSIONS => "changes to the frames that are on offer",
        "sec-websocket-origin" | "websocket-origin" => "whose page is answered",
        "sec-websocket-location" | "websocket-location" => "the address that was meant",
        "websocket-protocol" => "what to speak inside the frames",
        "sec-websocket-accept" => "made from the client's key",
        _ => "",
    }
}
