//! Chapter 03, Accept: the connection opens.

use ch00_wire::{RFC_KEY, Unit, is_accept_value, masked_frame, request, rfc_key_line, rfc_request};

use super::Script;
use super::findings::{ACCEPT, RFC_ACCEPT};
use super::heads::{self, HEADS};
use super::missed::{Failure, Wanted, is_whole_frame};
use super::promises::Sight;
use super::session::Session;

/// How long the value of a large cookie is, in bytes.
const COOKIE: usize = 3_000;

pub(super) const SCRIPTS: &[(&str, Script)] = &[
    ("accepts-the-rfc-key", |session| accepts(session, &rfc_key_line(), RFC_ACCEPT)),
    ("accepts-another-key", |session| {
        let line = "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==";
        accepts(session, line, "HSmrc0sMlYUkAGmm5OPpG2HaGWk=")
    }),
    ("key-alone", |session| {
        accepts(session, &format!("sec-websocket-key:{RFC_KEY}"), RFC_ACCEPT)?;
        accepts(session, &format!("Sec-WebSocket-Key: \t{RFC_KEY}  "), RFC_ACCEPT)
    }),
    ("upgrade-fields", |session| {
        let (_visitor, head) = session.handshake(&rfc_request())?;
        has(session, &head, "Upgrade", "websocket", |value| {
            value.eq_ignore_ascii_case("websocket")
        })?;
        has(session, &head, "Connection", "Upgrade", |value| {
            value.split(',').any(|word| word.trim().eq_ignore_ascii_case("upgrade"))
        })
    }),
    ("unasked-fields", |session| {
        let (_visitor, head) = session.handshake(&rfc_request())?;
        agrees_to_nothing(session, &head)
    }),
    ("unspoken-extensions", |session| {
        let offers = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits";
        let request = request(&format!("{}\r\n{offers}", rfc_key_line()));
        let (_visitor, head) = session.handshake(&request)?;
        agrees_to_nothing(session, &head)
    }),
    ("nothing-after-head", |session| {
        let mut visitor = session.member()?;
        visitor.hears_nothing("nothing after the empty line")?;
        visitor.has_sent_all();
        match visitor.ends("nothing after the empty line") {
            // That it hangs up is another promise.
            Err(Failure::Missed(missed)) if missed.sight == Sight::Open => Ok(()),
            Err(failure) => Err(failure),
            // A frame that is whole is a farewell.
            Ok(after) => match after.first().filter(|unit| !is_whole_frame(unit)) {
                Some(unit) => Err(session.missed(Failure::wrong(
                    "nothing after the empty line",
                    Sight::Extra,
                    unit,
                ))),
                None => Ok(()),
            },
        }
    }),
    ("answers-the-end", |session| {
        let mut visitor = session.member()?;
        visitor.has_sent_all();
        visitor.ends("the connection to be closed: the client has no more to say").map(drop)
    }),
    ("answers-once", |session| {
        let mut visitor = session.member()?;
        visitor.send_alone(&masked_frame(1, b"Li Jing"))?;
        let head = match visitor.next_head() {
            Some(head) => head,
            None => return Ok(()),
        };
        let wanted = "no second response head";
        Err(session.missed(Failure::wrong(wanted, Sight::Extra, &head).with("another one came")))
    }),
    ("real-clients", |session| {
        HEADS.iter().try_for_each(|(client, head)| {
            let (head, with_cookie) =
                (heads::bytes(head), heads::bytes(&heads::with_cookie(head, COOKIE)));
            [vec![], vec![30, head.len() - 2]]
                .iter()
                .try_for_each(|cuts| opens_for(session, &head, cuts))
                .and_then(|()| opens_for(session, &with_cookie, &[]))
                .and_then(|()| opens_for(session, &with_cookie, &[1_000, 2_000]))
                .map_err(|failure| failure.to(client))
        })
    }),
    ("next-opening", |session| {
        session.member()?.leave();
        session.member().map(drop)
    }),
];

fn accepts(session: &Session, key_line: &str, accept: &str) -> Result<(), Failure> {
    let (_visitor, head) = session.handshake(&request(key_line))?;
    let accepted = has(session, &head, ACCEPT, accept, |value| value == accept);
    match head.value(ACCEPT).is_some_and(is_accept_value) {
        true => accepted.map_err(|failure| failure.step("digest")),
        false => accepted,
    }
}

/// Sends the head of a real client, in these pieces, and sees its connection open.
fn opens_for(session: &Session, request: &[u8], cuts: &[usize]) -> Result<(), Failure> {
    let mut visitor = session.visitor()?;
    visitor.send_cut(request, cuts)?;
    let head = visitor.head(101)?;
    has(session, &head, ACCEPT, RFC_ACCEPT, |value| value == RFC_ACCEPT)
}

/// Sees a field in the head, with a value that is right.
fn has(
    session: &Session,
    head: &Unit,
    name: &'static str,
    wanted: &str,
    right: impl Fn(&str) -> bool,
) -> Result<(), Failure> {
    let missed = || Failure::wrong(Wanted::Field(name, wanted.to_owned()), Sight::Field, head);
    let failure = match head.parts.iter().find(|part| part.name.eq_ignore_ascii_case(name)) {
        Some(part) if right(&part.value) => return Ok(()),
        Some(part) => {
            let start = part.start - head.start + name.len() + ": ".len();
            let same = part.value.bytes().zip(wanted.bytes()).take_while(|(a, b)| a == b).count();
            missed().at(start + same).with(format!("{name}: {}", part.value))
        }
        // It belongs before the empty line.
        None => missed()
            .at(head.bytes.len().saturating_sub(2))
            .with(format!("the head has no field {name}")),
    };
    Err(session.missed(failure))
}

/// Sees no field in the head that agrees to something.
fn agrees_to_nothing(session: &Session, head: &Unit) -> Result<(), Failure> {
    let agrees = ["Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"];
    let part = head
        .parts
        .iter()
        .find(|part| agrees.iter().any(|name| part.name.eq_ignore_ascii_case(name)));
    let Some(part) = part else { return Ok(()) };
    let wanted = format!("a head without {}", part.name);
    let failure = Failure::wrong(wanted, Sight::Field, head)
        .at(part.start - head.start)
        .with(format!("{}: {}", part.name, part.value));
    Err(session.missed(failure))
}
