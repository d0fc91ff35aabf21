//! Chapter 10, Ping, pong, goodbye: control frames, and the closing handshake.

use ch00_wire::{Frame, masked_frame, unmasked_frame};

use super::Script;
use super::crowd::one_and_a_slow_one;
use super::missed::{Failure, Wanted};
use super::promises::Sight;
use super::session::{Session, Visitor, close_code, is_close, is_pong};

/// How many pings come in one read.
const PINGS: usize = 10;
/// How much is sent in pings by the one that never reads, in bytes: where the system keeps little for it, and where it
/// keeps more.
const TO_FILL: (usize, usize) = (4_000_000, 16_000_000);
/// How many pings of the one that never reads come together, and after how many of these bundles the other one is to
/// be answered.
const BUNDLE: usize = 32;
const ROUND: usize = 16;

pub(super) const SCRIPTS: &[(&str, Script)] = &[
    ("pong", |session| {
        let mut member = session.member()?;
        let long = [b'x'; 125];
        let payloads: [(&str, &[u8]); 4] =
            [("text", b"Li Jing"), ("empty", b""), ("binary", &[0, 255, 128, 10]), ("long", &long)];
        payloads.iter().try_for_each(|(step, payload)| {
            member.send(&masked_frame(9, payload))?;
            member.hears_pong(payload).map_err(|failure| failure.step(step))
        })
    }),
    ("ping-amid-messages", |session| {
        let (mut member, mut other) = (session.member()?, session.member()?);
        let frames = [(1, &b"Li"[..]), (9, b"there?"), (1, b"Jing")];
        member.send(&frames.map(|(opcode, payload)| masked_frame(opcode, payload)).concat())?;
        messages_and_a_pong(session, &mut member, &["Li", "Jing"], b"there?")
            .map_err(|failure| failure.step("together"))?;
        for text in ["Li", "Jing"] {
            // An echo says nothing to the others.
            let Ok(unit) = other.unit_or_pong(&Wanted::Text(text.to_owned())) else { break };
            if is_pong(&unit, b"there?") {
                let wanted = "no pong: another client has sent the ping";
                return Err(session
                    .missed(Failure::wrong(wanted, Sight::Extra, &unit))
                    .step("others"));
            }
        }
        member.send_cut(&masked_frame(9, b"Li Jing"), &[1, 4, 9])?;
        member.hears_pong(b"Li Jing").map_err(|failure| failure.step("cut"))
    }),
    ("last-ping", |session| {
        let mut member = session.member()?;
        let payload = |i: usize| format!("ping {i}").into_bytes();
        let pings: Vec<u8> = (0..PINGS).flat_map(|i| masked_frame(9, &payload(i))).collect();
        member.send(&pings)?;
        let mut next = 0;
        while next < PINGS {
            let wanted = Wanted::Pong(payload(PINGS - 1));
            let unit = member.unit_or_pong(&wanted)?;
            match (next..PINGS).find(|i| is_pong(&unit, &payload(*i))) {
                Some(answered) => next = answered + 1,
                None => return Err(session.missed(Failure::wrong(wanted, Sight::Other, &unit))),
            }
        }
        Ok(())
    }),
    ("unasked-pong", |session| {
        let (mut member, mut other) = (session.member()?, session.member()?);
        member.send_alone(&masked_frame(10, b"Li Jing"))?;
        member.send(&masked_frame(9, b"there?"))?;
        member.hears_pong(b"there?").map_err(|failure| failure.step("answer"))?;
        // If the pong went to anybody as a message, it stands before this one.
        member.is_echoed("Li Jing, too").map_err(|failure| failure.step("answer"))?;
        match other.what_comes() {
            Some(unit) if unit.text.as_deref() == Some("Li Jing") => {
                let wanted = "nothing about a pong: it is between two ends";
                Err(session.missed(Failure::wrong(wanted, Sight::Extra, &unit)).step("others"))
            }
            _ => Ok(()),
        }
    }),
    ("close-answered", |session| {
        let mut member = session.member()?;
        member.send(&masked_frame(8, b"\x03\xe8"))?;
        member.hears_close(None)
    }),
    ("same-code", |session| {
        [1000, 1001, 3000, 4999u16].iter().try_for_each(|code| {
            let mut member = session.member()?;
            member.send(&masked_frame(8, &code.to_be_bytes()))?;
            member.hears_close(Some(*code))
        })
    }),
    ("close-without-a-code", |session| {
        let mut member = session.member()?;
        member.send(&masked_frame(8, b""))?;
        member.hears_close(None)
    }),
    ("longest-reason", |session| {
        let mut member = session.member()?;
        let close = masked_frame(8, &[&b"\x03\xe8"[..], "静".repeat(41).as_bytes()].concat());
        member.send_cut(&close, &[1, 7, 64])?;
        member.hears_close(None)
    }),
    ("hangs-up", |session| {
        let mut member = session.member()?;
        member.send(&masked_frame(8, b"\x03\xe8bye"))?;
        member.hears_close(None)?;
        member.ends("the server to close TCP, while the client waits for that").map(drop)
    }),
    ("nothing-behind-a-close", |session| {
        let (mut member, mut other) = (session.member()?, session.member()?);
        let frames = [(8, &b"\x03\xe8"[..]), (1, b"too late"), (9, b"too late")];
        member.send(&frames.map(|(opcode, payload)| masked_frame(opcode, payload)).concat())?;
        nothing_but_close(session, &mut member)?;
        other.is_echoed("Li Jing").map_err(|failure| failure.step("others"))
    }),
    ("says-1002", |session| {
        let mut member = session.member()?;
        member.send(&unmasked_frame(1, b"Li Jing"))?;
        member.is_failed(1002)
    }),
    ("ping-of-126", |session| {
        let mut member = session.member()?;
        member.send(&masked_frame(9, &[b'x'; 126]))?;
        let wanted = "the connection to be closed: a control frame has at most 125 bytes";
        let units = member.ends(wanted)?;
        let is_wrong = |frame: &Frame| match (frame.header.opcode, close_code(frame)) {
            (8, Some(code)) => code != 1002,
            (opcode, _) => opcode == 10,
        };
        let wrong = units.iter().find(|unit| unit.frame.as_ref().is_some_and(is_wrong));
        wrong.map_or(Ok(()), |unit| {
            let wanted = Wanted::Close(Some(1002));
            Err(session.missed(Failure::wrong(wanted, Sight::Other, unit)))
        })
    }),
    ("pings-unread", |session| {
        let mut member = session.member()?;
        member.send(&masked_frame(9, b"Li Jing"))?;
        member.hears_pong(b"Li Jing")?;
        member.leave();
        pings_unread(session)
    }),
];

/// Hears these messages in their order, and a pong anywhere among them.
fn messages_and_a_pong(
    session: &Session,
    member: &mut Visitor,
    texts: &[&str],
    payload: &[u8],
) -> Result<(), Failure> {
    let mut texts = texts.iter().peekable();
    let mut is_answered = false;
    loop {
        let wanted = match texts.peek() {
            Some(text) => Wanted::Text((**text).to_owned()),
            None if is_answered => return Ok(()),
            None => Wanted::Pong(payload.to_vec()),
        };
        let unit = member.unit_or_pong(&wanted)?;
        let is_text = |text: &&&str| {
            let opcode = unit.frame.as_ref().map(|frame| frame.header.opcode);
            opcode == Some(1) && unit.faults.is_empty() && unit.text.as_deref() == Some(**text)
        };
        if !is_answered && is_pong(&unit, payload) {
            is_answered = true;
        } else if texts.next_if(is_text).is_none() {
            return Err(session.missed(Failure::wrong(wanted, Sight::Other, &unit)));
        }
    }
}

/// Hears a Close frame, and nothing that answers what came behind the client's.
fn nothing_but_close(session: &Session, member: &mut Visitor) -> Result<(), Failure> {
    const WANTED: &str = "nothing but a Close frame: what is behind the client's is not looked at";
    let is_late = |text: Option<&str>| text.is_some_and(|text| text.contains("too late"));
    let mut is_closed = false;
    loop {
        let wanted = Wanted::Close(None);
        let unit = match member.unit_or_pong(&wanted) {
            Ok(unit) => unit,
            // That it hangs up is a promise of its own.
            Err(_) if is_closed => return Ok(()),
            Err(failure) => return Err(failure),
        };
        if is_late(unit.text.as_deref()) {
            return Err(session.missed(Failure::wrong(WANTED, Sight::Extra, &unit)));
        }
        is_closed |= is_close(&unit);
    }
}

/// One client pings, and reads nothing of what comes back; another one is answered all the while.
fn pings_unread(session: &Session) -> Result<(), Failure> {
    let (mut other, mut silent, is_little) = one_and_a_slow_one(session)?;
    let bundle = masked_frame(9, &[b'x'; 125]).repeat(BUNDLE);
    let bundles = if is_little { TO_FILL.0 } else { TO_FILL.1 } / bundle.len();
    for i in 0..bundles {
        let goes_on = silent.send(&bundle);
        if !goes_on || i % ROUND == 0 {
            let is_taken = other.say("Li Jing");
            let untaken = || Failure::missed("a message to be taken", Sight::Silent, "it was not");
            let failure = (!is_taken).then(|| session.missed(untaken()));
            failure.map_or_else(|| other.hear_among("Li Jing"), Err)?;
        }
        if !goes_on {
            // It is cut off, or heard no longer.
            return Ok(());
        }
    }
    // All was taken, which is not to say that it was read: a server that leaves it where it is owes no answer to it.
    session.wait_until_rest();
    if silent.was_read() == Some(false) {
        return Ok(());
    }
    // So most of it was not to be answered. What was kept comes now, in front of this.
    let last = "Li Jing, who reads now";
    let is_heard = silent.say(last) && silent.hear_among(last).is_ok();
    let kept = silent.aside();
    match is_heard && kept > bundles * BUNDLE * 125 / 4 * 3 {
        false => Ok(()),
        true => Err(session.missed(Failure::missed(
            "the one that reads nothing to be cut off, or answered less often",
            Sight::Taken,
            format!("{} MB of pongs waited for it, without a bound", kept / 1_000_000),
        ))),
    }
}
