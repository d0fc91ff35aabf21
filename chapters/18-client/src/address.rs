//! Where a server is: `ws://` and `wss://` addresses (RFC 6455, section 3).

use std::str::FromStr;

use http::Uri;

// ANCHOR: address
/// What an address says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// `wss`: over TLS.
    pub secret: bool,
    /// A name, or an IP address without its brackets.
    pub host: String,
    /// The port: 80, or 443 for `wss`, if the address has none.
    pub port: u16,
    /// Host and port as the field `Host` says them.
    pub authority: String,
    /// What is asked for there.
    pub target: String,
}

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // YOURS: Which parts does an address have, and what if there is no port?
        let uri: Uri = text.parse().map_err(|_| "write it like ws://127.0.0.1:4000/chat")?;
        let scheme = uri.scheme_str().map(str::to_ascii_lowercase);
        let (usual, secret) = match scheme.as_deref() {
            Some("ws") => (80, false),
            Some("wss") => (443, true),
            _ => return Err("it begins with ws:// or wss://"),
        };
        let authority = uri.authority().ok_or("it has no host")?.as_str();
        let host = uri.host().filter(|host| !host.is_empty()).ok_or("it has no host")?;
        if text.contains('#') || authority.contains('@') {
            return Err("it has neither a # nor a name before an @ (section 3)");
        }
        let port = uri.port_u16().unwrap_or(usual);
        Ok(Address {
            secret,
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
            authority: if port == usual { host.to_owned() } else { format!("{host}:{port}") },
            target: uri.path_and_query().map_or("/", |target| target.as_str()).to_owned(),
        })
        // YOURS_END
    }
}
// ANCHOR_END: address
