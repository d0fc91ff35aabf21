//! Chapter 18, The other end: what a client promises. Here the checker is the server.

use std::collections::HashSet;
use std::time::Duration;

use ch00_wire::{Frame, Unit, unmasked_frame};

use super::caller::{Guest, Reception, client_frame, granted, wrong_frame};
use super::missed::{Failure, Wanted};
use super::promises::Sight;

/// What holds a client to a promise.
pub(super) type ClientScript = fn(&Reception) -> Result<(), Failure>;

/// How long a client is watched that is to wait.
const MOMENT: Duration = Duration::from_millis(250);
/// How long one is watched that has lost its server, and how often it comes back in that time if it does not wait. With
/// delays by chance as section 7.2.3 has them, nobody is as quick as that in a million years.
const SECOND: Duration = Duration::from_secs(1);
const AT_ONCE: usize = 5;

/// Masked frames. A client that passes over the mask takes the key for the beginning of the payload, and the last four
/// bytes for a pong, which says nothing: so it is by no luck that it says 1002.
const MASKED_TEXT: (&str, [u8; 4]) = ("Caf\u{e9} 7", *b"+%(I");
const MASKED_PING: (&str, [u8; 4]) = ("", [0x8a, 2, b'H', b'i']);

/// Payload lengths on both sides of each border (section 5.2), and a step for each direction.
const LENGTHS: [(usize, &str, &str); 4] = [
    (125, "sends-7", "reads-7"),
    (126, "sends-16", "reads-16"),
    (65_535, "sends-16", "reads-16"),
    (65_536, "sends-64", "reads-64"),
];

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
        guest.prints(before, text).map_err(|failure| failure.step("text"))?;
        for (line, step) in [("  Li  Jing ", "spaces"), (text, "characters"), ("", "empty")] {
            guest.types(line);
            guest.hears(line).map_err(|failure| failure.step(step))?;
        }
        Ok(())
    }),
    ("client-first", |reception| {
        const FIRST: &str = "the first frame";
        let mut guest = reception.guest()?;
        let request = guest.request()?;
        let before = guest.lines();
        let frame = unmasked_frame(1, FIRST.as_bytes());
        guest.send(&[granted(&request, "").as_bytes(), &frame].concat())?;
        guest.prints(before, FIRST)
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
    ("client-good-answers", |reception| {
        let answers: [(&str, &[(&str, &str)]); 5] = [
            ("items", &[("Connection: Upgrade", "Connection: keep-alive, Upgrade")]),
            (
                "case",
                &[
                    ("Upgrade: websocket", "UPGRADE: WebSocket"),
                    ("Connection: Upgrade", "connection: upgrade"),
                    ("Sec-WebSocket-Accept", "sec-websocket-accept"),
                ],
            ),
            ("spaces", &[("Upgrade: websocket", "Upgrade:websocket")]),
            ("phrase", &[("Switching Protocols", "Web Socket Protocol Handshake")]),
            ("more", &[("Upgrade: websocket", "Server: a\r\nUpgrade: websocket\r\nX-B: c")]),
        ];
        answers.iter().try_for_each(|(step, changes)| {
            let mut guest = reception.guest()?;
            let good = granted(&guest.request()?, "");
            let answer = changes.iter().fold(good, |answer, (from, to)| answer.replace(from, to));
            guest.send(answer.as_bytes())?;
            guest.types("Li Jing");
            guest.hears("Li Jing").map(|_| ()).map_err(|failure| failure.step(step))
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
    ("client-only-texts", |reception| {
        const TEXTS: [&str; 2] = ["\u{6f22} is a character", "so is \u{5b57}"];
        let mut guest = reception.member()?;
        guest.types("Li Jing");
        guest.hears("Li Jing")?;
        for text in TEXTS {
            let before = guest.lines();
            guest.send(&unmasked_frame(1, text.as_bytes()))?;
            guest.prints(before, text)?;
            guest.send(&unmasked_frame(9, b"Hello"))?;
            guest.hears_pong(b"Hello")?;
        }
        guest.has_printed_only(&TEXTS)
    }),
    ("client-pieces", |reception| {
        let mut guest = reception.member()?;
        for (cut, step) in [(1, "header"), (5, "payload")] {
            let text = format!("cut in its {step}");
            in_pieces(&mut guest, &text, cut).map_err(|failure| failure.step(step))?;
        }
        Ok(())
    }),
    ("client-lengths", |reception| {
        let mut guest = reception.member()?;
        for (length, sends, reads) in LENGTHS {
            let text = letters(length);
            guest.types(&text);
            let unit = guest.hears(&text).map_err(|failure| failure.step(sends))?;
            if !unit.faults.is_empty() {
                let what =
                    format!("a text frame of {length} bytes, its length in the shortest form");
                let failure = wrong_frame(what, 1, text.as_bytes(), Sight::Other, &unit);
                return Err(failure.step("shortest"));
            }
            let before = guest.lines();
            guest.send(&unmasked_frame(1, text.as_bytes()))?;
            guest.prints(before, &text).map_err(|failure| failure.step(reads))?;
        }
        let text = letters(200);
        in_pieces(&mut guest, &text, 3).map_err(|failure| failure.step("cut"))
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
        fails(reception, "text", 1, MASKED_TEXT)?;
        fails(reception, "ping", 9, MASKED_PING)
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
        guest.hears_last_word("the last word").map_err(|failure| failure.step("last"))?;
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

/// Sends a client a frame with a mask, and a ping behind it. Sees it fail the connection with 1002, print nothing, and
/// answer no ping.
fn fails(
    reception: &Reception,
    step: &'static str,
    opcode: u8,
    (payload, key): (&str, [u8; 4]),
) -> Result<(), Failure> {
    const BEHIND: &[u8] = b"behind it";
    let mut guest: Guest = reception.member()?;
    let before = guest.lines();
    let frame = client_frame(opcode, payload.as_bytes(), key);
    guest.send(&[frame, unmasked_frame(9, BEHIND)].concat())?;
    let goes_on = |frame: &Frame| frame.header.opcode == 10 && frame.payload == BEHIND;
    let heard = guest.hears_close_before(1002, goes_on).map_err(|failure| failure.step(step));
    if let Err(failure) = heard {
        let has_key = |line: String| line.as_bytes().starts_with(&key);
        let is_of_text = step == "text" && guest.next_line(before).is_some_and(has_key);
        return Err(if is_of_text { failure.step("key") } else { failure });
    }
    guest.leaves_in_silence(before).map_err(|failure| failure.step(step))
}

/// Sends a client a text in two pieces, cut before its byte `cut`. The first comes in one piece with a ping, so a pong
/// says that it was read before the second was sent.
fn in_pieces(guest: &mut Guest, text: &str, cut: usize) -> Result<(), Failure> {
    let before = guest.lines();
    let frame = unmasked_frame(1, text.as_bytes());
    guest.send(&[&unmasked_frame(9, b"Hello"), &frame[..cut]].concat())?;
    guest.hears_pong(b"Hello")?;
    guest.send(&frame[cut..])?;
    guest.prints(before, text)
}

/// So many letters.
fn letters(length: usize) -> String {
    ('a'..='z').cycle().take(length).collect()
}
