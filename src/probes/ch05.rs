//! Chapter 05, Reply: what a client says comes back.

use ch00_wire::masked_frame;

use super::Script;
use super::missed::Failure;
use super::promises::Sight;
use super::session::Session;

/// The lengths at which a form of the payload length ends or begins, and one packet's worth.
const EDGES: [usize; 4] = [125, 126, 127, 1_500];

pub(super) const SCRIPTS: &[(&str, Script)] = &[
    ("echoes", |session| {
        let mut member = session.member()?;
        member.is_echoed("Li Jing")?;
        member.hears_nothing("nothing more: it was one message")
    }),
    ("not-masked", |session| {
        let mut member = session.member()?;
        // An odd length and an even one.
        [7, 8].iter().try_for_each(|&length| {
            member.says(&text_of(length, "Li Jing"))?;
            let unit = member.unit("a frame")?;
            match unit.frame.as_ref().is_some_and(|frame| frame.header.masking_key.is_none()) {
                true => Ok(()),
                false => {
                    let failure = Failure::wrong("MASK to be 0", Sight::Other, &unit).at(1);
                    Err(session.missed(failure))
                }
            }
        })
    }),
    ("counts-bytes", |session| session.member()?.is_echoed("héllo")),
    ("long-echoes", |session| is_echoed_at_the_edges(session, "Li Jing ")),
    ("whole-characters", |session| is_echoed_at_the_edges(session, "静")),
    ("as-the-length-says", |session| {
        [7, 126].iter().try_for_each(|&length| {
            let text = text_of(length, "Li Jing");
            let mut member = session.member()?;
            member.send(&[masked_frame(1, text.as_bytes()), masked_frame(1, b"two")].concat())?;
            member.hears(&text).map(drop)
        })?;
        let mut member = session.member()?;
        member.send_alone(&masked_frame(1, b"Li Jing")[..9])?;
        match member.hears_nothing("no answer to half a frame") {
            // It may be given up, with a word about it or without.
            Err(Failure::Missed(missed)) if !has_text(&missed.unit) => Ok(()),
            heard => heard.map_err(|failure| failure.step("half")),
        }
    }),
    ("empty-message", |session| session.member()?.is_echoed("")),
    ("hundred-in-turn", |session| {
        let mut member = session.member()?;
        (0..100).try_for_each(|i| member.is_echoed(&format!("message {i}")))
    }),
];

fn is_echoed_at_the_edges(session: &Session, text: &str) -> Result<(), Failure> {
    let mut member = session.member()?;
    EDGES.iter().try_for_each(|&length| member.is_echoed(&text_of(length, text)))
}

fn has_text(unit: &Option<Box<ch00_wire::Unit>>) -> bool {
    unit.as_ref().is_some_and(|unit| {
        unit.frame.as_ref().is_none_or(|frame| frame.header.opcode != 8) && unit.text.is_some()
    })
}

/// A text of exactly so many bytes: `text` over and over, filled up with full stops.
pub(super) fn text_of(bytes: usize, text: &str) -> String {
    let whole = text.repeat(bytes / text.len());
    format!("{whole}{}", ".".repeat(bytes - whole.len()))
}
