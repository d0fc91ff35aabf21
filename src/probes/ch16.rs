//! Chapter 16, Speed. Nothing here looks at a clock: what makes a server fast shows in the order in which things happen,
//! and in how much memory it takes.

use ch00_wire::masked_frame;

use super::Script;
use super::crowd::{Member, gather};
use super::missed::Failure;
use super::promises::Sight;
use super::session::Session;

/// How many messages each of two says at once: 16 KiB on the wire, and far less than a system keeps.
const SAID: usize = 1_500;
/// How often one may be heard after the other: what a server reads at once is bounded, but not small.
const TURNS: usize = 4;

/// How many clients come first, so that what grows by doubling has done so; and how many are measured then.
const FIRST: usize = 250;
const IDLE: usize = 1_000;
/// How many of them come at a time: a terminal that is not read in time makes a server keep its lines.
const AT_A_TIME: usize = 50;
/// How much memory each of these may take, in bytes: nothing but what has to be known of it.
const EACH: u64 = 384;

pub(super) const SCRIPTS: &[(&str, Script)] = &[
    ("reads-all-at-once", |session| {
        let mut three = gather(session, 3)?;
        let (hearer, both) = three.split_first_mut().expect("there are three");
        session.while_it_stands_still(|| {
            for (speaker, name) in both.iter_mut().zip(['a', 'b']) {
                let frames = (0..SAID).flat_map(|number| said(name, number));
                let _ = speaker.send(&frames.collect::<Vec<u8>>());
            }
        })?;
        let turns = turns(session, hearer)?;
        if turns <= TURNS {
            return Ok(());
        }
        Err(session.missed(Failure::missed(
            format!(
                "what each of two has said at once to be heard at once, in {TURNS} turns at most"
            ),
            Sight::Other,
            format!("they take {turns} turns, as if they had been said one after the other"),
        )))
    }),
    ("idle-clients-own-nothing", |session| {
        let _first = idle(session, FIRST)?;
        let before = session.memory();
        let _idle = idle(session, IDLE)?;
        let (Some(before), Some(after)) = (before, session.memory()) else {
            return Err(Failure::Unseen(
                "this system does not say how much memory a program takes",
            ));
        };
        let each = after.saturating_sub(before) / IDLE as u64;
        if each <= EACH {
            return Ok(());
        }
        Err(session.missed(Failure::missed(
            format!("{IDLE} clients that say nothing more to take {EACH} bytes each at most"),
            Sight::Taken,
            format!("each takes {each} bytes"),
        )))
    }),
];

fn said(name: char, number: usize) -> Vec<u8> {
    masked_frame(1, format!("{name}{number:04}").as_bytes())
}

/// Hears all that two have said, each in its order: how often another one goes on?
fn turns(session: &Session, hearer: &mut Member) -> Result<usize, Failure> {
    let (mut turns, mut next, mut last) = (0, [0, 0], None);
    while next.iter().sum::<usize>() < 2 * SAID {
        let wanted = [format!("a{:04}", next[0]), format!("b{:04}", next[1])];
        let either = wanted.join(" or ");
        let text = hearer.hear(&either)?;
        let Some(speaker) = wanted.iter().position(|wanted| *wanted == text) else {
            let came =
                format!("{text:?} came: what one says has another order, or is not all here");
            return Err(session.missed(Failure::missed(either, Sight::Other, came)));
        };
        next[speaker] += 1;
        turns += usize::from(last.replace(speaker) != Some(speaker));
    }
    Ok(turns)
}

/// So many who have said something, have heard it, and say nothing more. What their server had to print is printed.
fn idle<'s>(session: &'s Session<'s>, count: usize) -> Result<Vec<Member<'s>>, Failure> {
    let mut all = Vec::new();
    while all.len() < count {
        let mut some = gather(session, AT_A_TIME)?;
        for member in &mut some {
            let _ = member.say("Li Jing");
            member.hear("Li Jing")?;
        }
        session.wait_until_rest();
        all.append(&mut some);
    }
    Ok(all)
}
