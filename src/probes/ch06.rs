//! Chapter 06, Many at once: nobody waits for anybody else.

use std::thread;
use std::time::{Duration, Instant};

use ch00_wire::{masked_frame, rfc_request};

use super::Script;
use super::ch05::text_of;
use super::crowd::{Member, gather, one_and_a_slow_one};
use super::missed::Failure;
use super::promises::Sight;
use super::session::Session;

/// What the slow reader of the two last scripts is sent: the length of the longest message of chapter 05.
const LONG: usize = 1_500;
/// More than the buffers of a system hold on their way from a client to a server and back, in bytes.
const MORE_THAN_A_SYSTEM: usize = 16_000_000;
/// After how many messages of the slow one the other is heard.
const ROUND: usize = 64;
/// How soon to look again whether the server has read, or somebody was cut off.
const LOOK: Duration = Duration::from_micros(100);

pub(super) const SCRIPTS: &[(&str, Script)] = &[
    ("second-client", |session| {
        let mut first = session.member()?;
        let mut second = session.member()?;
        second.is_echoed("Li Jing")?;
        first.is_echoed_among("Li Jing, first")
    }),
    ("silent-newcomer", |session| {
        let _silent = session.visitor()?;
        let mut other = session.member()?;
        other.is_echoed("Li Jing")?;
        let _another = session.visitor()?;
        other.is_echoed("Li Jing")
    }),
    ("half-a-request", |session| {
        let mut half = session.visitor()?;
        let request = rfc_request();
        half.send_alone(&request[..30])?;
        let mut other = session.member().map_err(|failure| failure.step("others"))?;
        other.is_echoed("Li Jing").map_err(|failure| failure.step("others"))?;
        half.send(&request[30..])?;
        half.head(101).map(drop).map_err(|failure| failure.step("the-slow"))
    }),
    ("killed-beside-others", |session| {
        let mut other = session.member()?;
        let mut killed = session.member()?;
        killed.send(&masked_frame(1, b"Li Jing")[..9])?;
        killed.reset();
        let mut killed = session.member()?;
        killed.send_alone(&masked_frame(1, b"Li Jing")[..9])?;
        session.wait_until_rest();
        killed.reset();
        // The server may hear of it a moment later.
        (0..20).try_for_each(|_| other.is_echoed("Li Jing"))?;
        session.member()?.is_echoed("Li Jing")
    }),
    ("own-answers", |session| {
        let mut first = session.member()?;
        let mut second = session.member()?;
        first.is_echoed("Li Jing")?;
        // If the first message went to both, it stands before this one.
        second.is_echoed("Li Jing, second")?;
        first.hears_nothing("nothing that another client has said")
    }),
    ("last-word", |session| {
        let _other = session.member()?;
        let mut last = session.member()?;
        last.says("Li Jing")?;
        last.has_sent_all();
        last.hears("Li Jing").map(drop)
    }),
    ("close-is-goodbye", |session| {
        let mut member = session.member()?;
        member.send_alone(&masked_frame(9, b"Li Jing"))?;
        member
            .hears_nothing("no message: a ping is none")
            .and_then(|()| member.is_echoed("Li Jing"))
            .map_err(|failure| failure.step("ping"))?;
        member.send(&masked_frame(8, b"\x03\xe8"))?;
        let goodbye = member
            .ends("the connection to be closed, after a Close frame or without one")
            .map_err(|failure| failure.step("close"))?;
        let is_close = |unit: &ch00_wire::Unit| {
            unit.frame.as_ref().is_some_and(|frame| frame.header.opcode == 8)
        };
        match goodbye.iter().find(|unit| !is_close(unit)) {
            None => Ok(()),
            Some(unit) => Err(session
                .missed(Failure::wrong("no message: a Close frame is none", Sight::Extra, unit))
                .step("close")),
        }
    }),
    ("thousand-clients", |session| {
        let mut crowd = gather(session, 1_000)?;
        let text = |i: usize| format!("Li Jing {i}");
        if let Some(i) = (0..crowd.len()).find(|&i| !crowd[i].say(&text(i))) {
            let wanted = format!("message {i} to be taken");
            return Err(session.missed(Failure::missed(wanted, Sight::Reset, "it was not")));
        }
        crowd.iter_mut().enumerate().try_for_each(|(i, member)| member.hear_among(&text(i)))
    }),
    ("slow-reader", |session| flood(session, MORE_THAN_A_SYSTEM / 2).map(drop)),
    ("bounded-debt", |session| match flood(session, MORE_THAN_A_SYSTEM)? {
        None => Ok(()),
        Some(bytes) => Err(session.missed(Failure::missed(
            "the one that reads nothing to be cut off, or heard no longer",
            Sight::Taken,
            format!("the server took {} MB from it, and owes it as much", bytes / 1_000_000),
        ))),
    }),
];

/// One client talks, and reads nothing of what comes back; another one is answered all the while. `None` if the server
/// had enough of the first before it had said so many bytes; how many they were, if not.
fn flood(session: &Session, bytes: usize) -> Result<Option<usize>, Failure> {
    let (mut other, mut slow) = one_and_a_slow_one(session)?;
    for message in 0..bytes / LONG {
        let text = text_of(LONG, &format!("message {message}, "));
        let goes_on = slow.say(&text) && is_heard(session, &mut other, &slow)?;
        if !goes_on || message % ROUND == 0 {
            answered(session, &mut other)?;
        }
        if !goes_on {
            return Ok(None);
        }
    }
    answered(session, &mut other)?;
    Ok(Some(bytes / LONG * LONG))
}

/// Whether the server reads what a member has said: the next message might come in the same read, where one read is taken
/// for one frame. It may have cut the member off in the meantime, or have stopped to read from it.
fn is_heard(session: &Session, other: &mut Member, member: &Member) -> Result<bool, Failure> {
    let deadline = Instant::now() + session.patience();
    loop {
        match member.was_read() {
            Some(true) => return Ok(true),
            _ if member.is_cut_off() => return Ok(false),
            Some(false) if Instant::now() < deadline => thread::sleep(LOOK),
            Some(false) => return Ok(false),
            // This system does not say what was read. By the time that the other one is answered, it was.
            None => return answered(session, other).map(|()| true),
        }
    }
}

fn answered(session: &Session, other: &mut Member) -> Result<(), Failure> {
    match other.say("Li Jing") {
        true => other.hear_among("Li Jing"),
        false => Err(session.missed(Failure::missed(
            "a message of the other client to be taken",
            Sight::Silent,
            "it was not",
        ))),
    }
}
