//! Chapter 12, No mercy: one table of rules, and a close code for each.

use ch00_wire::masked_frame;

use super::Script;
use super::missed::{Failure, Wanted};
use super::promises::Sight;
use super::session::Session;

const PROTOCOL_ERROR: u16 = 1002;
const INVALID_PAYLOAD: u16 = 1007;

/// How long the frames are that are declared, and do not come, in bytes.
const DECLARED: usize = 1_000;

/// The opcodes of frames.
const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// Where the bits of a frame's first byte are.
const FIN: u8 = 0x80;
const RSV: [u8; 3] = [0x40, 0x20, 0x10];

pub(super) const SCRIPTS: &[(&str, Script)] = &[
    ("reserved-bits", |session| {
        RSV.iter().try_for_each(|bit| {
            fails(session, PROTOCOL_ERROR, &with(*bit, masked_frame(TEXT, b"Li Jing")))?;
            fails(session, PROTOCOL_ERROR, &with(*bit, masked_frame(PING, b"Li Jing")))
        })
    }),
    ("reserved-opcodes", |session| {
        let fails = |opcode| fails(session, PROTOCOL_ERROR, &masked_frame(opcode, b"Li Jing"));
        (3..=7).try_for_each(fails).map_err(|failure| failure.step("3 to 7"))?;
        (11..=15).try_for_each(fails).map_err(|failure| failure.step("b to f"))
    }),
    ("shortest-length", |session| {
        let two = |length: u16| [vec![0xfe], length.to_be_bytes().to_vec()].concat();
        let eight = |length: u64| [vec![0xff], length.to_be_bytes().to_vec()].concat();
        let forms = [
            (7, two(7)),
            (125, two(125)),
            (125, eight(125)),
            (126, eight(126)),
            (65_535, eight(65_535)),
        ];
        forms.iter().try_for_each(|(length, form)| {
            let frame = with_length(*length, form);
            let (header, payload) = frame.split_at(frame.len() - length);
            session.member()?.is_failed_by(header, payload, PROTOCOL_ERROR)
        })
    }),
    ("first-bit-of-a-length", |session| {
        let header = |length: u64| {
            let mut frame = with_length(0, &[&[0xff][..], &length.to_be_bytes()].concat());
            frame[0] = FIN | BINARY;
            frame
        };
        [1 << 63, u64::MAX]
            .iter()
            .try_for_each(|length| fails(session, PROTOCOL_ERROR, &header(*length)))
    }),
    ("whole-control-frames", |session| {
        [masked_frame(PING, b"Li Jing"), masked_frame(PONG, b""), masked_frame(CLOSE, b"\x03\xe8")]
            .into_iter()
            .try_for_each(|frame| fails(session, PROTOCOL_ERROR, &unfinished(frame)))
    }),
    ("nothing-to-continue", |session| {
        let rest = masked_frame(CONTINUATION, b"Li Jing");
        fails(session, PROTOCOL_ERROR, &rest)?;
        fails(session, PROTOCOL_ERROR, &unfinished(rest.clone()))?;
        // A message that is whole has nothing to be continued either.
        let whole = [unfinished(masked_frame(TEXT, b"Li ")), masked_frame(CONTINUATION, b"Jing")];
        let mut member = session.member()?;
        member.send(&whole.concat())?;
        member.hears("Li Jing")?;
        member.send(&rest)?;
        member.is_failed(PROTOCOL_ERROR)
    }),
    ("message-inside-a-message", |session| {
        let begun = unfinished(masked_frame(TEXT, b"Li "));
        [masked_frame(TEXT, b"Jing"), begun.clone(), masked_frame(BINARY, b"Jing")]
            .iter()
            .try_for_each(|second| {
                let frames = [begun.as_slice(), second].concat();
                fails(session, PROTOCOL_ERROR, &frames)
            })
    }),
    ("half-a-close-code", |session| fails(session, PROTOCOL_ERROR, &masked_frame(CLOSE, b"\x03"))),
    ("close-codes", |session| {
        let bad = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, u16::MAX];
        bad.into_iter()
            .try_for_each(|code| fails(session, PROTOCOL_ERROR, &goodbye(code, b"")))
            .map_err(|failure| failure.step("codes that may not be sent"))?;
        let good = (1000..=1003).chain(1007..=1014).chain([3000, 3999, 4000, 4999]);
        good.into_iter()
            .try_for_each(|code| is_taken(session, code, b""))
            .map_err(|failure| failure.step("codes that may be sent"))
    }),
    ("close-reason", |session| {
        // Not UTF-8 at all; a character that is cut; one that is written too long.
        [&b"Li \xff"[..], b"Li \xe9\x9d", b"\xc0\xafJing"]
            .iter()
            .try_for_each(|reason| fails(session, INVALID_PAYLOAD, &goodbye(1000, reason)))
            .map_err(|failure| failure.step("a reason that is not UTF-8"))?;
        is_taken(session, 1000, "李静".as_bytes())
            .map_err(|failure| failure.step("a reason that is UTF-8"))
    }),
    ("header-is-enough", |session| {
        // A frame is judged once, however many reads bring it.
        let mut member = session.member()?;
        let first = unfinished(masked_frame(TEXT, b"Li "));
        let last = masked_frame(CONTINUATION, b"Jing");
        member.send_cut(&[first, last].concat(), &[8, 16])?;
        member.hears("Li Jing").map_err(|failure| failure.step("good"))?;
        let frame = masked_frame(TEXT, &[b'x'; DECLARED]);
        let header = frame.len() - DECLARED;
        fails(session, PROTOCOL_ERROR, &with(RSV[1], frame)[..header])
    }),
    ("nothing-after-it", |session| {
        let (mut one, mut other) = (session.member()?, session.member()?);
        let broken = with(RSV[2], masked_frame(TEXT, b"a broken frame"));
        one.send(&[broken, masked_frame(TEXT, b"what follows it")].concat())?;
        // Whether its Close frame arrives is another promise: a server that closes with bytes unread resets.
        one.is_cut_off()?;
        other.says("Li Jing")?;
        other.hears("Li Jing").map(drop)
    }),
];

/// A frame with one more bit in its first byte.
fn with(bit: u8, mut frame: Vec<u8>) -> Vec<u8> {
    frame[0] |= bit;
    frame
}

/// A frame that says that its message goes on.
fn unfinished(mut frame: Vec<u8>) -> Vec<u8> {
    frame[0] &= !FIN;
    frame
}

/// A masked text frame with a payload of this length, whose second byte, and what belongs to it, is `form`.
fn with_length(length: usize, form: &[u8]) -> Vec<u8> {
    let frame = masked_frame(TEXT, &vec![b'x'; length]);
    [&frame[..1], form, &frame[frame.len() - length - 4..]].concat()
}

/// Sees a client failed with this code, once it has sent these bytes.
fn fails(session: &Session, code: u16, bytes: &[u8]) -> Result<(), Failure> {
    let mut member = session.member()?;
    member.send(bytes)?;
    member.is_failed(code)
}

/// A Close frame with this code and reason.
fn goodbye(code: u16, reason: &[u8]) -> Vec<u8> {
    masked_frame(CLOSE, &[&code.to_be_bytes(), reason].concat())
}

/// Sees a goodbye answered with a Close frame that finds no fault with it: the same code, or another one.
fn is_taken(session: &Session, code: u16, reason: &[u8]) -> Result<(), Failure> {
    let mut member = session.member()?;
    member.send(&goodbye(code, reason))?;
    let wanted = Wanted::from(format!("a Close frame that finds no fault with the code {code}"));
    let unit = member.unit(wanted.clone())?;
    let answer = unit.value("close code").and_then(|answer| answer.parse().ok());
    let is_goodbye = unit.frame.as_ref().is_some_and(|frame| frame.header.opcode == CLOSE);
    let is_fault =
        answer != Some(code) && [Some(PROTOCOL_ERROR), Some(INVALID_PAYLOAD)].contains(&answer);
    match is_goodbye && !is_fault {
        true => Ok(()),
        false => Err(session.missed(Failure::wrong(wanted, Sight::Other, &unit))),
    }
}
