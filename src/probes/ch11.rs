//! Chapter 11, Messages: fragments put together, and UTF-8 judged as it arrives.

use ch00_wire::{fragment, masked_frame, unhex, unmasked_frame};

use super::Script;
use super::crowd::Member;
use super::missed::{Failure, Wanted};
use super::promises::Sight;
use super::session::{Session, Visitor};

/// The close code of text that is invalid UTF-8 (section 7.4.1).
const INVALID_PAYLOAD: u16 = 1007;
/// The close code of a message that is too long.
const TOO_BIG: u16 = 1009;

/// A message that does not end is sent up to here: so many fragments, of so many bytes. That is 64 MiB.
const FRAGMENTS: usize = 1024;
const LONG: usize = 64 * 1024;

/// And so many empty ones, which are a million: so many pieces of so many fragments.
const PIECES: usize = 256;
const IN_A_PIECE: usize = 4096;

/// What invalid UTF-8 is, and the step that finds it.
const INVALID: [(&str, &[u8]); 5] = [
    ("byte", b"Li \xff Jing"),
    ("longer", b"Li \xc0\xaf Jing"),
    ("pair", b"Li \xed\xa0\x80 Jing"),
    ("beyond", b"Li \xf4\x90\x80\x80 Jing"),
    ("end", b"Li \xe6\xbc"),
];

/// The first and the last characters of each length in UTF-8, and those that no text should need.
const EDGES: &str = "a\0\u{7f}\u{80}\u{7ff}\u{800}\u{d7ff}\u{e000}\u{feff}\u{fffd}\u{fffe}\u{ffff}\u{10000}\u{10ffff}";

pub(super) const SCRIPTS: &[(&str, Script)] = &[
    ("fragments", |session| {
        let mut member = session.member()?;
        comes_whole(&mut member, &["Li ", "Jing"]).map_err(|failure| failure.step("two"))?;
        comes_whole(&mut member, &["Li", " Ji", "ng"]).map_err(|failure| failure.step("three"))?;
        comes_whole(&mut member, &["", "Li ", "", "Jing", ""])
            .map_err(|failure| failure.step("empty"))?;
        // And a message that is whole comes alone.
        member.is_echoed("Li Jing").map_err(|failure| failure.step("whole"))
    }),
    ("control-between", |session| {
        let mut member = session.member()?;
        member.send_alone(&fragment(1, b"Li "))?;
        member.send(&masked_frame(9, b"PING"))?;
        let what = "a pong with the payload PING, before the message is whole".to_owned();
        let wanted = Wanted::Bytes(what, unmasked_frame(0xa, b"PING"));
        let mut unit = member.any_unit(wanted.clone())?;
        // The server may send a ping of its own.
        while unit.frame.as_ref().is_some_and(|frame| frame.header.opcode == 9) {
            unit = member.any_unit(wanted.clone())?;
        }
        if wanted.bytes().as_ref() != Some(&unit.bytes) {
            let failure = Failure::wrong(wanted, Sight::Other, &unit);
            return Err(session.missed(with_cause(failure, &["Li "])).step("pong"));
        }
        // A pong that nobody has asked for comes at any time, too.
        member.send(&[masked_frame(0xa, b"PONG"), masked_frame(0, b"Jing")].concat())?;
        member.hears("Li Jing").map(drop).map_err(|failure| with_cause(failure, &["Li ", "Jing"]))
    }),
    ("cut-character", |session| {
        let mut member = session.member()?;
        let (before, behind) = "Li 漢 Jing".as_bytes().split_at(4);
        member.send(&[fragment(1, before), masked_frame(0, behind)].concat())?;
        member.hears("Li 漢 Jing").map(drop).map_err(|failure| with_cause(failure, &["Li "]))
    }),
    ("edges-of-utf8", |session| {
        let mut member = session.member()?;
        member.is_echoed(EDGES).map_err(|mut failure| {
            failure.change(|missed| {
                let refused =
                    missed.unit.as_ref().is_some_and(|unit| unit.value("close code").is_some());
                missed.cause = refused.then_some(REFUSED);
            });
            failure.step("whole")
        })?;
        let [first, middle @ .., last] = EDGES.as_bytes() else { return Ok(()) };
        let middle = middle.iter().flat_map(|byte| fragment(0, &[*byte]));
        let frames = fragment(1, &[*first]).into_iter().chain(middle);
        let frames: Vec<u8> = frames.chain(masked_frame(0, &[*last])).collect();
        member.send(&frames)?;
        member.hears(EDGES).map(drop).map_err(|failure| with_cause(failure.step("cut"), &["a"]))
    }),
    ("fails-invalid-utf8", |session| {
        INVALID.iter().try_for_each(|(step, text)| {
            let mut member = session.member()?;
            member.send(&masked_frame(1, text))?;
            is_failed(member, INVALID_PAYLOAD).map_err(|failure| failure.step(step))
        })
    }),
    ("fails-in-the-last-fragment", |session| {
        let last: [(&str, &[u8], &[u8]); 3] = [
            ("byte", b"Li ", b"Jing \xff"),
            ("end", b"Li \xe6", b"\xbc"),
            ("empty", b"Li \xe6\xbc", b""),
        ];
        last.iter().try_for_each(|(step, before, last)| {
            let mut member = session.member()?;
            member.send(&[fragment(1, before), masked_frame(0, last)].concat())?;
            is_failed(member, INVALID_PAYLOAD).map_err(|failure| failure.step(step))
        })
    }),
    ("fails-at-once", |session| {
        let frame = masked_frame(1, &[b"Li Jing, \xff".as_slice(), &[b'.'; 90]].concat());
        let mut member = session.member()?;
        // Its header, and ten of the hundred bytes that it declares. The rest never comes.
        member.send(&frame[..6 + 10])?;
        is_failed(member, INVALID_PAYLOAD).map_err(|failure| failure.step("frame"))?;
        let mut member = session.member()?;
        member.send(&[fragment(1, b"Li \xe6"), fragment(0, b"Jing")].concat())?;
        is_failed(member, INVALID_PAYLOAD).map_err(|failure| failure.step("message"))
    }),
    ("nothing-half", |session| {
        let mut listener = session.member()?;
        let mut leaves = session.member()?;
        leaves.send_alone(&fragment(1, b"half of it"))?;
        leaves.leave();
        listener
            .is_echoed("Li Jing")
            .map_err(|failure| with_cause(failure, &["half of it"]).step("leaves"))?;
        let mut errs = session.member()?;
        errs.send_alone(&[fragment(1, b"half of it"), masked_frame(0, b"\xff")].concat())?;
        errs.leave();
        listener
            .is_echoed("Li Jing")
            .map_err(|failure| with_cause(failure, &["half of it"]).step("invalid"))
    }),
    ("kind-kept", |session| {
        let mut member = session.member()?;
        let binary = b"\x00\xff\xfe";
        member.send(&masked_frame(2, binary))?;
        is_binary(session, &mut member, binary).map_err(|failure| failure.step("whole"))?;
        member.send(&[fragment(2, &binary[..2]), masked_frame(0, &binary[2..])].concat())?;
        is_binary(session, &mut member, binary).map_err(|failure| failure.step("fragments"))?;
        comes_whole(&mut member, &["Li ", "Jing"]).map_err(|failure| failure.step("text"))
    }),
    ("fails-too-long", |session| {
        let mut member = session.member()?;
        // A masked text of a terabyte, of which nothing but the header comes.
        let header = unhex("81 ff 00 00 01 00 00 00 00 00 37 fa 21 3d").expect("hexadecimal");
        member.send(&header)?;
        is_failed(member, TOO_BIG)
    }),
    ("endless-message", |session| {
        let mut member = Member::alone(session)?;
        member
            .gives_up(
                &fragment(1, b"x"),
                &fragment(0, &[b'x'; LONG]),
                FRAGMENTS,
                "64 MiB of one message",
            )
            .map_err(|failure| with_cause(failure, &["x"]))
    }),
    ("endless-fragments", |session| {
        let mut member = Member::alone(session)?;
        let piece = fragment(0, b"").repeat(IN_A_PIECE);
        member
            .gives_up(&fragment(1, b"x"), &piece, PIECES, "a million fragments of one message")
            .map_err(|failure| with_cause(failure, &["x"]))
    }),
];

/// What a fragment that comes alone tells.
const EACH: &str = "each fragment is taken for a message: FIN 0 says that more of it follow";
const LAST: &str =
    "the last fragment has taken the place of those before it: it is appended to them";
const PING: &str =
    "what a control frame says has got into the message that it came in the middle of";
const BY_ITSELF: &str =
    "each fragment is made into text by itself: what comes of a character is no text yet";
const JUDGED_ALONE: &str = "each fragment is judged by itself: half a character is no fault, as long as more of it can follow";
const REFUSED: &str =
    "a valid text is refused: U+0000, U+FFFE, U+FFFF and U+10FFFF are characters like any other";
const REPLACED: &str = "the invalid bytes are replaced by �, and the rest is passed on: section 8.1 says that the \
                        connection fails";

/// Sends a text in fragments, and sees it come back whole.
fn comes_whole(member: &mut Visitor, fragments: &[&str]) -> Result<(), Failure> {
    let last = fragments.len() - 1;
    let frame = |(at, text): (usize, &&str)| {
        let opcode = u8::from(at == 0);
        if at == last {
            masked_frame(opcode, text.as_bytes())
        } else {
            fragment(opcode, text.as_bytes())
        }
    };
    let frames: Vec<u8> = fragments.iter().enumerate().flat_map(frame).collect();
    member.send(&frames)?;
    member.hears(&fragments.concat()).map(drop).map_err(|failure| with_cause(failure, fragments))
}

/// Names what the bytes that came tell of a message that was sent in fragments.
fn with_cause(mut failure: Failure, fragments: &[&str]) -> Failure {
    failure.change(|missed| {
        let Some(unit) = &missed.unit else { return };
        let Some(frame) = &unit.frame else { return };
        if unit.value("close code") == Some("1007") {
            missed.cause = Some(JUDGED_ALONE);
        }
        if frame.header.opcode >= 8 {
            return;
        }
        let payload = String::from_utf8_lossy(&frame.payload);
        let is = |part: Option<&&str>| part.is_some_and(|part| *part == payload);
        missed.cause = match () {
            _ if is(fragments.first()) => Some(EACH),
            _ if fragments.len() > 1 && is(fragments.last()) => Some(LAST),
            _ if payload.contains("PING") || payload.contains("PONG") => Some(PING),
            _ if payload.contains('\u{fffd}') => Some(BY_ITSELF),
            _ => missed.cause,
        };
    });
    failure
}

/// Sees the connection failed with this code. A text that came in place of it may say why.
fn is_failed(mut member: Visitor, code: u16) -> Result<(), Failure> {
    member.is_failed(code).map_err(|mut failure| {
        failure.change(|missed| {
            let text = missed.unit.as_ref().and_then(|unit| unit.text.as_deref());
            if text.is_some_and(|text| text.contains('\u{fffd}')) {
                missed.cause = Some(REPLACED);
            }
        });
        failure
    })
}

/// Sees bytes come back as a binary message.
fn is_binary(session: &Session, member: &mut Visitor, bytes: &[u8]) -> Result<(), Failure> {
    let what = format!("one binary frame of {} bytes", bytes.len());
    let wanted = Wanted::Bytes(what, unmasked_frame(2, bytes));
    let unit = member.unit(wanted.clone())?;
    let header = unit.frame.as_ref().map(|frame| &frame.header);
    if header.is_some_and(|header| header.opcode == 2) && wanted.bytes() == Some(unit.bytes.clone())
    {
        return Ok(());
    }
    let failure = Failure::wrong(wanted, Sight::Other, &unit);
    let is_text = header.is_some_and(|header| header.opcode == 1);
    let cause = "it is sent back as text: the first fragment of a message says what the message is";
    let payload = unit.frame.as_ref().map(|frame| frame.payload.as_slice()).unwrap_or_default();
    Err(session.missed(match () {
        () if is_text => failure.because(cause),
        () if unit.value("close code") == Some("1007") => {
            failure.because("binary is judged as UTF-8: only a text has to be that")
        }
        () if !payload.is_empty() && bytes.starts_with(payload) => failure.because(EACH),
        () => failure,
    }))
}
