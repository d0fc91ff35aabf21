//! Chapter 14, Smaller: permessage-deflate.

use ch00_wire::{Unit, masked_frame, request, rfc_key_line};

use super::Script;
use super::missed::{Failure, Wanted};
use super::promises::Sight;
use super::session::{Session, Visitor};

/// The field in which extensions are offered and agreed on, and the name of the one.
const FIELD: &str = "Sec-WebSocket-Extensions";
const NAME: &str = "permessage-deflate";

/// What browsers offer.
const BROWSER: &str = "permessage-deflate; client_max_window_bits";

/// `Hello`, as section 7.2.3 compresses it.
const HELLO: &[u8] = b"\xf2\x48\xcd\xc9\xc9\x07\x00";
/// The same once more, repeating what is in the window.
const AGAIN: &[u8] = b"\xf2\x00\x11\x00\x00";
/// In a block that says it is the last.
const FINAL: &[u8] = b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00";
/// As it is, in a block that is not compressed; and in two blocks.
const STORED: &[u8] = b"\x00\x05\x00\xfa\xffHello\x00";
const TWO_BLOCKS: &[u8] = b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00";
/// A message of nothing.
const EMPTY: &[u8] = b"\x00";

/// The opcode of a text, with RSV1.
const COMPRESSED: u8 = 0x41;

/// One MiB of the letter a, compressed to 1,038 bytes: these, so many zeros, and these.
const BOMB: (&[u8], usize, &[u8]) = (
    b"\xec\xc1\x31\x01\x00\x00\x00\xc2\xa0\xac\xeb\x5f\xc2\x10\xbe\x40\x01",
    1_015,
    b"\x7c\x06\x00\x00\xff\xff",
);
/// So many of it, one after the other, are one message.
const MIB: usize = 65;
/// And its fragments are so long.
const FRAGMENT: usize = 50;

pub(super) const SCRIPTS: &[(&str, Script)] = &[
    ("agrees-to-deflate", |session| compressing(session, BROWSER).map(drop)),
    ("answers-the-offer", |session| {
        let offers = [
            (NAME, "unasked"),
            (BROWSER, "browser"),
            ("permessage-deflate; client_max_window_bits=10", "client"),
            ("permessage-deflate; server_max_window_bits=15", "server"),
            ("permessage-deflate; client_no_context_takeover", "takeover"),
        ];
        compressing(session, BROWSER)?;
        offers.iter().try_for_each(|(offer, step)| {
            answers(session, offer).map_err(|failure| failure.step(step))
        })
    }),
    ("inflates-what-it-was-told", |session| {
        let (mut member, _) = compressing(session, BROWSER)?;
        let long = "Li Jing, 李静, Li Jing, 李静. ".repeat(20);
        ["Li Jing", "Li Jing", &long, "", &long, "Li Jing"]
            .iter()
            .try_for_each(|text| member.is_echoed(text))
    }),
    ("forgets-if-asked", |session| {
        let (mut member, answer) =
            compressing(session, "permessage-deflate; server_no_context_takeover")?;
        answer.has("server_no_context_takeover", session)?;
        let long = "Li Jing, 李静, Li Jing, 李静. ".repeat(20);
        (0..3).try_for_each(|_| member.is_echoed(&long))
    }),
    ("understands-deflate", |session| {
        let (mut member, _) = compressing(session, BROWSER)?;
        let mut says = |step, payload: &[u8], text: &str| {
            member.send(&masked_frame(COMPRESSED, payload))?;
            member.hears(text).map(drop).map_err(|failure| failure.step(step))
        };
        says("one", HELLO, "Hello")?;
        says("one", HELLO, "Hello")?;
        says("stored", STORED, "Hello")?;
        says("blocks", TWO_BLOCKS, "Hello")?;
        says("empty", EMPTY, "")?;
        says("one", HELLO, "Hello")
    }),
    ("compressed-fragments", |session| {
        let (mut member, _) = compressing(session, BROWSER)?;
        for cut in [1, 3, 7] {
            member.send(&in_two(HELLO, cut))?;
            member.hears("Hello")?;
        }
        member.send(
            &[&in_two(HELLO, 3)[..9], &masked_frame(9, b"!"), &in_two(HELLO, 3)[9..]].concat(),
        )?;
        member.hears("Hello").map(drop).map_err(|failure| failure.step("ping"))
    }),
    ("keeps-the-window", |session| {
        let fresh = "permessage-deflate; client_no_context_takeover";
        for (offer, step) in [(BROWSER, "kept"), (fresh, "fresh")] {
            let (mut member, answer) = compressing(session, offer)?;
            // A server may always ask for messages that repeat nothing.
            let again = if answer.says("client_no_context_takeover") { HELLO } else { AGAIN };
            let plain = masked_frame(1, b"Li Jing");
            let each = [
                (masked_frame(COMPRESSED, HELLO), "Hello"),
                (masked_frame(COMPRESSED, again), "Hello"),
                (plain, "Li Jing"),
                (masked_frame(COMPRESSED, again), "Hello"),
                (in_two(again, 2), "Hello"),
            ];
            for (bytes, text) in each {
                member.send(&bytes)?;
                member.hears(text).map_err(|failure| failure.step(step))?;
            }
        }
        Ok(())
    }),
    ("after-the-last-block", |session| {
        let (mut member, answer) = compressing(session, BROWSER)?;
        let again = if answer.says("client_no_context_takeover") { HELLO } else { AGAIN };
        for payload in [FINAL, HELLO, FINAL, again] {
            member.send(&masked_frame(COMPRESSED, payload))?;
            member.hears("Hello")?;
        }
        Ok(())
    }),
    ("next-offer", |session| {
        compressing(session, BROWSER)?;
        MALFORMED.iter().try_for_each(|offer| {
            declines(session, offer).map_err(|failure| failure.step("alone"))?;
            let next = format!("{offer}, permessage-deflate; server_no_context_takeover");
            let (_, answer) =
                compressing(session, &next).map_err(|failure| failure.step("next"))?;
            answer
                .has("server_no_context_takeover", session)
                .map_err(|failure| failure.step("next"))
        })
    }),
    ("keeps-to-its-window", |session| {
        compressing(session, BROWSER)?;
        [9, 10, 12, 15].iter().try_for_each(|&bits| is_within(session, bits))
    }),
    ("bit-of-compression", |session| {
        let (mut member, _) = compressing(session, BROWSER)?;
        let mut second = in_two(HELLO, 3);
        second[9] |= 0x40;
        member.send(&second)?;
        member.is_failed(1002).map_err(|failure| failure.step("second"))?;
        let (mut member, _) = compressing(session, BROWSER)?;
        member.send(&masked_frame(0x49, b""))?;
        member.is_failed(1002).map_err(|failure| failure.step("ping"))?;
        let mut member = session.member()?;
        member.send(&masked_frame(COMPRESSED, HELLO))?;
        member.is_failed(1002).map_err(|failure| failure.step("unagreed"))
    }),
    ("not-deflate", |session| {
        // A kind of block that there is not, and a length that its complement denies.
        for bad in [&b"\x06\x00"[..], b"\x00\x05\x00\xfa\xfeHello\x00"] {
            let (mut member, _) = compressing(session, BROWSER)?;
            member.send(&masked_frame(COMPRESSED, bad))?;
            member.is_cut_off()?;
        }
        let (mut other, _) = compressing(session, BROWSER)?;
        other.is_echoed("Li Jing").map_err(|failure| failure.step("others"))
    }),
    ("bombs", |session| {
        let (begin, zeros, end) = BOMB;
        let bomb = [begin, &vec![0; zeros], end].concat().repeat(MIB);
        let (mut member, _) = compressing(session, BROWSER)?;
        explodes_not(&mut member, &[masked_frame(COMPRESSED, &bomb)])
            .map_err(|failure| failure.step("one"))?;
        let (mut member, _) = compressing(session, BROWSER)?;
        let mut fragments: Vec<Vec<u8>> =
            bomb.chunks(FRAGMENT).map(|piece| masked_frame(0, piece)).collect();
        fragments.iter_mut().for_each(|fragment| fragment[0] &= 0x7f);
        fragments[0][0] = COMPRESSED;
        explodes_not(&mut member, &fragments).map_err(|failure| failure.step("fragments"))?;
        let (mut other, _) = compressing(session, BROWSER)?;
        other.is_echoed("Li Jing").map_err(|failure| failure.step("others"))
    }),
    ("plain-beside-compressed", |session| {
        let mut plain = session.member()?;
        let (mut smaller, _) = compressing(session, BROWSER)?;
        let long = "Li Jing, 李静, Li Jing, 李静. ".repeat(4);
        for _ in 0..2 {
            smaller.is_echoed(&long)?;
            plain.hears(&long)?;
            plain.is_echoed(&long)?;
            smaller.hears(&long)?;
        }
        Ok(())
    }),
];

/// Offers that are not well-formed, each by one rule (sections 5.1 and 7.1).
const MALFORMED: [&str; 14] = [
    "permessage-deflate; server_max_window_bits=0",
    "permessage-deflate; server_max_window_bits=7",
    "permessage-deflate; server_max_window_bits=16",
    "permessage-deflate; server_max_window_bits=99",
    "permessage-deflate; server_max_window_bits=08",
    "permessage-deflate; server_max_window_bits",
    "permessage-deflate; client_max_window_bits=7",
    "permessage-deflate; client_max_window_bits=010",
    "permessage-deflate; server_no_context_takeover=1",
    "permessage-deflate; client_no_context_takeover=10",
    "permessage-deflate; client_max_window_bits; client_max_window_bits",
    "permessage-deflate; unknown_parameter",
    "x-permessage-deflate",
    "permessage-deflate-x; server_no_context_takeover",
];

/// What a head agrees to: the parameters of permessage-deflate.
struct Answer {
    head: Unit,
    parameters: Vec<(String, Option<String>)>,
}

impl Answer {
    /// `None`: it does not agree to it, or to something else, too.
    fn read(head: &Unit) -> Option<Answer> {
        let fields = head.parts.iter().filter(|part| part.name.eq_ignore_ascii_case(FIELD));
        let members: Vec<&str> = fields.flat_map(|part| part.value.split(',')).collect();
        let [member] = members[..] else { return None };
        let mut words = member.split(';').map(str::trim);
        words.next().filter(|name| *name == NAME)?;
        let parameter = |word: &str| match word.split_once('=') {
            Some((name, value)) => {
                (name.trim().to_owned(), Some(value.trim().trim_matches('"').to_owned()))
            }
            None => (word.to_owned(), None),
        };
        Some(Answer { head: head.clone(), parameters: words.map(parameter).collect() })
    }

    fn says(&self, name: &str) -> bool {
        self.parameters.iter().any(|(other, _)| other == name)
    }

    /// The value of a parameter that is a number of bits.
    fn bits(&self, name: &str) -> Option<u8> {
        let value = self.parameters.iter().find(|(other, _)| other == name)?.1.as_ref()?;
        (8..=15).find(|bits| bits.to_string() == *value)
    }

    /// Sees this parameter in it.
    fn has(&self, name: &str, session: &Session) -> Result<(), Failure> {
        match self.says(name) {
            true => Ok(()),
            false => Err(self.wrong(session, format!("{name} in the answer, as in the offer"))),
        }
    }

    fn wrong(&self, session: &Session, wanted: String) -> Failure {
        wrong_field(session, &self.head, wanted)
    }
}

/// A head whose extensions are not what they have to be.
fn wrong_field(session: &Session, head: &Unit, wanted: impl Into<Wanted>) -> Failure {
    let field = head.parts.iter().find(|part| part.name.eq_ignore_ascii_case(FIELD));
    let (at, came) = match field {
        Some(part) => (part.start - head.start, format!("{FIELD}: {}", part.value)),
        None => (head.bytes.len().saturating_sub(2), format!("the head has no field {FIELD}")),
    };
    session.missed(Failure::wrong(wanted, Sight::Field, head).at(at).with(came))
}

fn offering<'s>(session: &'s Session<'s>, offers: &str) -> Result<(Visitor<'s>, Unit), Failure> {
    session.handshake(&request(&format!("{}\r\n{FIELD}: {offers}", rfc_key_line())))
}

/// A client whose offer is agreed to, and how.
fn compressing<'s>(
    session: &'s Session<'s>,
    offers: &str,
) -> Result<(Visitor<'s>, Answer), Failure> {
    let (visitor, head) = offering(session, offers)?;
    match Answer::read(&head) {
        Some(answer) => Ok((visitor, answer)),
        None => {
            let wanted = match offers {
                BROWSER => Wanted::Field(FIELD, NAME.to_owned()),
                _ => format!("an answer to the offer {offers:?}: {NAME}").into(),
            };
            Err(wrong_field(session, &head, wanted))
        }
    }
}

/// Sees an answer that may follow this offer, or none.
fn answers(session: &Session, offer: &str) -> Result<(), Failure> {
    let (_visitor, head) = offering(session, offer)?;
    if !head.parts.iter().any(|part| part.name.eq_ignore_ascii_case(FIELD)) {
        return Ok(());
    }
    let wrong = |wanted: String| Err(wrong_field(session, &head, wanted));
    let Some(answer) = Answer::read(&head) else {
        return wrong(format!("an answer to the offer {offer:?}: one extension, {NAME}"));
    };
    let limits = |name: &str| {
        let offered = offer.split(';').find_map(|word| word.trim().strip_prefix(name));
        offered.map(|value| value.trim_start_matches('=').parse().unwrap_or(15_u8))
    };
    for (at, (name, value)) in answer.parameters.iter().enumerate() {
        if answer.parameters[..at].iter().any(|(other, _)| other == name) {
            return wrong(format!("{name} once"));
        }
        let bits = answer.bits(name);
        match (name.as_str(), value) {
            ("server_no_context_takeover" | "client_no_context_takeover", None) => {}
            ("client_max_window_bits", _) if limits("client_max_window_bits").is_none() => {
                return wrong(
                    "no client_max_window_bits: the client has not offered it".to_owned(),
                );
            }
            ("client_max_window_bits" | "server_max_window_bits", _) => {
                let most = limits(name).unwrap_or(15);
                if bits.is_none_or(|bits| bits > most) {
                    return wrong(format!("{name} with a value from 8 to {most}"));
                }
            }
            _ => return wrong(format!("no parameter {name:?}, or not with this value")),
        }
    }
    match limits("server_max_window_bits") {
        Some(most) if answer.bits("server_max_window_bits").is_none() => {
            wrong(format!("server_max_window_bits in the answer, of {most} at most"))
        }
        _ => Ok(()),
    }
}

/// Sees an offer declined: the connection opens without it, or is refused.
fn declines(session: &Session, offer: &str) -> Result<(), Failure> {
    let mut visitor = session.visitor()?;
    visitor.send(&request(&format!("{}\r\n{FIELD}: {offer}", rfc_key_line())))?;
    let head = visitor.unit(Wanted::Head(101))?;
    match head.parts.iter().any(|part| part.name.eq_ignore_ascii_case(FIELD)) {
        false => Ok(()),
        true => {
            let wanted = format!("no extension: the offer {offer:?} has to be declined");
            Err(wrong_field(session, &head, wanted))
        }
    }
}

/// Sees a server keep to a window of so many bits, or decline to.
fn is_within(session: &Session, bits: u8) -> Result<(), Failure> {
    let offer = format!("permessage-deflate; server_max_window_bits={bits}");
    let (mut visitor, head) = offering(session, &offer)?;
    let Some(answer) = Answer::read(&head) else { return Ok(()) };
    if answer.bits("server_max_window_bits").is_none_or(|answered| answered > bits) {
        let wanted = format!("server_max_window_bits in the answer, of {bits} at most");
        return Err(answer.wrong(session, wanted));
    }
    // Its end is its beginning, and between the two is more than the window has room for.
    let word = |i: usize| format!("{} ", i * i * 31 % 99_991);
    let beginning: String = (0..30).map(word).collect();
    let between: String = (30..).map(word).take((1 << bits) / 5).collect();
    let text = format!("{beginning}{between}{beginning}");
    visitor.is_echoed(&text)?;
    visitor.is_echoed(&beginning)
}

/// Two frames of one compressed message, which is cut before this byte.
fn in_two(payload: &[u8], cut: usize) -> Vec<u8> {
    let mut first = masked_frame(COMPRESSED, &payload[..cut]);
    first[0] &= 0x7f;
    [first, masked_frame(0, &payload[cut..])].concat()
}

/// Sends a message that gets too long, frame by frame, and sees the connection end over it.
fn explodes_not(member: &mut Visitor, frames: &[Vec<u8>]) -> Result<(), Failure> {
    let _ = frames.iter().try_for_each(|frame| member.try_to_send(frame));
    member.ends("the connection to be closed: the message has 65 MiB").map(drop)
}
