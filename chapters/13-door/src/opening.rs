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
// ANCHOR_END: opening

// ANCHOR: judge
impl Opening {
    /// Holds a request to section 4.2.1, point by point.
    pub fn read(request: &Request) -> Result<Opening, Refusal> {
        // YOURS: What does section 4.2.1 ask of a request?
        let has = |name, word| lists(request, name).any(|item| item.eq_ignore_ascii_case(word));
        let key = the_one(request, "Sec-WebSocket-Key").filter(|key| is_key(key));
        match key {
            _ if !has("Upgrade", "websocket") => Err(Refusal::Bad("Upgrade must name websocket")),
            _ if !has("Connection", "upgrade") => Err(Refusal::Bad("Connection must name Upgrade")),
            _ if the_one(request, "Sec-WebSocket-Version") != Some("13") => {
                Err(Refusal::OtherVersion)
            }
            None => Err(Refusal::Bad("there must be one key: 16 bytes in Base64")),
            Some(key) => Ok(Opening { key: key.to_owned(), subprotocol: subprotocol(request)? }),
        }
        // YOURS_END
    }
    // ANCHOR_END: judge

    // ANCHOR: answer
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
// ANCHOR_END: answer

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

// ANCHOR: choice
fn is_key(key: &str) -> bool {
    BASE64_STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == 16)
}

/// The first in the client's list that is in ours, too. A server never names one that was not offered.
fn subprotocol(request: &Request) -> Result<Option<&'static str>, Refusal> {
    // YOURS: Which of those that the client offers is chosen?
    let offered: Vec<&str> = lists(request, "Sec-WebSocket-Protocol").collect();
    if !offered.iter().all(|name| is_token(name.as_bytes())) {
        return Err(Refusal::Bad("a subprotocol must have a token for its name"));
    }
    let ours = |name: &&str| SUBPROTOCOLS.into_iter().find(|ours| ours == name);
    Ok(offered.iter().find_map(ours))
    // YOURS_END
}
// ANCHOR_END: choice
