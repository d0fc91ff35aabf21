//! The client's opening handshake, to the letter (RFC 6455, section 4.2.1).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ch02_key::Request;
use ch03_accept::switching_protocols;

use crate::Refusal;
use crate::head::is_token;

// ANCHOR: opening
/// What a request that may come in asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    key: String,
    subprotocol: Option<&'static str>,
}

/// The subprotocols that this server speaks (section 1.9).
pub const SUBPROTOCOLS: [&str; 2] = ["chat", "superchat"];

impl Opening {
    /// Holds a request to section 4.2.1, point by point.
    pub fn read(request: &Request) -> Result<Opening, Refusal> {
        // YOURS: What does section 4.2.1 ask of a request?
        if !the_one(request, "Host").is_some_and(is_authority) {
            return Err(Refusal::Bad("a request has one Host"));
        }
        if !lists(request, "Upgrade").any(|item| item.eq_ignore_ascii_case("websocket")) {
            return Err(Refusal::Bad("Upgrade says websocket"));
        }
        if !lists(request, "Connection").any(|item| item.eq_ignore_ascii_case("upgrade")) {
            return Err(Refusal::Bad("Connection says Upgrade"));
        }
        if the_one(request, "Sec-WebSocket-Version") != Some("13") {
            return Err(Refusal::OtherVersion);
        }
        let key = the_one(request, "Sec-WebSocket-Key").filter(|key| is_key(key));
        let key = key.ok_or(Refusal::Bad("there is one key, of 16 bytes in Base64"))?.to_owned();
        Ok(Opening { key, subprotocol: subprotocol(request)? })
        // YOURS_END
    }

    /// The answer that opens the connection, with these header fields more.
    pub fn answer(&self, fields: &str) -> String {
        // YOURS: Where does a field belong, and when is there one?
        let mut head = switching_protocols(&self.key);
        let end = head.len() - "\r\n".len();
        head.insert_str(end, fields);
        if let Some(name) = self.subprotocol {
            head.insert_str(end, &format!("Sec-WebSocket-Protocol: {name}\r\n"));
        }
        head
        // YOURS_END
    }
}
// ANCHOR_END: opening

// ANCHOR: fields
/// The value of the one field with this name. Of two, nobody can say which one counts.
pub(crate) fn the_one<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let mut values = values(request, name);
    values.next().filter(|_| values.next().is_none())
}

/// The items of a list, in however many fields it stands.
pub fn lists<'a>(request: &'a Request, name: &str) -> impl Iterator<Item = &'a str> {
    values(request, name)
        .flat_map(|value| value.split(','))
        .map(|item| item.trim_matches([' ', '\t']))
        .filter(|item| !item.is_empty())
}

fn values<'a>(request: &'a Request, name: &str) -> impl Iterator<Item = &'a str> {
    let has_name = move |(other, _): &&(String, String)| other.eq_ignore_ascii_case(name);
    request.fields.iter().filter(has_name).map(|(_, value)| value.as_str())
}
// ANCHOR_END: fields

// ANCHOR: values
/// A host, and perhaps a port: nothing that an address has before or behind them.
fn is_authority(host: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+;=%:[]".contains(&byte);
    !host.is_empty() && host.bytes().all(is_part)
}

fn is_key(key: &str) -> bool {
    BASE64_STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == 16)
}

/// The first of the client's that is ours, too. A server never names one that was not offered.
fn subprotocol(request: &Request) -> Result<Option<&'static str>, Refusal> {
    // YOURS: Which of those that the client offers is chosen?
    let offered: Vec<&str> = lists(request, "Sec-WebSocket-Protocol").collect();
    if !offered.iter().all(|name| is_token(name.as_bytes())) {
        return Err(Refusal::Bad("a subprotocol's name is a token"));
    }
    let ours = |name: &&str| SUBPROTOCOLS.into_iter().find(|ours| ours == name);
    Ok(offered.iter().find_map(ours))
    // YOURS_END
}
// ANCHOR_END: values
