//! The heads of the older handshake, the client's and the server's.

use ch02_key::Request;

use crate::keys::part;

// ANCHOR: request
/// Which of the two drafts a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Hixie-75, of February 2010: no keys.
    Hixie75,
    /// Hixie-76, of May 2010: two keys, and the numbers hidden in them.
    Hixie76([u32; 2]),
}

/// A request from before RFC 6455, with what its answer repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OlderRequest {
    /// Which draft it is of.
    pub version: Version,
    origin: String,
    location: String,
    protocol: Option<String>,
}
// ANCHOR_END: request

// ANCHOR: find
impl OlderRequest {
    /// Finds out whether a request is an older one. `None`: it is for RFC 6455, or for nobody. An
    /// error is why it is a bad one.
    pub fn find(request: &Request) -> Option<Result<OlderRequest, String>> {
        let upgrades = request.field("Upgrade")?.eq_ignore_ascii_case("websocket");
        let newer = ["Sec-WebSocket-Version", "Sec-WebSocket-Key"];
        if !upgrades || newer.iter().any(|name| request.field(name).is_some()) {
            return None;
        }
        Some(OlderRequest::parse(request))
    }

    fn parse(request: &Request) -> Result<OlderRequest, String> {
        // YOURS: Which fields does a client of Hixie-76 send, and which one of Hixie-75?
        let version = version(request)?;
        let protocol = match version {
            Version::Hixie75 => "WebSocket-Protocol",
            Version::Hixie76(_) => "Sec-WebSocket-Protocol",
        };
        let host = repeatable(request.field("Host").ok_or("a request of 2010 has a Host")?)?;
        let origin = request.field("Origin").ok_or("a request of 2010 has an Origin")?;
        Ok(OlderRequest {
            version,
            origin: repeatable(origin)?,
            location: host + &repeatable(&request.target)?,
            protocol: request.field(protocol).map(repeatable).transpose()?,
        })
        // YOURS_END
    }
}
// ANCHOR_END: find

// ANCHOR: version
fn version(request: &Request) -> Result<Version, String> {
    let keys = ["Sec-WebSocket-Key1", "Sec-WebSocket-Key2"].map(|name| request.field(name));
    match keys {
        [Some(key1), Some(key2)] => {
            let part = |key| part(key).map_err(|why| why.to_string());
            Ok(Version::Hixie76([part(key1)?, part(key2)?]))
        }
        [None, None] => Ok(Version::Hixie75),
        _ => Err("one key of 2010 needs the other".to_owned()),
    }
}

/// What a client says and the answer repeats: printable ASCII and nothing else. Else the client could
/// write header fields of its own into our answer.
fn repeatable(value: &str) -> Result<String, String> {
    match value.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        true => Ok(value.to_owned()),
        false => Err("what the answer repeats is printable ASCII".to_owned()),
    }
}
// ANCHOR_END: version

// ANCHOR: head
impl OlderRequest {
    /// The head of the answer. If there were keys, 16 bytes follow it.
    pub fn head(&self) -> String {
        // YOURS: Whose page is answered, and at which address?
        let (reason, prefix) = match self.version {
            Version::Hixie75 => ("Web Socket Protocol Handshake", ""),
            Version::Hixie76(..) => ("WebSocket Protocol Handshake", "Sec-"),
        };
        let protocol = match &self.protocol {
            Some(protocol) => format!("{prefix}WebSocket-Protocol: {protocol}\r\n"),
            None => String::new(),
        };
        format!(
            "HTTP/1.1 101 {reason}\r\n\
             Upgrade: WebSocket\r\n\
             Connection: Upgrade\r\n\
             {prefix}WebSocket-Origin: {}\r\n\
             {prefix}WebSocket-Location: ws://{}\r\n\
             {protocol}\
             \r\n",
            self.origin, self.location
        )
        // YOURS_END
    }
}
// ANCHOR_END: head
