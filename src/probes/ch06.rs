//! Chapter 06, Many at once: nobody waits for anybody else.

use std::thread;
use std::time::{Duration, Instant};

use ch00_wire::{Unit, masked_frame, rfc_request};

use super::Script;
use super::ch05::text_of;
use super::crowd::{Member, gather, one_and_a_slow_one};
use super::missed::Failure;
use super::promises::Sight;
use super::session::Session;

/// What the slow reader of the two last scripts is sent: the length of the longest message of chapter 05.
const LONG: usize = 1_500;
/// After how many messages of the slow one the other one is to be answered.
const ROUND: usize = 16;
/// How soon to look again whether the server has read, and how soon to ask the system.
const LOOK: Duration = Duration::from_micros(50);
const ASK: Duration = Duration::from_millis(2);
/// How long a server has read nothing that is asked whether it rests: it may have stopped reading. What was read counts as
/// read a moment later.
const STOPPED: Duration = Duration::from_millis(500);
/// How much is said to see whether the server waits for the slow one, in bytes: more than a system keeps for a client
/// that asks it to keep little, and for one that cannot.
const TO_BLOCK: (usize, usize) = (1_000_000, 8_000_000);
/// How much, to see whether it keeps without end: far more than a server may keep for one client.
const TO_FILL: (usize, usize) = (4_000_000, 16_000_000);

pub(super) const SCRIPTS: &[(&str, Script)] = &[
    ("second-client", |session| {
        let mut first = session.member()?;
        let mut second = session.member().map_err(|failure| failure.step("opens"))?;
        second.is_echoed("Li Jing").map_err(|failure| failure.step("says"))?;
        first.is_echoed_among("Li Jing, first").map_err(|failure| failure.step("says"))
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
        // Whatever it does about half a head is done then.
        session.wait_until_rest();
        let mut other = session.member().map_err(|failure| failure.step("others"))?;
        other.is_echoed("Li Jing").map_err(|failure| failure.step("others"))?;
        // If that goes to the one that is still asking, it has gone before the answer.
        session.wait_until_rest();
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
    ("rests-beside-clients", |session| {
        let (_one, mut other) = (session.member()?, session.member()?);
        other.is_echoed("Li Jing")?;
        // This one is refused, and stays.
        let mut refused = session.visitor()?;
        refused.send_alone(b"hello\r\n\r\n")?;
        session.rests("a program that waits: nobody says anything")
    }),
    ("last-word", |session| {
        let _other = session.member()?;
        let mut last = session.member()?;
        let mut say = || {
            last.says("Li Jing")?;
            last.has_sent_all();
            Ok(())
        };
        // A poll may report both together, and then only once.
        match session.while_it_stands_still(&mut say) {
            Ok(said) => said?,
            Err(_) => say()?,
        }
        last.hears("Li Jing")?;
        last.ends("the connection to end, when nothing is owed any more").map(drop)
    }),
    ("control-is-no-message", |session| {
        let mut member = session.member()?;
        member.send_alone(&masked_frame(9, b"Li Jing"))?;
        member
            .hears_nothing("no message: a ping is none")
            .and_then(|()| member.is_echoed("Li Jing"))
            .map_err(|failure| failure.step("ping"))?;
        member.send(&masked_frame(8, b"\x03\xe8"))?;
        member.has_sent_all();
        let goodbye = member
            .ends("the connection to be closed, after a Close frame or without one")
            .map_err(|failure| failure.step("close"))?;
        match goodbye.iter().find(|unit| !is_control(unit)) {
            None => Ok(()),
            Some(unit) => Err(session
                .missed(Failure::wrong("no message: a Close frame is none", Sight::Extra, unit))
                .step("close")),
        }
    }),
    ("thousand-clients", |session| {
        let mut crowd = gather(session, 1_000)?;
        // All are there, and answered with 101. In a room, a word of each would be a million messages.
        crowd.iter_mut().enumerate().step_by(50).try_for_each(|(i, member)| {
            let text = format!("Li Jing {i}");
            match member.say(&text) {
                true => member.hear_among(&text),
                false => {
                    let wanted = format!("message {i} to be taken");
                    Err(session.missed(Failure::missed(wanted, Sight::Closed, "it was not")))
                }
            }
        })
    }),
    ("slow-reader", |session| {
        let Flood { clients: (mut other, slow), .. } = flood(session, TO_BLOCK.0, TO_BLOCK.1)?;
        // A socket that goes before all is read goes by a reset, and the server's next write to it is an error.
        drop(slow);
        session.wait_until_rest();
        answered(session, &mut other).map_err(|failure| failure.step("gone"))
    }),
    ("bounded-debt", |session| {
        // Both are there until it is said what was missed: if the program ends, that they leave is not why.
        let flood = flood(session, TO_FILL.0, TO_FILL.1)?;
        let Some(bytes) = flood.taken else { return Ok(()) };
        Err(session.missed(Failure::missed(
            "the one that reads nothing to be cut off, or heard no longer",
            Sight::Taken,
            format!("the server took {} MB from it, and it has read nothing", bytes / 1_000_000),
        )))
    }),
];

fn is_control(unit: &Unit) -> bool {
    unit.frame.as_ref().is_some_and(|frame| frame.header.opcode >= 8)
}

/// What came of a client that talks and reads nothing, and both clients that were there.
struct Flood<'s> {
    /// How many bytes the server has taken; `None` if it had enough before it was so much.
    taken: Option<usize>,
    /// The one that is answered, and the one that reads nothing.
    clients: (Member<'s>, Member<'s>),
}

/// One client talks, and reads nothing of what comes back; another one is answered all the while.
fn flood<'s>(session: &'s Session, small: usize, large: usize) -> Result<Flood<'s>, Failure> {
    let (mut other, mut slow, is_little) = one_and_a_slow_one(session)?;
    let messages = if is_little { small } else { large } / LONG;
    for message in 0..messages {
        let mark = format!("message {message}, ");
        let before = session.lines().unwrap_or_default();
        let goes_on = slow.say(&text_of(LONG, &mark)) && is_read(session, &slow, before, &mark);
        if !goes_on || message % ROUND == 0 {
            answered(session, &mut other)?;
        }
        if !goes_on {
            return Ok(Flood { taken: None, clients: (other, slow) });
        }
    }
    Ok(Flood { taken: Some(messages * LONG), clients: (other, slow) })
}

/// Whether the server reads what a member has said: the next message might come in the same read, where one read is taken
/// for one frame. It may have cut the member off in the meantime, or read from it no longer.
fn is_read(session: &Session, member: &Member, before: usize, mark: &str) -> bool {
    let deadline = Instant::now() + session.patience();
    let mut ask = Instant::now() + ASK;
    let mut stopped = Instant::now() + STOPPED;
    let mut has_rested = false;
    while !session.lines_from(before).iter().any(|line| line.contains(mark)) {
        let now = Instant::now();
        if member.is_cut_off() || now > deadline {
            return false;
        }
        // A server that prints nothing is asked for by the system, which takes longer.
        if now > ask {
            match member.was_read() {
                // Where the system does not say, the answer of the other one has to do.
                Some(true) | None => return true,
                Some(false) if now > stopped && has_rested => return false,
                Some(false) if now > stopped => {
                    has_rested = session.wait_until_rest() == Some(true);
                    stopped = Instant::now() + STOPPED;
                }
                Some(false) => ask = now + ASK,
            }
        }
        thread::sleep(LOOK);
    }
    true
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
