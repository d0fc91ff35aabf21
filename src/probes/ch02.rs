//! Chapter 02, The key: a request, or anything else.

use ch00_wire::{RFC_KEY, request, rfc_key_line, rfc_request};
use stage::Trouble;

use super::Script;
use super::heads::{self, HEADS};
use super::missed::{Failure, status};
use super::promises::Sight;
use super::session::Session;

/// First lines that do not ask for a WebSocket, beside POST.
const FIRST_LINES: [&str; 3] = ["GET /chat", "GET /chat HTTP/1.0", "GET /chat HTTP/1.1 now"];

/// What a good request has in the lines that the scripts change.
const GET: &str = "GET /chat HTTP/1.1";
const UPGRADE: &str = "Upgrade: websocket";
const CONNECTION: &str = "Connection: Upgrade";

/// Longer than any head, in bytes.
const TOO_LONG: usize = 1_000_000;
/// How long the value of a large cookie is, in bytes.
const COOKIE: usize = 3_000;

pub(super) const SCRIPTS: &[(&str, Script)] = &[
    ("refuses-no-request", |session| {
        let key = rfc_key_line();
        session.refuses_at("hello", b"hello\r\n\r\n")?;
        session.refuses_at("method", &head(["POST /chat HTTP/1.1", UPGRADE, CONNECTION, &key]))?;
        FIRST_LINES.iter().try_for_each(|line| {
            session.refuses_at("first-line", &head([line, UPGRADE, CONNECTION, &key]))
        })?;
        session.refuses_at("no-colon", &head([GET, "Upgrade", CONNECTION, &key]))?;
        session.refuses_at("no-text", b"\xff\xfe\r\n\r\n")
    }),
    ("refuses-no-key", |session| {
        let other = format!("X-{}", rfc_key_line());
        let without = head([GET, UPGRADE, CONNECTION, "Accept: */*"]);
        session.refuses_at("none", &without)?;
        session.refuses_at("other-name", &head([GET, UPGRADE, CONNECTION, &other]))?;
        session.refuses_at("empty", &head([GET, UPGRADE, CONNECTION, "Sec-WebSocket-Key:"]))
    }),
    ("takes-a-good-request", |session| takes(session, &rfc_request())),
    ("key-in-any-case", |session| {
        takes(session, &request(&format!("sec-websocket-key: {RFC_KEY}")))?;
        takes(session, &request(&format!("SEC-WEBSOCKET-KEY: {RFC_KEY}")))
    }),
    ("key-with-any-space", |session| {
        takes(session, &request(&format!("Sec-WebSocket-Key:{RFC_KEY}")))?;
        takes(session, &request(&format!("Sec-WebSocket-Key:\t  {RFC_KEY}\t")))
    }),
    ("connection-list", |session| {
        let key = rfc_key_line();
        let list = head([GET, UPGRADE, "Connection: keep-alive, Upgrade", &key]);
        let case = head([GET, "Upgrade: WebSocket", "Connection: upgrade", &key]);
        takes(session, &list).map_err(|failure| failure.step("list"))?;
        takes(session, &case).map_err(|failure| failure.step("case"))
    }),
    ("head-in-pieces", |session| {
        let mut visitor = session.visitor()?;
        visitor.send_cut(&rfc_request(), &[30])?;
        session.takes(visitor)
    }),
    ("long-heads", |session| {
        HEADS.iter().take(2).try_for_each(|(_, head)| {
            takes(session, &heads::bytes(head))?;
            takes(session, &heads::bytes(&heads::with_cookie(head, COOKIE)))
        })
    }),
    ("endless-head", |session| {
        let mut visitor = session.visitor()?;
        let request = rfc_request();
        let head = [&request[..request.len() - 2], b"X-Name: ", &[b'x'; TOO_LONG][..]].concat();
        match visitor.try_to_send(&head) {
            // A server that has enough may hang up before all has come.
            Ok(()) | Err(Trouble::Ended(..)) => {}
            Err(trouble) => {
                let wanted = "the bytes to be taken, or the connection to be closed".into();
                return Err(session.missed(Failure::trouble(wanted, trouble)));
            }
        }
        let ends = visitor.ends("the connection to be closed");
        ends.map_err(|failure| failure.step("head"))?;
        session.refuses(b"hello\r\n\r\n").map_err(|failure| failure.step("next"))
    }),
    ("half-head", |session| {
        let mut visitor = session.visitor()?;
        visitor.send(b"GET /chat HTTP/1.1\r\nSec-WebSo")?;
        visitor.leave();
        session.refuses(b"hello\r\n\r\n")?;
        // Everything but the empty line.
        let mut visitor = session.visitor()?;
        let request = rfc_request();
        visitor.send(&request[..request.len() - 2])?;
        visitor.has_sent_all();
        let wanted = "the connection to be closed, after a 400 or without an answer";
        let answer = visitor.ends(wanted)?;
        match answer.iter().find(|unit| status(unit) == Some("101")) {
            Some(unit) => Err(session.missed(Failure::wrong(wanted, Sight::Granted, unit))),
            None => Ok(()),
        }
    }),
];

/// A head with these lines in it.
fn head([first, upgrade, connection, key]: [&str; 4]) -> Vec<u8> {
    let host = "Host: server.example.com";
    let lines = [first, host, upgrade, connection, key, "Sec-WebSocket-Version: 13", "\r\n"];
    lines.join("\r\n").into_bytes()
}

/// Sends a good request, and sees that it is not refused.
fn takes(session: &Session, request: &[u8]) -> Result<(), Failure> {
    let mut visitor = session.visitor()?;
    visitor.send(request)?;
    session.takes(visitor)
}
