//! Chapter 19, Many machines: two servers on one broker, which is killed, held still, and started again.

use std::time::Instant;

use ch00_wire::masked_frame;

use super::Script;
use super::missed::Failure;
use super::promises::Sight;
use super::session::{Session, Visitor};

/// How many messages each of four members says.
const EACH: usize = 25;
/// What is said when nothing has arrived for a long time.
const LAST_TRY: &str = "Is anybody here?";
/// How many messages a newcomer has missed.
const BEFORE: usize = 3;
/// How many messages are said while a server stands still: more than the chapter keeps of a room. And how many of them at a
/// time, so that the client that says them hears them, too.
const WHILE_STILL: usize = 1300;
const AT_A_TIME: usize = 50;
/// What cannot be judged if what is said cannot be found in what a server says to its broker.
const UNKNOWN: &str = "what is said does not go to the broker as it is said";
/// What is said when the answer to it is to be lost.
const ONCE: &str = "this is said once";

pub(super) const SCRIPTS: &[(&str, Script)] = &[
    ("heard-on-the-other", |session| {
        let mut pair = Pair::of(session)?;
        pair.meet()?;
        pair.one.says("Li Jing")?;
        for member in [&mut pair.one, &mut pair.two] {
            hears(member, "Li Jing").map_err(|failure| failure.step("first"))?;
        }
        pair.two.says("from the other")?;
        hears(&mut pair.two, "from the other").map_err(|failure| failure.step("back"))?;
        // A message that comes twice comes before this one, or before the next: who says the same again means it.
        for text in ["from the other", "Li Jing"] {
            hears(&mut pair.one, text).map_err(|failure| failure.step("once"))?;
            if text == "from the other" {
                pair.one.says("Li Jing")?;
            }
        }
        hears(&mut pair.two, "Li Jing").map_err(|failure| failure.step("once"))
    }),
    ("one-order-on-all", |session| {
        let mut pair = Pair::of(session)?;
        pair.meet()?;
        for number in 0..EACH {
            pair.one.says(&format!("one {number}"))?;
            pair.two.says(&format!("two {number}"))?;
        }
        let heard = said(&mut pair.one, 2 * EACH)?;
        for text in &heard {
            hears(&mut pair.two, text).map_err(|failure| failure.step("order"))?;
        }
        Ok(())
    }),
    ("broker-lost", |session| {
        let (_, broker) = session.pair()?;
        let mut pair = Pair::of(session)?;
        pair.meet()?;
        broker.kill();
        pair.one.says("meanwhile")?;
        // When it has been read, the broker may come back: the server knows by then, or has to find out.
        session.wait_until_rest();
        broker.restart()?;
        let heard = pair.again()?;
        heard.is_not_silent(session, "meanwhile")
    }),
    ("broker-back", |session| {
        let (_, broker) = session.pair()?;
        let mut pair = Pair::of(session)?;
        let mut all = pair.again()?;
        for _ in 0..2 {
            broker.kill();
            session.wait_until_rest();
            broker.restart()?;
            let heard = pair.again()?;
            all.one.extend(heard.one);
            all.two.extend(heard.two);
        }
        all.is_once(session)
    }),
    ("answer-lost", |session| {
        let (_, broker) = session.pair()?;
        let mut pair = Pair::of(session)?;
        pair.meet()?;
        let lost = broker.loses_the_answer_to(ONCE)?;
        pair.meet()?;
        pair.one.says(ONCE)?;
        let mut heard = pair.again()?;
        if lost.recv_timeout(session.patience()).is_err() {
            return Err(Failure::Unseen(UNKNOWN));
        }
        // What is said behind it comes behind it, also if it is said a second time.
        let more = pair.again()?;
        heard.one.extend(more.one);
        heard.two.extend(more.two);
        heard.is_once(session)?;
        heard.is_not_silent(session, ONCE)
    }),
    ("gap-told", |session| {
        let (other, _) = session.pair()?;
        let mut pair = Pair::of(session)?;
        let mut before = pair.again()?.two;
        before.extend(pair.again()?.two);
        let texts: Vec<String> =
            (1..=WHILE_STILL).map(|number| format!("still {number}")).collect();
        let one = &mut pair.one;
        other.while_it_stands_still(|| {
            texts.chunks(AT_A_TIME).try_for_each(|some| {
                some.iter().try_for_each(|text| one.says(text))?;
                some.iter().try_for_each(|text| one.hears_among(text))
            })
        })??;
        let mut heard = Vec::new();
        let last = &texts[WHILE_STILL - 1];
        while heard.last() != Some(last) {
            heard.push(pair.two.any_text().map_err(|failure| failure.step("on"))?);
        }
        if texts.iter().all(|text| heard.contains(text)) {
            return Ok(());
        }
        let own: Vec<&String> = heard.iter().filter(|text| is_own(text)).collect();
        let (sight, came) = match own.first() {
            _ if own.iter().any(|text| !before.contains(text)) => return Ok(()),
            None => (Sight::Silent, "some are missing, without a word".to_owned()),
            Some(words) => (
                Sight::Extra,
                format!("some are missing, and {words:?} was said when nothing was, too"),
            ),
        };
        let wanted = "all that was said meanwhile, or words that come only if something is missing";
        Err(session.missed(Failure::missed(wanted, sight, came)).step("told"))
    }),
    ("broker-held-still", |session| {
        let (_, broker) = session.pair()?;
        let mut pair = Pair::of(session)?;
        pair.meet()?;
        broker.hold()?;
        pair.one.says("meanwhile")?;
        pair.one.send(&masked_frame(9, b"Li Jing"))?;
        loop {
            // What the members are told comes first, perhaps.
            match pair.one.any_unit("a pong: the broker's silence is not the client's") {
                Ok(unit) if unit.frame.as_ref().is_some_and(|frame| frame.header.opcode == 0xA) => {
                    return Ok(());
                }
                Ok(_) => {}
                Err(failure) => return Err(failure.step("pong")),
            }
        }
    }),
    ("history-for-newcomers", |session| {
        let (other, _) = session.pair()?;
        let mut pair = Pair::of(session)?;
        pair.meet()?;
        let texts: Vec<String> = (1..=BEFORE).map(|number| format!("before {number}")).collect();
        for text in &texts {
            pair.one.says(text)?;
            hears(&mut pair.one, text)?;
        }
        let mut newcomer = other.member()?;
        for text in &texts {
            newcomer.hears_among(text).map_err(|failure| failure.step("history"))?;
        }
        newcomer.says("Li Jing")?;
        hears(&mut newcomer, "Li Jing").map_err(|failure| failure.step("then"))
    }),
];

/// A member on each of two servers.
struct Pair<'s> {
    session: &'s Session<'s>,
    one: Visitor<'s>,
    two: Visitor<'s>,
    rounds: usize,
}

/// What two members have heard before a message reached both.
struct Heard {
    one: Vec<String>,
    two: Vec<String>,
}

impl<'s> Pair<'s> {
    fn of(session: &'s Session<'s>) -> Result<Pair<'s>, Failure> {
        let (other, _) = session.pair()?;
        Ok(Pair { session, one: session.member()?, two: other.member()?, rounds: 0 })
    }

    /// Both servers have found their broker, and each other.
    fn meet(&mut self) -> Result<(), Failure> {
        self.again().map(drop)
    }

    /// Says something, again and again, until it has reached both: a server may need a moment to find its broker, and what
    /// is said until then may be refused.
    fn again(&mut self) -> Result<Heard, Failure> {
        let mut heard = Heard { one: Vec::new(), two: Vec::new() };
        let deadline = Instant::now() + 2 * self.session.patience();
        loop {
            self.rounds += 1;
            let text = format!("again {}", self.rounds);
            self.one.says(&text)?;
            let is_there = |heard: &[String]| heard.contains(&text);
            while let Some(came) = self.two.text_by_and_by() {
                heard.two.push(came);
                if is_there(&heard.two) {
                    break;
                }
            }
            if is_there(&heard.two) {
                while !is_there(&heard.one) {
                    let came = self.one.any_text().map_err(|failure| failure.step("own"))?;
                    heard.one.push(came);
                }
                return Ok(heard);
            }
            if Instant::now() > deadline {
                self.one.says(LAST_TRY)?;
                let last = self.two.hears_among(LAST_TRY).map_err(|failure| failure.step("met"));
                return last.map(|()| heard);
            }
        }
    }
}

impl Heard {
    /// Sees that nothing of what was said came twice. Words of the server's own may come as often as it likes.
    fn is_once(&self, session: &Session<'_>) -> Result<(), Failure> {
        let has_one_twice = |texts: &[String]| {
            let is_twice =
                |(at, text): (usize, &String)| !is_own(text) && texts[..at].contains(text);
            texts.iter().enumerate().any(is_twice)
        };
        match has_one_twice(&self.one) || has_one_twice(&self.two) {
            false => Ok(()),
            true => {
                let came = "one that was said once came twice";
                Err(session
                    .missed(Failure::missed("each message once", Sight::Extra, came))
                    .step("once"))
            }
        }
    }

    /// Sees that this was heard on the other server, or that its sender was told something.
    fn is_not_silent(&self, session: &Session<'_>, said: &str) -> Result<(), Failure> {
        let arrived = self.two.iter().any(|text| text == said);
        let told = self.one.iter().any(|text| text != said && !text.starts_with("again "));
        if arrived || told {
            return Ok(());
        }
        let wanted =
            format!("{said:?} to be heard on the other server, or its sender to be told something");
        let came =
            "the broker is there, later messages arrive, and this one is gone without a word";
        Err(session.missed(Failure::missed(wanted, Sight::Silent, came)).step("lost"))
    }
}

/// Whether these are words of the server's own.
fn is_own(text: &str) -> bool {
    text.starts_with('*')
}

/// Sees a message come, perhaps after words of the server's own.
fn hears(member: &mut Visitor<'_>, text: &str) -> Result<(), Failure> {
    loop {
        match member.hears(text) {
            Ok(_) => return Ok(()),
            Err(Failure::Missed(missed))
                if missed
                    .unit
                    .as_ref()
                    .and_then(|unit| unit.text.as_deref())
                    .is_some_and(is_own) => {}
            Err(failure) => return Err(failure),
        }
    }
}

/// The next texts that come, without words of the server's own.
fn said(member: &mut Visitor<'_>, count: usize) -> Result<Vec<String>, Failure> {
    let mut texts = Vec::new();
    while texts.len() < count {
        texts.extend(Some(member.any_text()?).filter(|text| !is_own(text)));
    }
    Ok(texts)
}
