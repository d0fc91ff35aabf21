//! Chapter 07, The room: what one says, all hear.

use std::thread;

use ch00_wire::{counted, masked_frame, rfc_request};

use super::Script;
use super::ch05::text_of;
use super::crowd::{Member, gather, late_one};
use super::missed::{Failure, Wanted, beginning, status};
use super::promises::Sight;
use super::session::{Session, Visitor};

/// How many clients talk at once in the last script, and how often each.
const PEOPLE: usize = 50;
const MESSAGES: usize = 40;
/// How long each message is, in bytes: all of them are more than a system keeps for the one that reads late.
const LONG: usize = 300;

pub(super) const SCRIPTS: &[(&str, Script)] = &[
    ("all-hear", |session| {
        let mut all = three(session)?;
        heard_by_all(&mut all, 0, "Li Jing")?;
        heard_by_all(&mut all, 2, "李静")
    }),
    ("one-order", |session| {
        let mut all = three(session)?;
        for round in 0..20 {
            for (i, member) in all.iter_mut().enumerate() {
                member.says(&format!("round {round}, client {i}"))?;
            }
            let heard = heard(session, &mut all[0], 3)?;
            for member in &mut all[1..] {
                heard.iter().try_for_each(|text| member.hears(text).map(drop))?;
            }
        }
        Ok(())
    }),
    ("goes-on", |session| {
        // They come first, because most servers speak to their clients in this order.
        let (leaving, killed) = (session.member()?, session.member()?);
        let mut all = three(session)?;
        heard_by_all(&mut all, 0, "five of us")?;
        leaving.leave();
        killed.reset();
        // Which of these is the first to meet an error depends on when the system tells the server.
        [1, 2].iter().try_for_each(|speaker| heard_by_all(&mut all, *speaker, "three of us"))
    }),
    ("as-it-is", |session| {
        let mut all = three(session)?;
        heard_by_all(&mut all, 0, "<script>alert('Li & Jing')</script>: \"hello\"")
    }),
    ("valid-for-all", |session| {
        let mut all = three(session)?;
        all[0].send_alone(&masked_frame(1, b"Li \xe9\x9d Jing"))?;
        // The one that said it may have been cut off for it.
        all.remove(0).leave();
        all[0].says("Li Jing")?;
        all.iter_mut().try_for_each(|member| hears_only_texts(session, member, "Li Jing"))
    }),
    ("page", |session| {
        page(session)?;
        // A page that opens a socket without a path asks for / too, and upgrades.
        let request = String::from_utf8_lossy(&rfc_request()).replace("/chat", "/");
        session.handshake(request.as_bytes()).map(drop).map_err(|failure| failure.step("upgrade"))
    }),
    ("many-to-many", |session| {
        let mut late = late_one(session)?;
        let crowd = gather(session, PEOPLE)?;
        thread::scope(|scope| {
            let talk = |(me, member)| scope.spawn(move || talk(me, member));
            let talks: Vec<_> = crowd.into_iter().enumerate().map(talk).collect();
            talks.into_iter().try_for_each(|talk| talk.join().expect("no member panics"))
        })?;
        // More has waited for this one than a system keeps.
        listen(PEOPLE, &mut late, |_, _| {}).map_err(|failure| failure.step("late"))
    }),
];

fn three<'s>(session: &'s Session<'s>) -> Result<Vec<Visitor<'s>>, Failure> {
    (0..3).map(|_| session.member()).collect()
}

fn heard_by_all(all: &mut [Visitor], speaker: usize, text: &str) -> Result<(), Failure> {
    all[speaker].says(text)?;
    all.iter_mut().try_for_each(|member| member.hears(text).map(drop))
}

/// The next texts that a client hears, whatever they are.
fn heard(session: &Session, member: &mut Visitor, count: usize) -> Result<Vec<String>, Failure> {
    let text = |_| {
        let unit = member.unit("a text frame")?;
        let text = unit.text.clone();
        text.ok_or_else(|| session.missed(Failure::wrong("a text frame", Sight::Other, &unit)))
    };
    (0..count).map(text).collect()
}

/// Hears texts, without a fault, up to this one.
fn hears_only_texts(session: &Session, member: &mut Visitor, last: &str) -> Result<(), Failure> {
    loop {
        let unit = member.unit(Wanted::Text(last.to_owned()))?;
        if let Some(fault) = unit.faults.first() {
            let failure = Failure::wrong("frames without a fault", Sight::Other, &unit);
            return Err(session.missed(failure.with(&fault.why)));
        }
        if unit.text.as_deref() == Some(last) {
            return Ok(());
        }
    }
}

/// Asks for the page, and sees it come whole.
fn page(session: &Session) -> Result<(), Failure> {
    let mut visitor = session.visitor()?;
    let request = "GET / HTTP/1.1\r\nHost: server.example.com\r\nConnection: close\r\n\r\n";
    visitor.send(request.as_bytes())?;
    let head = visitor.unit(Wanted::Head(200)).map_err(|failure| failure.step("head"))?;
    if status(&head) != Some("200") {
        let is_granted = status(&head) == Some("101");
        let sight = if is_granted { Sight::Granted } else { Sight::Status };
        let failure = Failure::wrong(Wanted::Head(200), sight, &head);
        return Err(session.missed(failure).step("head"));
    }
    let kind = head.value("Content-Type");
    if !kind.is_some_and(|value| value.to_ascii_lowercase().starts_with("text/html")) {
        let wanted = Wanted::Field("Content-Type", "text/html".to_owned());
        let came = kind.map_or("the head has no field Content-Type".to_owned(), |value| {
            format!("Content-Type: {value}")
        });
        let failure =
            Failure::wrong(wanted, Sight::Field, &head).at(head.bytes.len() - 2).with(came);
        return Err(session.missed(failure));
    }
    let length = head.value("Content-Length").and_then(|length| length.parse::<usize>().ok());
    let body = visitor.body(length)?;
    match length {
        Some(length) if length != body => Err(session.missed(
            Failure::missed(
                format!("a page of {length} bytes, as Content-Length says"),
                Sight::Other,
                format!("{} came", counted(body as u64)),
            )
            .step(if body > length { "longer" } else { "shorter" }),
        )),
        _ if body == 0 => Err(session.missed(
            Failure::missed("a page after the head", Sight::Closed, "nothing came after it")
                .step("body"),
        )),
        _ => visitor.ends("the connection to be closed after the page").map(drop),
    }
}

/// What one of many says, as a text of so many bytes.
fn text(who: usize, which: usize) -> String {
    text_of(LONG, &format!("{which} of {who} "))
}

/// One of many: says its next message when it has heard the one before, and listens to all.
fn talk(me: usize, mut member: Member) -> Result<(), Failure> {
    member.say(&text(me, 0));
    listen(me, &mut member, |member, which| {
        if which < MESSAGES {
            member.say(&text(me, which));
        }
    })
}

/// Hears everything that the many say, and lets `next` say how it goes on after each message of `me`.
fn listen(
    me: usize,
    member: &mut Member,
    mut next: impl FnMut(&mut Member, usize),
) -> Result<(), Failure> {
    let mut heard = [0; PEOPLE];
    for number in 1..=PEOPLE * MESSAGES {
        let expected = format!("message {number} of {}", PEOPLE * MESSAGES);
        let came = member.hear(&expected)?;
        let who = came.split(' ').nth(2).and_then(|who| who.parse().ok()).unwrap_or(usize::MAX);
        let Some(which) = heard.get_mut(who) else {
            let came = format!("{:?}, which nobody said", beginning(&came));
            return Err(Failure::missed(expected, Sight::Other, came));
        };
        if came != text(who, *which) {
            let expected = format!("{:?} next", beginning(&text(who, *which)));
            return Err(Failure::missed(expected, Sight::Other, beginning(&came)));
        }
        *which += 1;
        if who == me {
            next(member, *which);
        }
    }
    Ok(())
}
