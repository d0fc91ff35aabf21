//! Chapter 04, Decode: the server reads what its client says.

use ch00_wire::masked_frame;

use super::Script;
use super::ch05::text_of;
use super::missed::Failure;
use super::promises::Sight;
use super::session::Session;

pub(super) const SCRIPTS: &[(&str, Script)] = &[
    ("unmasks", |session| session.member()?.is_printed("Li Jing")),
    ("one-after-another", |session| {
        let mut member = session.member()?;
        ["one", "two", "three"]
            .iter()
            .try_for_each(|text| member.is_printed(&format!("message {text}")))
    }),
    ("long-messages", |session| {
        let mut member = session.member()?;
        [125, 126, 127, 1_500]
            .iter()
            .try_for_each(|&length| member.is_printed(&text_of(length, "Li Jing ")))
    }),
    ("several-bytes-a-character", |session| session.member()?.is_printed("李静, héllo, 🦀.")),
    ("harmless-terminal", |session| {
        let before = session.lines()?;
        let mut member = session.member()?;
        member.send(&masked_frame(1, "Li\n\x1b[2J\u{9b}2JJing".as_bytes()))?;
        member.shows(before, "Jing")?;
        let lines = session.lines_from(before);
        let together = |line: &String| {
            line.split_once("Li").is_some_and(|(_, behind)| behind.contains("Jing"))
        };
        let obeyed = |line: &&String| line.replace('\t', "").contains(char::is_control);
        let (step, wanted, came) = match (lines.iter().any(together), lines.iter().find(obeyed)) {
            (true, None) => return Ok(()),
            (together, Some(line)) => {
                let is_half = together && !line.contains('\u{1b}');
                let step = if is_half { "above-7e" } else { "as-it-is" };
                let came = format!("it shows {}", super::missed::beginning(line));
                (step, "a terminal without control characters", came)
            }
            (false, None) => {
                let came = "they are on several lines".to_owned();
                ("as-it-is", "the terminal to show Li and Jing on one line", came)
            }
        };
        Err(session.missed(Failure::missed(wanted, Sight::Misprinted, came)).step(step))
    }),
    ("outlives-invalid-utf8", |session| {
        let mut member = session.member()?;
        member.send_alone(&masked_frame(1, b"\xe9\x9d"))?;
        member.leave();
        next_is_printed(session)
    }),
    ("masked-only", |session| {
        let mut member = session.member()?;
        // Two of them: whoever takes the first four bytes for a key finds enough that follows.
        member.send(b"\x81\x07Li Jing\x81\x07Li Jing")?;
        member.ends("the connection to be closed, after the first of two frames")?;
        next_is_printed(session)
    }),
    ("half-frame", |session| {
        let (short, long) = (masked_frame(1, b"Li Jing"), masked_frame(1, &[b'x'; 126]));
        [&short[..9], &short[..3], &long[..3], b"\x81\xff\0\0", &short[..1]].iter().try_for_each(
            |piece| {
                let mut member = session.member()?;
                member.send_alone(piece)?;
                member.leave();
                next_is_printed(session)
            },
        )
    }),
    ("absurd-lengths", |session| {
        let lengths: [[u8; 8]; 3] = [[0xff; 8], 7u64.to_be_bytes(), [0x7f; 8]];
        lengths.iter().try_for_each(|length| {
            let mut member = session.member()?;
            // "Li", masked: what has come is a text, so that nothing but the length is wrong.
            let frame = [b"\x81\xff", &length[..], b"\x37\xfa\x21\x3d\x7b\x93"].concat();
            member.send_alone(&frame)?;
            member.leave();
            next_is_printed(session)
        })
    }),
];

fn next_is_printed(session: &Session) -> Result<(), Failure> {
    session.member()?.is_printed("Li Jing")
}
