//! Chapter 09, In pieces: frames from a stream, however it is cut.

use ch00_wire::{Unit, masked_frame};

use super::Script;
use super::ch05::text_of;
use super::crowd::{Member, gather, one};
use super::missed::{Failure, beginning};
use super::promises::Sight;
use super::session::Session;

/// The lengths at which a reader of numbers or of buffers fails, in bytes, and what fails there.
const LONG: [(usize, &str); 7] = [
    (4_096, "read"),
    (5_000, "read"),
    (32_767, "read"),
    (32_768, "signed"),
    (65_535, "two-bytes"),
    (65_536, "eight-bytes"),
    (MEGABYTE, "megabyte"),
];
const MEGABYTE: usize = 1024 * 1024;

/// So many clients declare a megabyte each and send little of it; a server that keeps what has come grows by less than
/// this, in bytes.
const DECLARING: usize = 128;
const GROWN: u64 = 64 * 1024 * 1024;

/// What is said where a conversation is cut at every byte: these texts, and a ping between each two.
const TEXTS: [&str; 4] = ["Li Jing", "", "李静", "Li"];
/// How many pairs of cuts are tried.
const PAIRS: usize = 40;

/// How a Close frame shows that it was looked at.
const GOODBYE: &str = "a Close frame, or the end of the connection";

pub(super) const SCRIPTS: &[(&str, Script)] = &[
    ("cut-frame", |session| {
        let mut member = session.member()?;
        let short = (1..13).map(|cut| (7, cut));
        let long = [1, 2, 3, 4, 6, 8, 9, 70].map(|cut| (126, cut));
        short.chain(long).try_for_each(|(length, cut)| {
            let text = text_of(length, "Li Jing");
            let frame = masked_frame(1, text.as_bytes());
            let at = match frame.len() - length {
                _ if cut == 1 => "header",
                header if cut < header - 4 => "length",
                header if cut < header => "key",
                _ => "payload",
            };
            member
                .send_cut(&frame, &[cut])
                .and_then(|()| member.hears(&text).map(drop))
                .map_err(|failure| failure.step(at))
        })
    }),
    ("two-in-one-read", |session| {
        let mut member = session.member()?;
        member.send(&["Li", "Jing", "", "Li Jing"].map(frame).concat())?;
        ["Li", "Jing", "", "Li Jing"]
            .iter()
            .try_for_each(|text| member.hears(text).map(drop))
            .map_err(|failure| failure.step("several"))?;
        let second = frame("two");
        member.send_alone(&[&frame("one"), &second[..5]].concat())?;
        member.hears("one").map_err(|failure| failure.step("waits"))?;
        member.send(&second[5..])?;
        member.hears("two").map_err(|failure| failure.step("half"))?;
        member.send(&[frame("goodbye"), masked_frame(8, b"\x03\xe8")].concat())?;
        member
            .hears("goodbye")
            .and_then(|_| member.says_goodbye(GOODBYE, Sight::Extra))
            .map(drop)
            .map_err(|failure| failure.step("goodbye"))
    }),
    ("byte-by-byte", |session| {
        let mut member = session.member()?;
        let text = text_of(100, "Li Jing ");
        frame(&text).iter().try_for_each(|byte| member.send_alone(&[*byte]))?;
        member.hears(&text)?;
        member.is_echoed("Li Jing")
    }),
    ("long-lengths", |session| {
        session.member()?.leave();
        let mut member = one(session)?;
        LONG.iter().try_for_each(|&(length, step)| {
            comes_back(session, &mut member, length).map_err(|failure| failure.step(step))
        })
    }),
    ("declared-only", |session| {
        let mut other = session.member()?;
        other.is_echoed("Li Jing")?;
        let mut crowd = gather(session, DECLARING)?;
        let begun = &frame(text_of(MEGABYTE, "Li Jing "))[..20];
        session.wait_until_rest();
        let before = session.memory();
        let mut last = session.member()?;
        last.send_alone(begun)?;
        for member in &mut crowd {
            // One that is not taken costs no memory either.
            let _ = member.send(begun);
        }
        last.hears_nothing("nothing: only the beginning of a message has come")?;
        other.is_echoed("Li Jing").map_err(|failure| failure.step("others"))?;
        let grown = session.memory().unwrap_or(0).saturating_sub(before.unwrap_or(0));
        if before.is_none() || grown < GROWN {
            return Ok(());
        }
        let wanted = format!(
            "memory for what has come: {DECLARING} clients have declared a megabyte and sent 12 bytes of it"
        );
        let came = format!("the program has grown by {} MB", grown / 1_000_000);
        Err(session.missed(Failure::missed(wanted, Sight::Taken, came).step("memory")))
    }),
    ("first-bit-of-length", |session| {
        let mut member = session.member()?;
        let text = text_of(65_536, "Li Jing ");
        let good = frame(&text);
        [3, 9].iter().try_for_each(|&cut| {
            let heard = member.send_cut(&good, &[cut]).and_then(|()| member.hears(&text));
            heard.map(drop).map_err(|failure| failure.step("good"))
        })?;
        // The first byte of this length says already that it is refused.
        let bad = [b"\x81\xff\x80\0\0\0\0\0\0\x07", &frame("Li Jing")[2..]].concat();
        member.send_alone(&bad[..9])?;
        let _ = member.try_to_send(&bad[9..]);
        let wanted = "the connection to be closed: the first bit of the length is 1";
        if let Some(unit) = member.what_comes().filter(is_message) {
            return Err(session.missed(Failure::wrong(wanted, Sight::Extra, &unit)));
        }
        member.ends(wanted)?;
        session.member()?.is_echoed("Li Jing")
    }),
    ("pieces-apart", |session| {
        let (mut first, mut second) = (session.member()?, session.member()?);
        let (long, short) = (frame("Li Jing, first"), frame("Li Jing, second"));
        first.send_alone(&long[..9])?;
        second.send_alone(&short[..1])?;
        first.send_alone(&long[9..11])?;
        second.send(&short[1..])?;
        second.hears_among("Li Jing, second")?;
        first.send(&long[11..])?;
        first.hears_among("Li Jing, first")
    }),
    ("every-cut", |session| {
        let said = TEXTS.map(frame).join(&masked_frame(9, b"Li")[..]);
        let single = (1..said.len()).map(|cut| [cut, said.len()]);
        // Pairs all over the conversation, the same in every play.
        let pairs = (1..=PAIRS).map(|i| {
            let (one, other) = (1 + i * 31 % (said.len() - 1), 1 + i * 17 % (said.len() - 1));
            [one.min(other), one.max(other)]
        });
        single.chain(pairs).try_for_each(|cuts| {
            is_heard(session, &said, cuts).map_err(|failure| {
                // Once more, with names for its bytes.
                is_heard_and_named(session, &said, cuts).err().unwrap_or(failure)
            })
        })
    }),
];

fn frame(text: impl AsRef<str>) -> Vec<u8> {
    masked_frame(1, text.as_ref().as_bytes())
}

/// Says a text of so many bytes, and sees it come.
fn comes_back(session: &Session, member: &mut Member, length: usize) -> Result<(), Failure> {
    let expected = format!("one text frame of {length} bytes");
    let text = text_of(length, "Li Jing ");
    if !member.say(&text) {
        let came = "the server did not take all of it";
        return Err(session.missed(Failure::missed(expected, Sight::Closed, came)));
    }
    let came = member.hear(&expected)?;
    let other = || format!("{} bytes came: {:?}", came.len(), beginning(&came));
    match came == text {
        true => Ok(()),
        false => Err(session.missed(Failure::missed(expected, Sight::Other, other()))),
    }
}

/// Says the texts of [`TEXTS`], cut before these two bytes, and sees each of them come.
fn is_heard(session: &Session, said: &[u8], [from, to]: [usize; 2]) -> Result<(), Failure> {
    let mut member = one(session)?;
    let pieces = [&said[..from], &said[from..to]];
    let is_taken = pieces.iter().all(|piece| member.send_alone(piece)) && member.send(&said[to..]);
    TEXTS.iter().filter(|_| is_taken).try_for_each(|text| match member.hear(text)? {
        came if came == *text => Ok(()),
        came => Err(Failure::missed(format!("the text {text:?}"), Sight::Other, beginning(&came))),
    })?;
    let closed = || Failure::missed("all pieces to be taken", Sight::Closed, "they were not");
    if is_taken { Ok(()) } else { Err(session.missed(closed())) }
}

fn is_heard_and_named(
    session: &Session,
    said: &[u8],
    [from, to]: [usize; 2],
) -> Result<(), Failure> {
    let mut member = session.member()?;
    member.send_alone(&said[..from])?;
    member.send_alone(&said[from..to])?;
    member.send(&said[to..])?;
    TEXTS.iter().try_for_each(|text| member.hears(text).map(drop))
}

fn is_message(unit: &Unit) -> bool {
    unit.frame.as_ref().is_some_and(|frame| frame.header.opcode < 8)
}
