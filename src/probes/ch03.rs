//! Chapter 03, Accept: the connection opens.

use ch00_wire::{RFC_KEY, Unit, rfc_key_line};

use super::Probe;
use super::bench::{Bench, Failure, Wanted};

/// The accept value of [`RFC_KEY`], from section 1.3.
const RFC_ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

pub(super) const PROBES: &[Probe] = &[
    Probe {
        chapter: 3,
        promise: "answers the key of the RFC with 101 and its accept value",
        section: "1.3",
        mistake: "the digest in hexadecimal, the key decoded before it is hashed, or the GUID mistyped",
        script: |bench| accepts(bench, &rfc_key_line(), RFC_ACCEPT),
    },
    Probe {
        chapter: 3,
        promise: "answers another key with another value",
        section: "4.2.2",
        mistake: "the example of the RFC, copied",
        script: |bench| {
            let line = "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==";
            accepts(bench, line, "HSmrc0sMlYUkAGmm5OPpG2HaGWk=")
        },
    },
    Probe {
        chapter: 3,
        promise: "makes the accept value from the key alone",
        section: "4.2.2",
        mistake: "the space around the key is hashed with it, or a name in lower case is not found",
        script: |bench| {
            accepts(bench, &format!("sec-websocket-key:{RFC_KEY}"), RFC_ACCEPT)?;
            accepts(bench, &format!("Sec-WebSocket-Key: \t{RFC_KEY}  "), RFC_ACCEPT)
        },
    },
    Probe {
        chapter: 3,
        promise: "says that it upgrades, and to what",
        section: "4.2.2",
        mistake: "a response without Upgrade and Connection",
        script: |bench| {
            let (_client, answer) = bench.handshake(&rfc_key_line())?;
            field(&answer, "Upgrade", "websocket", |value| {
                value.eq_ignore_ascii_case("websocket")
            })?;
            field(&answer, "Connection", "Upgrade", |value| {
                value.split(',').any(|token| token.trim().eq_ignore_ascii_case("upgrade"))
            })
        },
    },
    Probe {
        chapter: 3,
        promise: "sends nothing after the empty line",
        section: "4.2.2",
        mistake: "a line end or a NUL too many: it is the first byte of a frame",
        script: |bench| {
            let mut client = bench.open()?;
            client.finish_sending();
            let (_, after) = client.ended().wanted("the connection to be closed")?;
            match after.first() {
                Some(unit) if unit.frame.as_ref().is_none_or(|frame| frame.header.opcode != 8) => {
                    Err(Failure::wrong("nothing after the empty line", unit, 0))
                }
                _ => Ok(()),
            }
        },
    },
    Probe {
        chapter: 3,
        promise: "opens a connection for the next client after one has left",
        section: "7.1.1",
        mistake: "one flag for all clients says that the handshake is done",
        script: |bench| {
            bench.open()?.leave();
            bench.open().map(drop)
        },
    },
];

fn accepts(bench: &Bench, key_line: &str, accept: &str) -> Result<(), Failure> {
    let (_client, answer) = bench.handshake(key_line)?;
    field(&answer, "Sec-WebSocket-Accept", accept, |value| value == accept)
}

/// Sees a header field in the answer, with a value that is right.
fn field(
    answer: &Unit,
    name: &str,
    wanted: &str,
    right: impl Fn(&str) -> bool,
) -> Result<(), Failure> {
    let expected = format!("{name}: {wanted}");
    match answer.parts.iter().find(|part| part.name.eq_ignore_ascii_case(name)) {
        None => Err(Failure::wrong(expected, answer, answer.bytes.len())),
        Some(part) if right(&part.value) => Ok(()),
        Some(part) => {
            let at = part.start - answer.start + name.len() + ": ".len();
            Err(Failure::wrong(expected, answer, at))
        }
    }
}
