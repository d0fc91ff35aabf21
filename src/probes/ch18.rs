//! Chapter 18, The other end: what a client promises. Here the checker is the server.

use std::collections::HashSet;
use std::time::Duration;

use ch00_wire::{Unit, masked_frame, unmasked_frame};

use super::caller::{Guest, Reception, granted, wrong_frame};
use super::missed::{Failure, Wanted};
use super::promises::Sight;

/// What holds a client to a promise.
pub(super) type ClientScript = fn(&Reception) -> Result<(), Failure>;

/// How long a client is watched that is to wait.
const MOMENT: Duration = Duration::from_millis(250);
/// How long one is watched that has lost its server, and how often it comes back in that time if it does not wait.
const SECOND: Duration = Duration::from_secs(1);
const AT_ONCE: usize = 3;

const KEY: &str = "Sec-WebSocket-Key";
const VERSION: &str = "Sec-WebSocket-Version";
const ACCEPT: &str = "Sec-WebSocket-Accept: ";
/// The accept value of no key at all.
const OTHER_ACCEPT: &str = "Kfh9QIsMVZcl6xEPYxPHzW8SZ8w=";
const GRANTED: &str = "HTTP/1.1 101 Switching Protocols";

pub(super) const SCRIPTS: &[(&str, ClientScript)] = &[
    ("client-asks", |reception| {
        let mut guest = reception.guest()?;
        let request = guest.request()?;
        let line = request.value("request line").unwrap_or_default();
        if line != "GET /chat HTTP/1.1" {
            return Err(Failure::wrong("GET /chat HTTP/1.1", Sight::Other, &request).at(0));
        }
        let host = guest.at().to_string();
        has(&request, "Host", &host, |value| value == host)?;
        has(&request, "Upgrade", "websocket", |value| value.eq_ignore_ascii_case("websocket"))?;
        has(&request, "Connection", "Upgrade", |value| {
            value.split(',').any(|item| item.trim().eq_ignore_ascii_case("upgrade"))
        })?;
        has(&request, VERSION, "13", |value| value == "13")
    }),
    ("client-key", |reception| {
        let mut keys = HashSet::new();
        for _ in 0..3 {
            let request = reception.guest()?.request()?;
            has(&request, KEY, "the Base64 of sixteen bytes", is_key)
                .map_err(|failure| failure.step("length"))?;
            if !keys.insert(request.value(KEY).map(str::to_owned)) {
                let failure = Failure::wrong(
                    Wanted::Field(KEY, "another one than before".to_owned()),
                    Sight::Field,
                    &request,
                );
                return Err(failure.at(place(&request, KEY)).step("again"));
            }
        }
        Ok(())
    }),
    ("client-talks", |reception| {
        let mut guest = reception.member()?;
        guest.types("Li Jing");
        guest.hears("Li Jing").map_err(|failure| failure.step("line"))?;
        let before = guest.lines();
        let text = "\u{6f22} is a character";
        guest.send(&unmasked_frame(1, text.as_bytes()))?;
        guest.prints(before, text).map_err(|failure| failure.step("text"))
    }),
    ("client-masks", |reception| {
        let mut guest = reception.member()?;
        let mut keys = HashSet::new();
        for _ in 0..4 {
            guest.types("Li Jing");
            let unit = guest.hears("Li Jing")?;
            let key = unit.frame.as_ref().and_then(|frame| frame.header.masking_key);
            let failure = |what: &str, at| {
                wrong_frame(what.to_owned(), 1, b"Li Jing", Sight::Other, &unit).at(at)
            };
            match key {
                None => {
                    let what = "a masked frame: MASK is 1, and a masking-key follows";
                    return Err(failure(what, 1).step("mask"));
                }
                Some([0, 0, 0, 0]) => {
                    let what = "a masking-key by chance: four zeros mask nothing";
                    return Err(failure(what, 2).step("zeros"));
                }
                Some(key) if !keys.insert(key) => {
                    let what = "another masking-key than before";
                    return Err(failure(what, 2).step("again"));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }),
    ("client-accept", |reception| {
        answered(reception, |good| {
            let (before, rest) = good.split_once(ACCEPT)?;
            let (_, behind) = rest.split_once("\r\n")?;
            Some(format!("{before}{ACCEPT}{OTHER_ACCEPT}\r\n{behind}"))
        })
        .map_err(|failure| failure.step("other"))?;
        answered(reception, |good| {
            let (before, rest) = good.split_once(ACCEPT)?;
            let (_, behind) = rest.split_once("\r\n")?;
            Some(format!("{before}{behind}"))
        })
        .map_err(|failure| failure.step("none"))
    }),
    ("client-status", |reception| {
        answered(reception, |good| Some(good.replace(GRANTED, "HTTP/1.1 200 OK")))
            .map_err(|failure| failure.step("ok"))?;
        let found = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/chat";
        answered(reception, |good| Some(good.replace(GRANTED, found)))
            .map_err(|failure| failure.step("elsewhere"))?;
        let fields =
            [("Upgrade: websocket\r\n", "upgrade"), ("Connection: Upgrade\r\n", "connection")];
        fields.iter().try_for_each(|(field, step)| {
            answered(reception, |good| Some(good.replace(field, "")))
                .map_err(|failure| failure.step(step))
        })
    }),
    ("client-not-asked", |reception| {
        let lines = [
            ("Sec-WebSocket-Extensions: x-not-asked-for\r\n", "extension"),
            ("Sec-WebSocket-Protocol: not-asked-for\r\n", "subprotocol"),
        ];
        lines.iter().try_for_each(|(line, step)| {
            let mut guest = reception.guest()?;
            let request = guest.request()?;
            guest.send(granted(&request, line).as_bytes())?;
            guest.gives_up().map_err(|failure| failure.step(step))
        })
    }),
    ("client-pong", |reception| {
        let mut guest = reception.member()?;
        let payloads: [&[u8]; 4] = [b"Hello", b"", &[0x00, 0xff, 0x80, 0x0a], &[0x61; 125]];
        payloads.iter().try_for_each(|payload| {
            guest.send(&unmasked_frame(9, payload))?;
            guest.hears_pong(payload)
        })
    }),
    ("client-fragments", |reception| {
        let mut guest = reception.member()?;
        let before = guest.lines();
        guest.send(b"\x01\x03Li ")?;
        guest.send(&unmasked_frame(9, b"Hello"))?;
        guest.hears_pong(b"Hello").map_err(|failure| failure.step("ping"))?;
        guest.send(b"\x80\x04Jing")?;
        guest.prints(before, "Li Jing").map_err(|failure| failure.step("whole"))
    }),
    ("client-masked-server", |reception| {
        fails(reception, "text", &masked_frame(1, b"Li Jing"))?;
        fails(reception, "ping", &masked_frame(9, b"Hello"))
    }),
    ("client-close", |reception| {
        for code in [1000, 4000] {
            let mut guest = reception.member()?;
            guest.send(&unmasked_frame(8, &u16::to_be_bytes(code)))?;
            guest.hears_close(code).map_err(|failure| failure.step("answer"))?;
            guest.waits_for_our_end(MOMENT).map_err(|failure| failure.step("first"))?;
            guest.ends().map_err(|failure| failure.step("end"))?;
        }
        Ok(())
    }),
    ("client-goodbye", |reception| {
        let mut guest = reception.member()?;
        guest.types("Li Jing");
        guest.hears("Li Jing")?;
        guest.ends_input();
        guest.hears_goodbye().map_err(|failure| failure.step("goodbye"))?;
        guest.send(&unmasked_frame(8, &1000_u16.to_be_bytes()))?;
        guest.ends().map_err(|failure| failure.step("end"))
    }),
    ("client-patient", |reception| {
        let guest = reception.member()?;
        match guest.comes_back(SECOND, AT_ONCE) {
            AT_ONCE => {
                let wanted = "a client that has lost its server to wait, each time longer";
                let came = format!("it came back {AT_ONCE} times within a second");
                Err(Failure::missed(wanted, Sight::Busy, came))
            }
            _ => Ok(()),
        }
    }),
];

/// Sees a field of the request say what it must.
fn has(
    request: &Unit,
    name: &'static str,
    wanted: &str,
    is_right: impl Fn(&str) -> bool,
) -> Result<(), Failure> {
    let values = request.parts.iter().filter(|part| part.name.eq_ignore_ascii_case(name));
    let values: Vec<&str> = values.map(|part| part.value.as_str()).collect();
    let came = match values[..] {
        [one] if is_right(one) => return Ok(()),
        [] => format!("the request has no field {name}"),
        [one] => format!("the request says {name}: {one}"),
        _ => format!("the request has {} fields {name}", values.len()),
    };
    let failure = Failure::wrong(Wanted::Field(name, wanted.to_owned()), Sight::Field, request);
    Err(failure.at(place(request, name)).with(came).step(name))
}

/// Where a field begins in a head; where it is missing, the empty line.
fn place(head: &Unit, name: &str) -> usize {
    let part = head.parts.iter().find(|part| part.name.eq_ignore_ascii_case(name));
    part.map_or(head.bytes.len().saturating_sub(2), |part| part.start - head.start)
}

/// Whether this is the Base64 of sixteen bytes: of its last letter, only two bits are theirs.
fn is_key(value: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"+/".contains(&byte);
    value.len() == 24
        && value.strip_suffix("==").is_some_and(|letters| {
            letters.bytes().all(is_letter) && letters.ends_with(['A', 'Q', 'g', 'w'])
        })
}

/// Answers a client's request with a good answer that is changed, and sees it give up.
fn answered(reception: &Reception, change: impl Fn(&str) -> Option<String>) -> Result<(), Failure> {
    let mut guest = reception.guest()?;
    let request = guest.request()?;
    let good = granted(&request, "");
    guest.send(change(&good).unwrap_or(good).as_bytes())?;
    guest.gives_up()
}

/// Sends a client a frame that breaks a rule, and sees it fail the connection with 1002.
fn fails(reception: &Reception, step: &'static str, frame: &[u8]) -> Result<(), Failure> {
    let mut guest: Guest = reception.member()?;
    guest.send(frame)?;
    guest.hears_close(1002).map_err(|failure| failure.step(step))
}
