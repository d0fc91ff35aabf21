//! Names the lines of an HTTP request or response head (RFC 9112, as RFC 6455 section 4 uses it).

use crate::unit::{Fault, Kind, Part, Unit};

/// How many lines of a head get a name of their own.
const LINES: usize = 200;

/// What two ends have agreed to speak.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Agreed {
    /// RFC 6455.
    Newer,
    /// Hixie-76, with bytes after both heads.
    Hixie76,
    /// Hixie-75, without.
    Hixie75,
}

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
            faults.push(Fault::new(
                "a line of a head ends with \\r\\n, and not with \\n alone",
                "4.1",
            ));
        }
        if range.start == 0 {
            parts.push(start_line(kind, text, range, &mut faults, complete));
        } else if text.is_empty() && line.ends_with(b"\n") {
            let ends = complete && at == bytes.len();
            let note = if ends { "the head ends here" } else { "" };
            parts.push(Part::bytes(range, "empty line", "").note(note));
        } else {
            parts.push(header_field(text, range, &mut faults, line.ends_with(b"\n")));
        }
    }
    let mut unit = Unit::new(kind, title(kind, &parts, complete), bytes, complete);
    unit.parts = parts;
    unit.faults = faults;
    unit
}

/// What a response head agrees to speak, where it grants a WebSocket.
pub(crate) fn grants(unit: &Unit) -> Option<Agreed> {
    if status(&unit.parts.first()?.value) != Some("101") {
        return None;
    }
    let has = |name| unit.value(name).is_some();
    Some(match (has("Sec-WebSocket-Location"), has("WebSocket-Location")) {
        (true, _) => Agreed::Hixie76,
        (false, true) => Agreed::Hixie75,
        (false, false) => Agreed::Newer,
    })
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

fn status(line: &str) -> Option<&str> {
    line.strip_prefix("HTTP/1.1 ").map(|rest| rest.split(' ').next().unwrap_or(rest))
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
    range: std::ops::Range<usize>,
    faults: &mut Vec<Fault>,
    complete: bool,
) -> Part {
    if kind == Kind::ResponseHead {
        return Part::bytes(range, "status line", text).note(match status(text) {
            Some("101") => "from here on, frames",
            Some("400") => "the request was malformed",
            _ => "",
        });
    }
    let words: Vec<&str> = text.split(' ').collect();
    let is_request = matches!(words[..], ["GET", target, "HTTP/1.1"] if !target.is_empty());
    if !is_request && complete {
        faults.push(Fault::new("the first line is not GET, a target and HTTP/1.1", "4.1"));
    }
    Part::bytes(range, "request line", text)
}

fn header_field(
    text: &str,
    range: std::ops::Range<usize>,
    faults: &mut Vec<Fault>,
    whole: bool,
) -> Part {
    let Some((name, value)) = text.split_once(':') else {
        if whole {
            faults.push(Fault::new(format!("the line {text:?} has no colon"), "4.2.1"));
        }
        return Part::bytes(range, "line", text);
    };
    let part = Part::bytes(range, name, value.trim());
    if !whole || !HIXIE76_KEYS.iter().any(|key| key.eq_ignore_ascii_case(name)) {
        return part.note(meaning(name, value.trim()));
    }
    match hixie76_key(value.trim()) {
        Ok(sum) => part.note(sum),
        Err(why) => {
            faults.push(Fault::new(why, "Hixie-76"));
            part
        }
    }
}

/// What the header fields of the opening handshake are for (RFC 6455, section 11.3).
fn meaning(name: &str, value: &str) -> &'static str {
    match name.to_ascii_lowercase().as_str() {
        "host" => "which of the server's names was meant",
        "upgrade" => "the protocol to change to",
        "connection" if value.eq_ignore_ascii_case("close") => "it ends after this answer",
        "connection" => "this hop is to change, not only the far end",
        "origin" => "the site whose page asks",
        "sec-websocket-key" => "16 random bytes in base64",
        "sec-websocket-version" => "13: the protocol of RFC 6455",
        "sec-websocket-protocol" => "what to speak inside the frames",
        "sec-websocket-extensions" => "changes to the frames that are on offer",
        "sec-websocket-origin" | "websocket-origin" => "whose page is answered",
        "sec-websocket-location" | "websocket-location" => "the address that was meant",
        "websocket-protocol" => "what to speak inside the frames",
        "sec-websocket-accept" => "made from the client's key",
        _ => "",
    }
}
