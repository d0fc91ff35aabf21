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

pub(super) const SCRIPTS: &[(&str, Script)] = &[
    ("heard-on-the-other", |session| {
        let mut pair = Pair::of(session)?;
        pair.meet()?;
        pair.one.says("Li Jing")?;
        for member in [&mut pair.one, &mut pair.two] {
            member.hears("Li Jing").map_err(|failure| failure.step("first"))?;
        }
        pair.two.says("from the other")?;
        pair.two.hears("from the other").map_err(|failure| failure.step("back"))?;
        // A message that comes twice comes before this one, or before the next.
        for text in ["from the other", "and again"] {
            pair.one.hears(text).map_err(|failure| failure.step("once"))?;
            if text == "from the other" {
                pair.one.says("and again")?;
            }
        }
        pair.two.hears("and again").map_err(|failure| failure.step("once")).map(drop)
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
            pair.two.hears(text).map_err(|failure| failure.step("order"))?;
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
        let before = pair.again()?;
        let arrived = before.two.iter().any(|text| text == "meanwhile");
        let told = before.one.iter().any(|text| text != "meanwhile" && !text.starts_with("again "));
        match arrived || told {
            true => Ok(()),
            false => Err(session
                .missed(Failure::missed(
                    "\"meanwhile\" to be heard on the other server, or its sender to be told something",
                    Sight::Silent,
                    "the broker is back, later messages arrive, and this one is gone without a word",
                ))
                .step("lost")),
        }
    }),
    ("broker-back", |session| {
        let (_, broker) = session.pair()?;
        let mut pair = Pair::of(session)?;
        let mut all = pair.again().map_err(|failure| failure.step("met"))?;
        for _ in 0..2 {
            broker.kill();
            session.wait_until_rest();
            broker.restart()?;
            let heard = pair.again()?;
            all.one.extend(heard.one);
            all.two.extend(heard.two);
        }
        // Words of the server's own may come as often as it likes.
        let is_twice = |(at, text): (usize, &String)| {
            text.starts_with("again ") && all.two[..at].contains(text)
        };
        match all.two.iter().enumerate().any(is_twice) {
            false => Ok(()),
            true => {
                let came = "one that was said once came twice";
                Err(session
                    .missed(Failure::missed("each message once", Sight::Extra, came))
                    .step("once"))
            }
        }
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
            pair.one.is_echoed(text)?;
        }
        let mut newcomer = other.member()?;
        for text in &texts {
            newcomer.hears_among(text).map_err(|failure| failure.step("history"))?;
        }
        newcomer.is_echoed("Li Jing").map_err(|failure| failure.step("then")).map(drop)
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
        self.again().map(drop).map_err(|failure| failure.step("met"))
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
                    heard.one.extend(said(&mut self.one, 1)?);
                }
                return Ok(heard);
            }
            if Instant::now() > deadline {
                self.one.says(LAST_TRY)?;
                return self.two.hears_among(LAST_TRY).map(|()| heard);
            }
        }
    }
}

/// The next texts that come.
fn said(member: &mut Visitor<'_>, count: usize) -> Result<Vec<String>, Failure> {
    (0..count).map(|_| member.any_text()).collect()
}
