//! What a response grants, and whether a request asked for it (RFC 6455, section 4).

use std::collections::HashSet;

use crate::deflate::Deflate;
use crate::head::{place_of_value, short, status};
use crate::text::visible;
use crate::unit::{Fault, Kind, Part, Unit};

/// The names of the two fields that a server may send only to a client that sent them.
pub(crate) const EXTENSIONS: &str = "sec-websocket-extensions";
pub(crate) const PROTOCOL: &str = "sec-websocket-protocol";

/// What two ends have agreed to speak.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Agreed {
    /// RFC 6455, with or without permessage-deflate (RFC 7692).
    Rfc6455 { deflate: Option<Deflate> },
    /// Hixie-76, with bytes after both heads.
    Hixie76,
    /// Hixie-75, without.
    Hixie75,
}

/// What a response head agrees to speak, where it grants a WebSocket.
pub(crate) fn grants(unit: &Unit) -> Option<Agreed> {
    if unit.kind != Kind::ResponseHead || status(&unit.parts.first()?.value) != Some(("1.1", "101"))
    {
        return None;
    }
    let has = |name| unit.value(name).is_some();
    Some(match (has("Sec-WebSocket-Location"), has("WebSocket-Location")) {
        (true, _) => Agreed::Hixie76,
        (false, true) => Agreed::Hixie75,
        (false, false) => Agreed::Rfc6455 { deflate: agreed_deflate(unit) },
    })
}

/// What is wrong with a response to this request that the response alone does not show: it grants what
/// the client did not ask for, and the client has to refuse that (section 4.1).
pub(crate) fn faults_against(request: &Unit, response: &Unit) -> Vec<Fault> {
    let offered = asked(request, EXTENSIONS, |member| extension_name(member).to_ascii_lowercase());
    let extensions = fields(response, EXTENSIONS).filter_map(|part| {
        let mut granted = members(&part.value).map(extension_name);
        let other = granted.find(|&name| !offered.contains(&name.to_ascii_lowercase()))?;
        let why = format!("the client did not offer the extension {:?}", short(other));
        Some((part, offered.is_empty(), why))
    });
    let wanted = asked(request, PROTOCOL, str::to_owned);
    let protocols = fields(response, PROTOCOL).filter_map(|part| {
        let is_other = !part.value.is_empty() && !wanted.contains(&part.value);
        let why = format!("the client did not ask for the subprotocol {:?}", short(&part.value));
        is_other.then_some((part, wanted.is_empty(), why))
    });
    let faults = extensions.chain(protocols).map(|(part, is_unasked, why)| {
        let why = match is_unasked {
            true => format!("the client did not ask for {}", visible(&part.name)),
            false => why,
        };
        let line = &response.bytes[part.start - response.start..part.end - response.start];
        Fault::new(why, "4.1").at(part.start + place_of_value(line))
    });
    faults.collect()
}

/// What the fields of this name ask for, each member named by `name`.
fn asked(request: &Unit, field: &str, name: fn(&str) -> String) -> HashSet<String> {
    fields(request, field).flat_map(|part| members(&part.value)).map(name).collect()
}

/// The members of a list, without the white space around them.
fn members(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|member| !member.is_empty())
}

/// What a member of a list of extensions is called, without its parameters.
fn extension_name(member: &str) -> &str {
    member.split(';').next().unwrap_or(member).trim()
}

const DEFLATE: &str = "permessage-deflate";

fn agreed_deflate(response: &Unit) -> Option<Deflate> {
    let mut agreed = fields(response, EXTENSIONS).flat_map(|part| members(&part.value));
    agreed.find(|member| extension_name(member).eq_ignore_ascii_case(DEFLATE)).map(Deflate::read)
}

/// Whether a list repeats what only a client says: that it would take a limit to its window.
pub(crate) fn is_offer_of_deflate(value: &str) -> bool {
    members(value)
        .filter(|member| extension_name(member).eq_ignore_ascii_case(DEFLATE))
        .any(|member| member.split(';').any(|word| word.trim() == "client_max_window_bits"))
}

fn fields<'a>(head: &'a Unit, name: &'a str) -> impl Iterator<Item = &'a Part> {
    head.parts.iter().filter(move |part| part.name.eq_ignore_ascii_case(name))
}
