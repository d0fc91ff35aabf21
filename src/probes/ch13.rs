//! Chapter 13, Who may come in: the opening handshake to the letter, and an Origin that is looked at.

use ch00_wire::{
    HIXIE76_ANSWER, HIXIE76_KEY1, HIXIE76_KEY2, HIXIE76_KEY3, Unit, hex, hixie76_request, request,
    rfc_key_line, rfc_request,
};

use super::Script;
use super::heads::{self, HEADS};
use super::missed::{Failure, Wanted};
use super::promises::Sight;
use super::session::Session;

/// More fields than any client sends, in fewer bytes than a head may have.
const TOO_MANY: usize = 2_000;
/// As many as a client with extensions, cookies and a proxy or two may send.
const MANY: usize = 50;
/// How long the value of a large cookie is, in bytes, and how long each piece of the head that has it.
const COOKIE: usize = 3_000;
const PIECE: usize = 16;

const VERSION: &str = "Sec-WebSocket-Version: 13";
const HOST: &str = "Host: server.example.com";
const UPGRADE: &str = "Upgrade: websocket";
const CONNECTION: &str = "Connection: Upgrade";
const ORIGIN: &str = "Origin: http://example.com";
const PROTOCOL: &str = "Sec-WebSocket-Protocol";

pub(super) const SCRIPTS: &[(&str, Script)] = &[
    ("version-thirteen", |session| {
        takes(session, &[("good", rfc_request())])?;
        // Versions that nobody speaks: a server may know one or two of the older ones.
        ["12", "99", "130"].iter().try_for_each(|other| {
            names_thirteen(
                session,
                "other",
                &with(VERSION, &format!("Sec-WebSocket-Version: {other}")),
            )
        })?;
        names_thirteen(session, "none", &without(VERSION))?;
        session.refuses_at("two", &and("Sec-WebSocket-Version: 8"))
    }),
    ("one-host", |session| {
        takes(
            session,
            &[
                ("good", with(HOST, "Host: localhost")),
                ("good", with(HOST, "Host: 127.0.0.1:4000")),
                ("good", with(HOST, "host:[::1]:4000")),
            ],
        )?;
        session.refuses_at("none", &without(HOST))?;
        session.refuses_at("two", &and("Host: other.example.com"))?;
        ["server.example.com/chat", "user@server.example.com", "server example.com"]
            .iter()
            .try_for_each(|host| {
                session.refuses_at("malformed", &with(HOST, &format!("Host: {host}")))
            })
    }),
    ("upgrade-in-lists", |session| {
        takes(
            session,
            &[
                ("case", with(UPGRADE, "upgrade: WebSocket")),
                ("case", with(CONNECTION, "CONNECTION: UPGRADE")),
                ("list", with(UPGRADE, "Upgrade: h2c, websocket")),
                ("list", with(CONNECTION, "Connection: keep-alive,\tUpgrade")),
                ("fields", with(UPGRADE, "Upgrade: h2c\r\nUpgrade: websocket")),
                ("fields", with(CONNECTION, "Connection: keep-alive\r\nConnection: Upgrade")),
            ],
        )?;
        session.refuses_at("no-upgrade", &without(UPGRADE))?;
        session.refuses_at("no-connection", &without(CONNECTION))?;
        session.refuses_at("other", &with(UPGRADE, "Upgrade: websockets"))?;
        session.refuses_at("other", &with(CONNECTION, "Connection: Upgrade-Insecure"))
    }),
    ("key-of-sixteen", |session| {
        takes(session, &[("good", rfc_request())])?;
        let of = |key: &str| request(&format!("Sec-WebSocket-Key: {key}"));
        session.refuses_at("not-base64", &of("Li Jing!"))?;
        // Whoever passes over the asterisk has sixteen bytes.
        session.refuses_at("not-base64", &of("dGhlIHNhbXBs*ZSBub25jZQ=="))?;
        session.refuses_at("length", &of("dGhlIHNhbXBsZSBub25j"))?;
        session.refuses_at("length", &of("dGhlIHNhbXBsZSBub25jZWQ="))?;
        session.refuses_at("two", &and("Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw=="))
    }),
    ("subprotocol-offered", |session| {
        let offers: [&[&str]; 4] =
            [&["superchat, chat"], &["mqtt", "chat"], &["chats"], &["Chat,\tSUPERCHAT"]];
        offers.iter().try_for_each(|fields| chooses(session, fields))?;
        ["chat, su per", "\"chat\"", "chat\rSet-Cookie: a=b", "chat;q=1"].iter().try_for_each(
            |offer| session.refuses_at("malformed", &and(&format!("{PROTOCOL}: {offer}"))),
        )
    }),
    ("fields-in-form", |session| {
        takes(session, &[("good", and("X-Name:")), ("good", and("X-Name: a\t(b) \"c\""))])?;
        session.refuses_at("space", &and("X-Name : a"))?;
        session.refuses_at("no-name", &and(": a"))?;
        let folded = request(&format!("X-Name: a\r\n {}", rfc_key_line()));
        session.refuses_at("folded", &folded)?;
        session.refuses_at("target", &with("GET /chat", "GET /ch\u{1}at"))
    }),
    ("head-in-bounds", |session| {
        let fields = |count: usize| and("a: b\r\n".repeat(count).trim_end());
        takes(session, &[("many", fields(MANY))])?;
        let mut visitor = session.visitor()?;
        let large = heads::bytes(&heads::with_cookie(HEADS[0].1, COOKIE));
        large.chunks(PIECE).try_for_each(|piece| visitor.send(piece))?;
        visitor.head(101).map_err(|failure| failure.step("drop-by-drop"))?;
        keeps_out(session, &fields(TOO_MANY)).map_err(|failure| failure.step("too-many"))
    }),
    ("origin-list", |session| {
        takes(
            session,
            &[
                ("ours", of_origin("http://example.com")),
                ("ours", of_origin("https://chat.example.com:8443")),
                ("none", without(ORIGIN)),
            ],
        )?;
        session.refuses_at("foreign", &of_origin("http://cats.example.net"))?;
        session.refuses_at("foreign", &of_origin("null"))?;
        session.refuses_at("two", &and("Origin: http://cats.example.net"))
    }),
    ("origin-whole", |session| {
        let others = [
            ("behind", "http://example.com.cats.example.net"),
            ("before", "http://cats-example.com"),
            ("before", "http://cats.example.com"),
            ("scheme", "https://example.com"),
            ("port", "http://example.com:8080"),
            ("port", "https://chat.example.com"),
        ];
        others.iter().try_for_each(|(step, other)| session.refuses_at(step, &of_origin(other)))
    }),
    ("origin-of-2010", |session| {
        let of = |origin: &str| {
            let head = hixie76_request(HIXIE76_KEY1, HIXIE76_KEY2);
            let head = String::from_utf8_lossy(&head).replace(ORIGIN, &format!("Origin: {origin}"));
            [head.as_bytes(), HIXIE76_KEY3].concat()
        };
        let mut visitor = session.visitor()?;
        visitor.send(&of("http://example.com"))?;
        visitor.head(101).map_err(|failure| failure.step("ours"))?;
        visitor.brings(Wanted::Bytes(hex(HIXIE76_ANSWER), HIXIE76_ANSWER.to_vec()))?;
        keeps_out(session, &of("http://cats.example.net"))
    }),
];

/// The request of the RFC, with one of its parts replaced.
fn with(part: &str, to: &str) -> Vec<u8> {
    String::from_utf8_lossy(&rfc_request()).replacen(part, to, 1).into_bytes()
}

/// The same, without one of its lines.
fn without(line: &str) -> Vec<u8> {
    with(&format!("{line}\r\n"), "")
}

/// The same, with one line more.
fn and(line: &str) -> Vec<u8> {
    with(VERSION, &format!("{VERSION}\r\n{line}"))
}

fn of_origin(origin: &str) -> Vec<u8> {
    with(ORIGIN, &format!("Origin: {origin}"))
}

/// Sees each of these requests answered with 101.
fn takes(session: &Session, requests: &[(&'static str, Vec<u8>)]) -> Result<(), Failure> {
    requests.iter().try_for_each(|(step, request)| {
        session.handshake(request).map(drop).map_err(|failure| failure.step(step))
    })
}

/// Sees a request refused with the version that the server speaks.
fn names_thirteen(session: &Session, step: &'static str, bytes: &[u8]) -> Result<(), Failure> {
    let mut visitor = session.visitor()?;
    visitor.send(bytes)?;
    let head = visitor.refusal().map_err(|failure| failure.step(step))?;
    let is_there = fields(&head, "Sec-WebSocket-Version")
        .any(|value| value.split(',').any(|version| version.trim() == "13"));
    if is_there {
        return Ok(());
    }
    let came = match head.value("Sec-WebSocket-Version") {
        Some(value) => format!("the refusal says Sec-WebSocket-Version: {value}"),
        None => "the refusal has no field Sec-WebSocket-Version".to_owned(),
    };
    let wanted = Wanted::Field("Sec-WebSocket-Version", "13".to_owned());
    let failure = Failure::wrong(wanted, Sight::Field, &head).at(head.bytes.len() - 2);
    Err(session.missed(failure.with(came).step(step)))
}

/// Sees an answer to this offer that names one of the subprotocols in it, or none.
fn chooses(session: &Session, offer: &[&str]) -> Result<(), Failure> {
    let lines: Vec<String> = offer.iter().map(|value| format!("{PROTOCOL}: {value}")).collect();
    let (_visitor, head) =
        session.handshake(&and(&lines.join("\r\n"))).map_err(|failure| failure.step("offer"))?;
    let chosen: Vec<&str> = fields(&head, PROTOCOL).collect();
    let mut offered = offer.iter().flat_map(|value| value.split(',')).map(str::trim);
    let is_whole = |value: &str| offer.contains(&value) && value.contains(',');
    let failure = match chosen[..] {
        [] => return Ok(()),
        [one] if offered.any(|name| name == one) => return Ok(()),
        [one] => Failure::wrong(
            "one of the subprotocols that were offered, or none",
            Sight::Field,
            &head,
        )
        .with(format!("{PROTOCOL}: {one}, to an offer of {}", offer.join(", "))),
        _ => Failure::wrong("one field Sec-WebSocket-Protocol, or none", Sight::Extra, &head)
            .with(format!("{} of them came", chosen.len())),
    };
    let failure = match chosen.iter().any(|value| is_whole(value)) {
        true => failure.because("the whole offer is sent back: one of its names is to be chosen"),
        false => failure,
    };
    let place = head.parts.iter().find(|part| part.name.eq_ignore_ascii_case(PROTOCOL));
    let failure = failure.at(place.map_or(0, |part| part.start - head.start));
    Err(session.missed(failure.step("offer")))
}

/// The values of a field, in order.
fn fields<'a>(head: &'a Unit, name: &'a str) -> impl Iterator<Item = &'a str> {
    let has_name = move |part: &&ch00_wire::Part| part.name.eq_ignore_ascii_case(name);
    head.parts.iter().filter(has_name).map(|part| part.value.as_str())
}

/// Sees a request refused, or the connection ended. A server that has enough may hang up before all has come, and then
/// its refusal may be lost.
fn keeps_out(session: &Session, bytes: &[u8]) -> Result<(), Failure> {
    let mut visitor = session.visitor()?;
    if visitor.try_to_send(bytes).is_err() {
        return Ok(());
    }
    match visitor.refusal() {
        Err(Failure::Missed(missed)) if missed.sight == Sight::Closed && missed.end.is_none() => {
            Ok(())
        }
        refusal => refusal.map(drop),
    }
}
