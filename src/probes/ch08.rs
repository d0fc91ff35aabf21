//! Chapter 08, 2010: the older handshake, and its frames.

use ch00_wire::{
    HIXIE76_ANSWER, HIXIE76_KEY1, HIXIE76_KEY2, HIXIE76_KEY3, Unit, hex, hixie_frame,
    hixie75_request, hixie76_request, masked_frame,
};

use super::Script;
use super::missed::{Failure, Wanted};
use super::promises::Sight;
use super::session::{Session, Visitor};

/// What a frame without an end is made of, at the most: so many pieces, of so many bytes.
const PIECES: usize = 64;
const PIECE: usize = 64 * 1024;

pub(super) const SCRIPTS: &[(&str, Script)] = &[
    ("sixteen-bytes", |session| {
        member(session).map(drop)?;
        handshake(
            session,
            "18x 6]8vM;54 *(5:  {   U1]8  z [  8",
            "1_ tx7X d  <  nw  334J702) 7]o}` 0",
            b"Tm[K T2u",
            b"fQJ,fN/4F4!~K~MH",
        )
        .map(drop)
    }),
    ("head-first", |session| {
        let mut visitor = session.visitor()?;
        visitor.send(&hixie76_request(HIXIE76_KEY1, HIXIE76_KEY2))?;
        visitor.head(101)?;
        visitor.send_cut(HIXIE76_KEY3, &[3])?;
        answers(&mut visitor, HIXIE76_ANSWER)
    }),
    ("whose-page", |session| {
        let (_member, head) = member(session)?;
        let fields = [
            ("Sec-WebSocket-Origin", "http://example.com"),
            ("Sec-WebSocket-Location", "ws://server.example.com/chat"),
        ];
        fields.iter().try_for_each(|(name, value)| match head.value(name) {
            Some(other) if other == *value => Ok(()),
            other => {
                let came = other.map_or(format!("the head has no field {name}"), |value| {
                    format!("{name}: {value}")
                });
                let wanted = Wanted::Field(name, (*value).to_owned());
                let failure = Failure::wrong(wanted, Sight::Field, &head);
                Err(session.missed(failure.at(head.bytes.len() - 2).with(came)))
            }
        })
    }),
    ("between-00-and-ff", |session| {
        let (mut member, _) = member(session)?;
        ["Li Jing", "李静", "", "message"].iter().try_for_each(|text| {
            member.send(&hixie_frame(text))?;
            hears(&mut member, text)
        })
    }),
    ("ends-at-ff", |session| {
        let (mut member, _) = member(session)?;
        member.send_cut(&hixie_frame("Li Jing"), &[4])?;
        hears(&mut member, "Li Jing")?;
        member.send(&[hixie_frame("Li"), hixie_frame("Jing")].concat())?;
        hears(&mut member, "Li")?;
        hears(&mut member, "Jing")
    }),
    ("skips-lengths", |session| {
        let (mut member, _) = member(session)?;
        member.send(b"\x80\x02He\x00Hello\xff")?;
        hears(&mut member, "Hello")
    }),
    ("goodbye-of-2010", |session| {
        let (mut member, _) = member(session)?;
        member.send(b"\xff\x00")?;
        member.brings(Wanted::Bytes("ff 00".to_owned(), b"\xff\x00".to_vec()))?;
        member.ends("the connection to be closed").map(drop)
    }),
    ("bad-keys", |session| {
        member(session).map(drop)?;
        let bad = ["12345", "2 L785 8o% s9Sy9@V. 4<1P5", &"9 ".repeat(100)];
        bad.iter().try_for_each(|key| {
            session.refuses(&hixie76_request(key, HIXIE76_KEY2))?;
            session.refuses(&hixie76_request(HIXIE76_KEY1, key))
        })
    }),
    ("no-end-no-frame", |session| {
        let (mut endless, _) = member(session)?;
        endless.send(b"\x00")?;
        let piece = [b'x'; PIECE];
        if (0..PIECES).all(|_| endless.try_to_send(&piece).is_ok()) {
            endless.ends("the connection to be closed")?;
        }
        member(session).map(drop)
    }),
    ("two-ages", |session| {
        let mut newer = session.member()?;
        let (mut older, _) = member(session)?;
        newer.send(&masked_frame(1, "Li Jing".as_bytes()))?;
        newer.hears("Li Jing")?;
        hears(&mut older, "Li Jing")?;
        older.send(&hixie_frame("李静"))?;
        hears(&mut older, "李静")?;
        newer.hears("李静").map(drop)
    }),
    ("keyless-2009", |session| {
        let mut visitor = session.visitor()?;
        visitor.send(&hixie75_request())?;
        let head = visitor.head(101)?;
        if head.value("WebSocket-Location").is_none() {
            let wanted = "the field WebSocket-Location, without Sec- before it";
            let failure = Failure::wrong(wanted, Sight::Field, &head);
            let came = "the head has no such field";
            return Err(session.missed(failure.at(head.bytes.len() - 2).with(came)));
        }
        visitor.send(&hixie_frame("Li Jing"))?;
        hears(&mut visitor, "Li Jing")
    }),
];

/// A client of 2010 whose handshake has succeeded, and the head that answered it.
fn member<'s>(session: &'s Session<'s>) -> Result<(Visitor<'s>, Unit), Failure> {
    handshake(session, HIXIE76_KEY1, HIXIE76_KEY2, HIXIE76_KEY3, HIXIE76_ANSWER)
}

fn handshake<'s>(
    session: &'s Session<'s>,
    key1: &str,
    key2: &str,
    key3: &[u8; 8],
    expected: &[u8; 16],
) -> Result<(Visitor<'s>, Unit), Failure> {
    let mut visitor = session.visitor()?;
    visitor.send(&[hixie76_request(key1, key2), key3.to_vec()].concat())?;
    let head = visitor.head(101)?;
    answers(&mut visitor, expected)?;
    Ok((visitor, head))
}

fn answers(visitor: &mut Visitor, expected: &[u8; 16]) -> Result<(), Failure> {
    let what = format!("the sixteen bytes {}", hex(expected));
    visitor.brings(Wanted::Bytes(what, expected.to_vec()))
}

fn hears(visitor: &mut Visitor, text: &str) -> Result<(), Failure> {
    visitor.brings(Wanted::Bytes(format!("00, {text:?}, ff"), hixie_frame(text)))
}
