//! The handshakes of two ages, and what can be wrong with them.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha1::{Digest, Sha1};

use super::Zoo;

/// The lines of a head.
pub struct Head {
    pub first: String,
    fields: Vec<(String, String)>,
}

impl Head {
    pub fn parse(zoo: &Zoo, bytes: &[u8]) -> Option<Head> {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.lines();
        let first = lines.next()?.to_owned();
        let words: Vec<&str> = first.split(' ').collect();
        let is_request = match zoo.makes("any-method") {
            true => matches!(words[..], [_, _, "HTTP/1.1"]),
            false => matches!(words[..], ["GET", _, "HTTP/1.1"]),
        };
        let is_whole = text.ends_with("\r\n\r\n") || zoo.makes("half-a-head-taken");
        if !is_request || !is_whole {
            return None;
        }
        let lines = lines.take_while(|line| !line.is_empty());
        let split = |line: &str| line.split_once(':').map(|(a, b)| (a.to_owned(), b.to_owned()));
        Some(Head { fields: lines.map(split).collect::<Option<_>>()?, first })
    }

    pub fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        let found = fields.find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim_matches([' ', '\t']))
    }

    pub fn target(&self) -> &str {
        self.first.split(' ').nth(1).unwrap_or_default()
    }

    /// The key of today, as this server looks for it.
    pub fn key(&self, zoo: &Zoo) -> Option<String> {
        let is_it = |(name, _): &&(String, String)| match () {
            _ if zoo.makes("names-by-case") => name == "Sec-WebSocket-Key",
            _ if zoo.makes("key-in-another-field") => {
                name.to_ascii_lowercase().ends_with("sec-websocket-key")
            }
            _ => name.eq_ignore_ascii_case("Sec-WebSocket-Key"),
        };
        let found = self.fields.iter().find(is_it).map(|(_, value)| value.as_str());
        let key = match found {
            Some(value) if zoo.makes("exactly-one-space") => value.strip_prefix(' ')?,
            Some(value) if zoo.makes("space-is-hashed") => value.strip_prefix(' ').unwrap_or(value),
            Some(value) => value.trim_matches([' ', '\t']),
            None if zoo.makes("key-from-nothing") => "",
            None => return None,
        };
        if zoo.makes("empty-key-taken") && found.is_some() {
            return Some(key.to_owned());
        }
        let one_space = !zoo.makes("exactly-one-space") || !key.contains([' ', '\t']);
        (one_space && (!key.is_empty() || zoo.makes("key-from-nothing"))).then(|| key.to_owned())
    }
}

/// The answer to a request with this head and this key.
pub fn answer(zoo: &Zoo, request: &Head, key: &str) -> Vec<u8> {
    let guid = match zoo.makes("guid-mistyped") {
        true => "258EAFA5-E914-4710-995CA-C5AB0DC85B11",
        false => "258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
    };
    let digest = Sha1::digest(format!("{key}{guid}"));
    let accept = match () {
        _ if zoo.makes("hexadecimal-digest") => ch00_wire::hex(&digest).replace(' ', ""),
        _ if zoo.makes("accept-copied") => "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".to_owned(),
        _ if zoo.makes("line-end-in-the-accept-value") => BASE64_STANDARD.encode(digest) + "\n",
        _ => BASE64_STANDARD.encode(digest),
    };
    let mut lines = vec!["HTTP/1.1 101 Switching Protocols".to_owned()];
    if !zoo.makes("no-upgrade-field") {
        lines.extend(["Upgrade: websocket".to_owned(), "Connection: Upgrade".to_owned()]);
    }
    lines.push(format!("Sec-WebSocket-Accept: {accept}"));
    let offered = request.field("Sec-WebSocket-Extensions");
    match (zoo.mistake(), offered) {
        ("protocol-unasked", _) => lines.push("Sec-WebSocket-Protocol: chat".to_owned()),
        ("extensions-empty", _) => lines.push("Sec-WebSocket-Extensions:".to_owned()),
        ("extensions-echoed", Some(offered)) => {
            lines.push(format!("Sec-WebSocket-Extensions: {offered}"));
        }
        _ => {}
    }
    let end = if zoo.makes("bare-line-feeds") { "\n" } else { "\r\n" };
    let mut head = lines.join(end) + end;
    if !zoo.makes("no-empty-line") {
        head += end;
    }
    if zoo.makes("nul-after-the-head") {
        head.push('\0');
    }
    head.into_bytes()
}

/// What an older request is answered with: a head, and the numbers of its keys, if it has any.
pub struct Older {
    pub head: String,
    pub parts: Option<[u32; 2]>,
}

/// `None`: the request is not an older one, or a bad one.
pub fn older(zoo: &Zoo, head: &Head) -> Option<Older> {
    let newer = ["Sec-WebSocket-Key", "Sec-WebSocket-Version"];
    let upgrades = head.field("Upgrade").is_some_and(|to| to.eq_ignore_ascii_case("websocket"));
    if !upgrades || newer.iter().any(|name| head.field(name).is_some()) {
        return None;
    }
    let keys = ["Sec-WebSocket-Key1", "Sec-WebSocket-Key2"].map(|name| head.field(name));
    let (parts, prefix) = match keys {
        _ if zoo.makes("nobody-of-2010") => return None,
        [Some(key1), Some(key2)] => (Some([part(zoo, key1)?, part(zoo, key2)?]), "Sec-"),
        _ if zoo.makes("nobody-of-2009") => return None,
        _ => (None, ""),
    };
    let (origin, host) = (head.field("Origin")?, head.field("Host")?);
    let about = match zoo.makes("no-location") && parts.is_some() {
        true => format!("{prefix}WebSocket-Location: ws://localhost/\r\n"),
        false => format!(
            "{prefix}WebSocket-Origin: {origin}\r\n{prefix}WebSocket-Location: ws://{host}{}\r\n",
            head.target()
        ),
    };
    let head = format!(
        "HTTP/1.1 101 WebSocket Protocol Handshake\r\nUpgrade: WebSocket\r\n\
         Connection: Upgrade\r\n{about}\r\n"
    );
    Some(Older { head, parts })
}

fn part(zoo: &Zoo, key: &str) -> Option<u32> {
    match ch08_hixie::part(key) {
        Err(ch08_hixie::BadKey::NotDivisible) if zoo.makes("remainder-thrown-away") => Some(1),
        part => part.ok(),
    }
}

/// The bytes that answer the keys of an older request.
pub fn older_answer(zoo: &Zoo, parts: [u32; 2], key3: [u8; 8]) -> Vec<u8> {
    let parts = match zoo.makes("parts-little-endian") {
        true => parts.map(u32::swap_bytes),
        false => parts,
    };
    let answer = ch08_hixie::answer(parts, key3);
    match zoo.makes("hexadecimal-answer") {
        true => ch00_wire::hex(&answer).replace(' ', "").into_bytes(),
        false => answer.to_vec(),
    }
}
