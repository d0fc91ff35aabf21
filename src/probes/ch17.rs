//! Chapter 17, Secret: TLS. The workshop does not speak it, so the clients of these scripts talk through a tunnel, and
//! what is seen of TLS itself is the type of a record, or what the tunnel says.

use std::thread;
use std::time::{Duration, Instant};

use ch00_wire::{Kind, Unit, masked_frame, rfc_request};

use super::Script;
use super::ch05::text_of;
use super::ch15::{finds_room, in_time};
use super::missed::{Failure, Wanted};
use super::promises::Sight;
use super::secret::Tunnel;
use super::session::{Session, Visitor, is_pong};

/// How soon to ask again which certificate is shown: no event says that it has changed.
const ASK_AGAIN: Duration = Duration::from_millis(20);
/// The length of a message that takes three records.
const LONG: usize = 40_000;
/// The content types of records (RFC 8446, section 5.1).
const ALERT: &str = "21";

/// How much of a ClientHello comes first, where all of it does not come at once.
const PART: usize = 60;
/// How many handshakes go on at the same moment: more than a server should do before it looks at the others again.
const MANY: usize = 40;
/// What the variable says of the deadline of a handshake.
const HANDSHAKE: Duration = Duration::from_secs(1);
/// What the client that asks for a pong has to hear with it.
const PAYLOAD: &[u8] = b"for me alone";

const REFUSED: &str = "an alert, or the end of the connection: this version is not secure";
const TOLD: &str =
    "a refusal that says so, an alert, or the end of the connection: this request is not encrypted";
const GIVEN_UP: &str = "the end of the connection: its TLS handshake is not done";
const NO_ROOM: &str = "503 by TLS: there is no room";
const GOODBYE: &str = "close_notify, and then the end of TCP";

pub(super) const SCRIPTS: &[(&str, Script)] = &[
    ("speaks-tls", |session| {
        through(session, false, |secret, tunnel| {
            let spoken = secret.member().and_then(|mut one| one.is_echoed_among("Li Jing"));
            spoken.map_err(|failure| failure.step(announced(session)))?;
            match tunnel.says(1, |line| line.starts_with("TLSv1_3") || line.starts_with("TLSv1_2"))
            {
                Some(_) => Ok(()),
                None => Err(Failure::missed("TLS 1.2 or 1.3", Sight::Other, tunnel.last())),
            }
        })
    }),
    ("slow-handshake", |session| {
        let _silent = session.visitor()?;
        let mut half = session.visitor()?;
        half.send(&client_hello([3, 3])[..PART])?;
        through(session, false, |secret, _| secret.member()?.is_echoed_among("Li Jing"))
    }),
    ("many-handshakes", |session| {
        const WANTED: &str = "an answer to a ClientHello, as to each of those that came with it";
        let hello = client_hello([3, 3]);
        session.is_reached()?;
        let unseen = session.unrecorded();
        let mut all = Vec::new();
        for _ in 0..MANY {
            let mut one = unseen.visitor()?;
            one.send(&hello[..PART])?;
            all.push(one);
        }
        session.wait_until_rest();
        session.while_it_stands_still(|| {
            all.iter_mut().try_for_each(|one| one.try_to_send(&hello[PART..])).is_ok()
        })?;
        all.iter_mut().try_for_each(|one| match one.unit(WANTED)? {
            unit if unit.kind == Kind::Record => Ok(()),
            unit => Err(one.missed(Failure::wrong(WANTED, Sight::Other, &unit))),
        })
    }),
    ("tls-deadline", |session| {
        through(session, false, |secret, _| {
            let mut member = in_time(HANDSHAKE, || secret.member())?;
            let (mut silent, mut half) = (session.visitor()?, session.visitor()?);
            half.send(&client_hello([3, 3])[..PART])?;
            half.ends(GIVEN_UP).map_err(|failure| failure.step("half"))?;
            silent.ends(GIVEN_UP).map_err(|failure| failure.step("silent"))?;
            // It has come before them, and its handshake was done in time.
            member.is_echoed_among("Li Jing").map_err(|failure| failure.step("open"))
        })
    }),
    ("shared-records", |session| {
        through(session, false, |secret, _| {
            let mut member = secret.member()?;
            let said = ["Li Jing", "says", "three things"];
            let frames: Vec<u8> =
                said.iter().flat_map(|text| masked_frame(1, text.as_bytes())).collect();
            member.send(&frames)?;
            said.iter()
                .try_for_each(|text| member.hears_among(text))
                .map_err(|failure| failure.step("shared"))?;
            member.is_echoed_among(&text_of(LONG, "long")).map_err(|failure| failure.step("long"))
        })
    }),
    ("pong-and-words", |session| {
        through(session, false, |secret, _| {
            let (mut one, mut other) = (secret.member()?, secret.member()?);
            for (text, is_ping_first) in [("after a ping", true), ("before a ping", false)] {
                let mut frames = [masked_frame(1, text.as_bytes()), masked_frame(9, PAYLOAD)];
                if is_ping_first {
                    frames.reverse();
                }
                one.send(&frames.concat())?;
                hears(&mut other, text, false).map_err(|failure| failure.step("others"))?;
                hears(&mut one, text, true).map_err(|failure| failure.step("sender"))?;
            }
            // A pong that belongs to another one is here by then.
            one.says("Li Jing")?;
            hears(&mut other, "Li Jing", false).map_err(|failure| failure.step("others"))
        })
    }),
    ("old-versions", |session| {
        for (step, version) in [("1.0", [3, 1]), ("1.1", [3, 2])] {
            let mut visitor = session.visitor()?;
            visitor.send(&client_hello(version))?;
            is_turned_away(&mut visitor, REFUSED).map_err(|failure| failure.step(step))?;
        }
        still_speaks_tls(session)
    }),
    ("plain-request", |session| {
        let mut visitor = session.visitor()?;
        visitor.send(&rfc_request())?;
        is_turned_away(&mut visitor, TOLD)?;
        still_speaks_tls(session)
    }),
    ("cut-record", |session| {
        through(session, true, |secret, _| {
            let mut member = secret.member()?;
            member.is_echoed_among("Li Jing")?;
            member.leave();
            let other = secret.member().and_then(|mut other| other.is_echoed_among("Li Jing"));
            other.map_err(|failure| failure.step("others"))
        })
    }),
    ("close-notify", |session| {
        through(session, false, |secret, tunnel| {
            let mut member = secret.member()?;
            member.send(&masked_frame(8, &1000_u16.to_be_bytes()))?;
            member.hears_close(Some(1000))?;
            let end = tunnel.says(1, |line| line.starts_with("the server "));
            match end {
                Some(line) if line.starts_with("the server ends TLS") => Ok(()),
                Some(line) => Err(Failure::missed(GOODBYE, Sight::Cut, line)),
                None => Err(Failure::missed(GOODBYE, Sight::Open, "the connection stays open")),
            }
        })
    }),
    ("no-room-by-tls", |session| {
        through(session, false, |secret, _| {
            let mut inside = finds_room(secret)?;
            is_told_of_no_room(session)?;
            inside.is_echoed_among("Li Jing").map_err(|failure| failure.step("inside"))
        })
    }),
    ("reload", |session| {
        let Some(certificate) = session.certificate().filter(|_| cfg!(unix)) else {
            return Err(Failure::Unseen("this system has no HUP"));
        };
        through(session, false, |secret, tunnel| {
            let mut early = secret.member()?;
            let first = tunnel.fingerprint(1);
            certificate.replace().map_err(|_| Failure::Unseen(NO_FILES))?;
            session.hang_up()?;
            let clients = shows_another(session, secret, tunnel, first.as_deref())
                .map_err(|failure| failure.step("new"))?;
            early.is_echoed_among("Li Jing").map_err(|failure| failure.step("early"))?;
            certificate.spoil().map_err(|_| Failure::Unseen(NO_FILES))?;
            session.hang_up()?;
            session.wait_until_rest();
            early.is_echoed_among("Li Jing").map_err(|failure| failure.step("spoiled"))?;
            let late = secret.member().and_then(|mut late| late.is_echoed_among("Li Jing"));
            late.map_err(|failure| failure.step("spoiled"))?;
            match tunnel.fingerprint(clients + 1) == tunnel.fingerprint(clients) {
                true => Ok(()),
                false => Err(Failure::missed(ANOTHER, Sight::Other, "it shows another one")),
            }
        })
    }),
];

const NO_FILES: &str = "the files of the certificate cannot be changed";
const ANOTHER: &str = "the new certificate to be shown to clients that connect after HUP";

/// Lets clients talk to the server of a session through a tunnel. If they see nothing of it, what the tunnel has seen says more.
fn through(
    session: &Session<'_>,
    cuts: bool,
    script: impl FnOnce(&Session<'_>, &Tunnel) -> Result<(), Failure>,
) -> Result<(), Failure> {
    // The tunnel does not wait for a server that has not begun to listen.
    session.is_reached()?;
    let tunnel = Tunnel::to(session, cuts)?;
    script(&session.through(&tunnel), &tunnel).map_err(|mut failure| {
        failure.change(|missed| {
            let says = tunnel.last();
            if missed.sight == Sight::Closed && says.contains("no TLS") {
                let says = says.split_once(": ").map_or(says.as_str(), |(_, says)| says);
                missed.came = says.to_owned();
            }
            if missed.sight == Sight::Silent && says.is_empty() {
                missed.came = "nothing came to the tunnel's ClientHello".to_owned();
            }
        });
        failure
    })
}

/// Whether the server has said that it speaks TLS: then it has found the files.
fn announced(session: &Session<'_>) -> &'static str {
    match session.lines_from(0).iter().any(|line| line.contains("wss://")) {
        true => "said",
        false => "unsaid",
    }
}

/// Hears a message, and the pong with it or before it if the ping was its own. Nobody else is to hear that.
fn hears(member: &mut Visitor<'_>, text: &str, mut has_asked: bool) -> Result<(), Failure> {
    let mut has_heard = false;
    while has_asked || !has_heard {
        let wanted = match has_heard {
            true => Wanted::Pong(PAYLOAD.to_vec()),
            false => Wanted::Text(text.to_owned()),
        };
        let unit = member.any_unit(wanted.clone())?;
        match (is_pong(&unit, PAYLOAD), &unit.text) {
            (true, _) if has_asked => has_asked = false,
            (true, _) => return Err(member.missed(Failure::wrong(wanted, Sight::Extra, &unit))),
            (false, Some(said)) => has_heard |= said == text,
            // A server may ping at any time.
            (false, None) if unit.frame.as_ref().is_some_and(|frame| frame.header.opcode == 9) => {}
            _ => return Err(member.missed(Failure::wrong(wanted, Sight::Other, &unit))),
        }
    }
    Ok(())
}

/// One client too many has its keys, and hears that there is no room, at once or when it asks.
fn is_told_of_no_room(session: &Session<'_>) -> Result<(), Failure> {
    let tunnel = Tunnel::to(session, false)?;
    let secret = session.through(&tunnel);
    let mut visitor = secret.visitor()?;
    let is_known = |line: &str| line.starts_with("TLS") || line.starts_with("no TLS");
    match tunnel.says(1, is_known) {
        Some(line) if line.contains("corrupt message") => {
            let came = "something that is not TLS, before both had their keys";
            return Err(session.missed(Failure::missed(NO_ROOM, Sight::Other, came)).step("clear"));
        }
        Some(line) if line.starts_with("no TLS") => {
            let came = "the connection ended before both had their keys";
            return Err(session.missed(Failure::missed(NO_ROOM, Sight::Closed, came)).step("keys"));
        }
        Some(_) => {}
        None => {
            let came = "no handshake: nothing came";
            return Err(session.missed(Failure::missed(NO_ROOM, Sight::Silent, came)).step("keys"));
        }
    }
    // A server that says so without being asked may close with the request unread, and what it said may be lost by that.
    let unit = match visitor.what_comes() {
        Some(unit) => unit,
        None => {
            let _ = visitor.try_to_send(&rfc_request());
            visitor.unit(NO_ROOM).map_err(|failure| failure.step("spoken"))?
        }
    };
    visitor.is_refusal(&unit, NO_ROOM)?;
    visitor.ends("the connection to be closed after the refusal").map(drop)
}

fn still_speaks_tls(session: &Session<'_>) -> Result<(), Failure> {
    through(session, false, |secret, _| secret.member()?.is_echoed_among("Li Jing"))
        .map_err(|failure| failure.step("others"))
}

/// Sees the connection end, after an alert or a refusal or without a word.
fn is_turned_away(visitor: &mut Visitor<'_>, wanted: &'static str) -> Result<(), Failure> {
    match visitor.unit(wanted) {
        Err(Failure::Missed(missed)) if missed.sight == Sight::Closed => Ok(()),
        Err(failure) => Err(failure),
        Ok(unit) if is_alert(&unit) => visitor.ends(wanted).map(drop),
        Ok(unit) if unit.kind == Kind::Record => {
            Err(visitor.missed(Failure::wrong(wanted, Sight::Taken, &unit)))
        }
        Ok(unit) => {
            visitor.is_refusal(&unit, wanted)?;
            visitor.ends(wanted).map(drop)
        }
    }
}

fn is_alert(unit: &Unit) -> bool {
    unit.kind == Kind::Record && unit.value("content type") == Some(ALERT)
}

/// Waits until a client sees another certificate than the first. The number of clients so far.
fn shows_another(
    session: &Session<'_>,
    secret: &Session<'_>,
    tunnel: &Tunnel,
    first: Option<&str>,
) -> Result<usize, Failure> {
    let start = Instant::now();
    for client in 2.. {
        secret.member()?.leave();
        if tunnel.fingerprint(client).as_deref() != first {
            return Ok(client);
        }
        if start.elapsed() > session.patience() {
            break;
        }
        thread::sleep(ASK_AGAIN);
    }
    Err(session.missed(Failure::missed(ANOTHER, Sight::Other, "the old one is shown")))
}

/// A ClientHello that asks for this version at most, as a client of its time sent it: with the ciphers that servers
/// which still speak it would take.
fn client_hello(version: [u8; 2]) -> Vec<u8> {
    let ciphers: Vec<u8> = [0xc02b_u16, 0xc02f, 0xc00a, 0xc014, 0xc009, 0xc013, 0x0035, 0x002f]
        .into_iter()
        .flat_map(u16::to_be_bytes)
        .collect();
    let extensions = [
        extension(10, &[0, 6, 0, 29, 0, 23, 0, 24]),
        extension(11, &[1, 0]),
        extension(13, &[0, 10, 4, 3, 8, 4, 4, 1, 2, 3, 2, 1]),
    ]
    .concat();
    let body =
        [&version[..], &[7; 32], &[0], &with_length(&ciphers), &[1, 0], &with_length(&extensions)]
            .concat();
    let message = [&[1, 0][..], &with_length(&body)].concat();
    [&[22, 3, 1][..], &with_length(&message)].concat()
}

fn extension(number: u16, body: &[u8]) -> Vec<u8> {
    [&number.to_be_bytes()[..], &with_length(body)].concat()
}

fn with_length(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_be_bytes()[..], bytes].concat()
}
