//! What a client offers, and what is agreed on (RFC 7692, sections 5 and 7.1).

// ANCHOR: agreement
/// How messages are compressed on one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// The server's messages share a window: each may repeat what the one before it said.
    pub server_takeover: bool,
    /// So do the client's.
    pub client_takeover: bool,
    /// The server's window has 2 to the power of so many bytes, if the client has set a limit: 8 to 15.
    pub server_bits: Option<u8>,
    /// The client's window, if it has offered a limit: 8 to 15.
    pub client_bits: Option<u8>,
}

/// RSV1, as one of the three reserved bits: with an agreement, the message is compressed.
pub const RSV1: u8 = 0b100;

/// The name of the extension.
const NAME: &str = "permessage-deflate";
// ANCHOR_END: agreement

// ANCHOR: take
impl Agreement {
    /// The first offer that this server can take. Offers stand in the client's order of preference.
    pub fn find<'a>(offers: impl Iterator<Item = &'a str>) -> Option<Agreement> {
        let can_be_kept = |offer: &Agreement| offer.server_bits.is_none_or(|bits| bits >= MIN_BITS);
        offers.filter_map(Agreement::read).find(can_be_kept)
    }

    /// Reads an offer, or the answer to one. `None`: it is malformed, and is declined.
    pub fn read(offer: &str) -> Option<Agreement> {
        // YOURS: Which parameters are there, and which values may they have?
        let mut parts = offer.split(';').map(|part| part.trim_matches([' ', '\t']));
        parts.next().filter(|name| *name == NAME)?;
        let mut agreed = Agreement {
            server_takeover: true,
            client_takeover: true,
            server_bits: None,
            client_bits: None,
        };
        let mut names = Vec::new();
        for part in parts {
            let (name, value) = match part.split_once('=') {
                Some((name, value)) => (name, Some(window_bits(value)?)),
                None => (part, None),
            };
            match (name, value) {
                _ if names.contains(&name) => return None,
                ("server_no_context_takeover", None) => agreed.server_takeover = false,
                ("client_no_context_takeover", None) => agreed.client_takeover = false,
                ("server_max_window_bits", Some(_)) => agreed.server_bits = value,
                ("client_max_window_bits", _) => agreed.client_bits = value,
                _ => return None,
            }
            names.push(name);
        }
        Some(agreed)
        // YOURS_END
    }
}
// ANCHOR_END: take

// ANCHOR: bits
/// The largest window that DEFLATE has.
pub(crate) const MAX_BITS: u8 = 15;

/// The smallest window that our compressor keeps to. RFC 7692 has 8, too: we decline that offer.
pub(crate) const MIN_BITS: u8 = 9;

/// A number from 8 to 15, in quotes or without, and without a zero before it.
fn window_bits(value: &str) -> Option<u8> {
    let quoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    (8..=MAX_BITS).find(|bits| bits.to_string() == quoted.unwrap_or(value))
}
// ANCHOR_END: bits

// ANCHOR: answer
impl Agreement {
    /// The field of the response that says what was agreed on.
    pub fn field(&self) -> String {
        // YOURS: Which parameters does the client have to know?
        let mut field = format!("Sec-WebSocket-Extensions: {NAME}");
        if !self.server_takeover {
            field += "; server_no_context_takeover";
        }
        if !self.client_takeover {
            field += "; client_no_context_takeover";
        }
        if let Some(bits) = self.server_bits {
            field += &format!("; server_max_window_bits={bits}");
        }
        if let Some(bits) = self.client_bits {
            field += &format!("; client_max_window_bits={bits}");
        }
        field + "\r\n"
        // YOURS_END
    }
}
// ANCHOR_END: answer
