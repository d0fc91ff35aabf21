//! Chapter 15, Under pressure: clients that do not read, never finish or never leave, and a server that ends well.
//!
//! The deadlines are the server's own, from its variables. A script waits for what a deadline brings as for anything
//! else that has to come, and never looks at the clock to see whether it came early or late.

use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::thread;
use std::time::{Duration, Instant};

use ch00_wire::{Unit, masked_frame, rfc_request, unmasked_frame};
use stage::ENDING;

use super::Script;
use super::ch05::text_of;
use super::crowd::{Member, one, one_and_a_slow_one};
use super::missed::{Failure, Wanted, beginning, status};
use super::promises::Sight;
use super::session::{Session, Visitor};

/// What the variables say of deadlines.
const HANDSHAKE: Duration = Duration::from_millis(500);
const PING_AFTER: Duration = Duration::from_millis(500);
/// How often a script is played again that a busy machine has made late.
const TRIES: usize = 3;
/// How often a byte of a request comes that drips.
const DRIP: Duration = Duration::from_millis(100);
/// How soon to ask again for what no event tells: whether there is room, or somebody is gone.
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// How many pings a client answers that is to stay.
const PINGS: usize = 3;
/// What keeps a client alive without an answer to any ping.
const TALK: [&str; PINGS] = ["Li Jing", "", "Li Jing, again"];
/// Pongs that nobody has asked for: one that is empty, and others that are as long as a clock and longer.
const UNASKED: [&[u8]; 4] = [b"", b"\xff\xff\xff\xff\xff\xff\xff\xff", b"0", &[b'9'; 125]];

/// How many clients there is room for, as the variables say.
const ROOM: usize = 2;

/// The length of a message of those who say much, in bytes.
const LONG: usize = 1_500;
/// How much is said to a client that reads nothing: more than the system keeps for one that asks it to keep little, and
/// less than a server of chapter 14 does.
const TO_BLOCK: usize = 900_000;
/// How much one that reads nothing may say: far more than all that a server and the system need to keep, where it keeps
/// little and where it does not.
const TO_FILL: (usize, usize) = (8_000_000, 16_000_000);
/// After how many messages to look whether somebody is still there.
const ROUND: usize = 16;
/// How often to look whether something is unread, before the server is asked for: it may be about to read. And how far apart.
const LOOKS: usize = 300;
const LOOK: Duration = Duration::from_millis(1);
/// After how many messages to do so.
const SOME: usize = 64;
/// Why a system may be of no use here.
const KEEPS_MUCH: &str = "this system keeps too much for a client that reads nothing";

/// How many messages are counted.
const MESSAGES: u64 = 7;

pub(super) const SCRIPTS: &[(&str, Script)] = &[
    ("handshake-deadline", |session| {
        let mut member = in_time(HANDSHAKE, || session.member())?;
        let mut silent = session.visitor()?;
        let mut half = session.visitor()?;
        half.send(&rfc_request()[..30])?;
        is_given_up(&mut half).map_err(|failure| failure.step("half"))?;
        is_given_up(&mut silent).map_err(|failure| failure.step("silent"))?;
        // Its handshake was done in time.
        member.is_echoed("Li Jing").map_err(|failure| failure.step("open"))
    }),
    ("deadline-of-a-head", |session| {
        let mut tries = 0;
        loop {
            tries += 1;
            let mut visitor = session.visitor()?;
            visitor.send(b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\nX-Slow: ")?;
            // After a pause of that length, any server may have given up.
            if visitor.drips(b'x', DRIP, GIVEN_UP)? < HANDSHAKE || tries == TRIES {
                return Ok(());
            }
        }
    }),
    ("message-deadline", |session| {
        let mut whole = session.member()?;
        whole.is_echoed("Li Jing")?;
        let mut fragment = masked_frame(1, b"Li ");
        fragment[0] = 0x01;
        let halves = [("fragment", &fragment[..]), ("frame", &masked_frame(1, b"Li Jing")[..9])];
        let mut members = Vec::new();
        for (step, half) in halves {
            let mut member = session.member()?;
            member.send(half)?;
            members.push((step, member));
        }
        for (step, mut member) in members {
            member.ends(MESSAGE_GIVEN_UP).map_err(|failure| failure.step(step))?;
        }
        // So much later, nothing of its own is on its way.
        whole.is_echoed("Li Jing").map_err(|failure| failure.step("whole"))
    }),
    ("pings-the-silent", |session| {
        let mut member = session.member()?;
        member.hears_ping(PINGED).map(drop)
    }),
    ("keeps-who-answers", |session| stays(session, answers_pings)),
    ("keeps-who-talks", |session| stays(session, talks_and_answers_no_ping)),
    ("lets-the-vanished-go", |session| {
        let mut vanished = session.member()?;
        vanished.hears_ping(PINGED)?;
        vanished.ends("the connection to be closed: the ping was not answered").map(drop)
    }),
    ("reads-on", is_read_from_again),
    ("reads-no-more", |session| {
        let (_other, mut slow, is_little) = one_and_a_slow_one(session)?;
        let most = if is_little { TO_FILL.0 } else { TO_FILL.1 };
        let Some((number, rest)) = says_much(&mut slow, most, |_, _| false)? else {
            return Err(session.missed(Failure::missed(
                "the one that reads nothing to be read from no more",
                Sight::Taken,
                format!("the server took {} MB from it, and it has read nothing", most / 1_000_000),
            )));
        };
        reads_at_last(session, &mut slow, number, &rest)
    }),
    ("cut-off-by-size", |session| cuts_off(session, "much waits for it, and it reads nothing")),
    ("cut-off-by-time", |session| cuts_off(session, "it has read nothing for longer than it may")),
    ("goodbye-deadline", |session| {
        let mut member = session.member()?;
        member.send(&unmasked_frame(1, b"Li Jing"))?;
        member.hears_close(None)?;
        member.is_dropped("TCP to be closed: the Close frame was not answered")
    }),
    ("so-many-clients", |session| {
        let mut inside = Vec::new();
        for _ in 0..ROOM {
            inside.push(session.member()?);
        }
        (0..3).try_for_each(|_| is_turned_away(session))?;
        let ways: [fn(Visitor<'_>); 3] = [says_goodbye, |one| one.leave(), |one| one.reset()];
        for leave in ways {
            // Those inside go on, and whoever has come last too.
            inside.iter_mut().try_for_each(|member| {
                member.is_echoed_among("Li Jing").map_err(|failure| failure.step("inside"))
            })?;
            leave(inside.remove(0));
            inside.push(finds_room(session)?);
        }
        is_turned_away(session)
    }),
    ("so-many-from-one-address", |session| {
        let mut inside = Vec::new();
        for _ in 0..ROOM {
            inside.push(session.member()?);
        }
        is_turned_away(session)?;
        if let Some(other) = other_address() {
            let mut elsewhere = session.visitor_from(Some(other))?;
            elsewhere.send(&rfc_request())?;
            elsewhere.head(101).map_err(|failure| failure.step("elsewhere"))?;
        }
        inside.remove(0).leave();
        finds_room(session).map(drop)
    }),
    ("goodbye-to-all", |session| {
        let (mut one, mut other) = (session.member()?, session.member()?);
        one.is_echoed("Li Jing")?;
        session.ask_to_end()?;
        let members = [&mut one, &mut other];
        for member in members {
            member.hears_close(Some(1001)).map_err(|failure| ended(failure).step("going-away"))?;
        }
        session.wait_until_rest();
        // The system takes the connection, perhaps; nobody is to answer it.
        let mut newcomer = session.visitor().ok();
        if let Some(newcomer) = &mut newcomer {
            let _ = newcomer.try_to_send(&rfc_request());
        }
        for mut member in [one, other] {
            let _ = member.try_to_send(&masked_frame(8, b"\x03\xe9"));
            member
                .ends("the connection to be closed")
                .map_err(|failure| ended(failure).step("closed"))?;
        }
        // Whoever takes it, and perhaps answers it, has done so by then.
        session.wait_until_rest();
        if let Some(mut newcomer) = newcomer {
            const WANTED: &str = "no 101: the server has said goodbye to everybody";
            newcomer.is_not_let_in(WANTED).map_err(|failure| failure.step("newcomer"))?;
        }
        session.ends_well().map_err(|failure| failure.step("end"))
    }),
    ("end-has-a-deadline", |session| {
        let mut silent = session.member()?;
        let mut half = session.visitor()?;
        half.send_alone(&rfc_request()[..30])?;
        session.ask_to_end()?;
        silent.hears_close(Some(1001)).map_err(|failure| ended(failure).step("going-away"))?;
        session.ends_well().map_err(|failure| failure.step("end"))
    }),
    ("health", |session| asks(session, "/health").map(drop)),
    ("metrics", |session| {
        let mut member = session.member()?;
        member.is_echoed("Li Jing, before")?;
        let before = asks(session, "/metrics")?;
        for number in 0..MESSAGES {
            member.is_echoed(&format!("Li Jing {number}"))?;
        }
        let after = asks(session, "/metrics")?;
        let has_grown = |(name, value): &(String, f64)| {
            let earlier = samples(&before).find(|(other, _)| other == name);
            value - earlier.map_or(0.0, |(_, value)| value) == MESSAGES as f64
        };
        if samples(&after).any(|sample| has_grown(&sample)) {
            return Ok(());
        }
        let step = if samples(&after).next().is_none() { "form" } else { "count" };
        let came = match samples(&after).last() {
            None => "no line has a name, a space and a number".to_owned(),
            Some((name, value)) => format!("none has; the last one is {name} {value}"),
        };
        let wanted =
            format!("a number in /metrics that grows by {MESSAGES} with {MESSAGES} messages");
        Err(session.missed(Failure::missed(wanted, Sight::Other, came)).step(step))
    }),
];

const GIVEN_UP: &str = "408, or the end of the connection: the head does not come";
const MESSAGE_GIVEN_UP: &str = "the end of the connection: the rest of the message does not come";
const PINGED: &str = "a ping: the client says nothing";

/// Does something for which the server gives so much time, and again where a busy machine has taken that time.
pub(super) fn in_time<T>(
    time: Duration,
    what: impl Fn() -> Result<T, Failure>,
) -> Result<T, Failure> {
    for _ in 1..TRIES {
        let start = Instant::now();
        match what() {
            Err(_) if start.elapsed() > time => {}
            result => return result,
        }
    }
    what()
}

/// Sees a request given up that is not whole: refused, or the connection closed.
fn is_given_up(visitor: &mut Visitor) -> Result<(), Failure> {
    let units = visitor.ends(GIVEN_UP)?;
    units.first().map_or(Ok(()), |unit| visitor.is_refusal(unit, GIVEN_UP))
}

/// Plays the script of a client that is to stay, and again where a busy machine has made it late. The script notes when it
/// last did something.
fn stays(
    session: &Session,
    script: fn(&Session, &mut Instant) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut tries = 0;
    loop {
        tries += 1;
        let mut last = Instant::now();
        let result = script(session, &mut last);
        let is_cut_off =
            matches!(&result, Err(Failure::Missed(missed)) if missed.sight != Sight::Silent);
        // Whoever is heard of so late may be gone for a good server, too.
        let was_late = last.elapsed() > PING_AFTER * 3 / 2 + ENDING;
        if !(is_cut_off && was_late && tries < TRIES) {
            return result;
        }
    }
}

/// Answers pings, and is still there.
fn answers_pings(session: &Session, last: &mut Instant) -> Result<(), Failure> {
    let mut member = session.member()?;
    UNASKED.iter().try_for_each(|payload| member.send(&masked_frame(0xa, payload)))?;
    member.is_echoed("Li Jing").map_err(|failure| failure.step("unasked"))?;
    for _ in 0..PINGS {
        *last = Instant::now();
        let payload = member.hears_ping("another ping, because pings are answered")?;
        member.send(&masked_frame(0xa, &payload))?;
    }
    *last = Instant::now();
    member.is_echoed("Li Jing")
}

/// Says something whenever it is pinged, and answers no ping. The pings are the clock.
fn talks_and_answers_no_ping(session: &Session, last: &mut Instant) -> Result<(), Failure> {
    let mut member = session.member()?;
    for text in TALK {
        *last = Instant::now();
        member.hears_ping(
            "a ping, because the client has paused: it has talked since the last one",
        )?;
        member.is_echoed(text)?;
    }
    *last = Instant::now();
    member.hears_ping("another ping, and no goodbye: the client talks")?;
    member.is_echoed("Li Jing")
}

/// What message of many it is.
fn mark(number: usize) -> String {
    format!("message {number}, ")
}

/// Says message after message, and reads nothing, until the server reads no more, or this is enough: how many were said, and
/// what is left of the next one. `None`: all were taken.
fn says_much(
    slow: &mut Member,
    most: usize,
    is_enough: impl Fn(&Member, usize) -> bool,
) -> Result<Option<(usize, Vec<u8>)>, Failure> {
    let wanted = "its bytes to be taken, or to wait: nobody is cut off";
    for number in 0..most / LONG {
        if is_enough(slow, number) {
            return Ok(Some((number, Vec::new())));
        }
        let frame = masked_frame(1, text_of(LONG, &mark(number)).as_bytes());
        let rest = slow.send_until_stuck(&frame, wanted).map_err(|failure| failure.step("says"))?;
        if !rest.is_empty() {
            return Ok(Some((number, rest.to_vec())));
        }
    }
    Ok(None)
}

/// Sees one read from again that has said all it had to say when the server stopped reading. Nothing more comes from it: no
/// event tells the server to go on.
fn is_read_from_again(session: &Session) -> Result<(), Failure> {
    let mut late = one(session)?;
    // Where it rests and something is unread, it has stopped reading; where the system does not say, nothing is seen here.
    let is_unread = |late: &Member| {
        (0..LOOKS).all(|_| {
            thread::sleep(LOOK);
            late.was_read() == Some(false)
        })
    };
    let has_stopped = |late: &Member, number: usize| {
        let is_time = number.is_multiple_of(SOME) && is_unread(late);
        is_time && session.wait_until_rest() == Some(true) && is_unread(late)
    };
    let heard = says_much(&mut late, TO_FILL.1, has_stopped).and_then(|said| {
        let count = said.map_or(0, |(count, _)| count);
        (0..count).try_for_each(|number| hears(session, &mut late, number))
    });
    match heard {
        // Where the script is over, a busy machine has taken its time.
        Err(Failure::Missed(missed))
            if matches!(missed.sight, Sight::Silent | Sight::Closed) && !session.is_over() =>
        {
            Err(Failure::Missed(missed))
        }
        // All else is looked at with one that goes on talking.
        _ => Ok(()),
    }
}

/// Hears the message with this number, as it was said.
fn hears(session: &Session, slow: &mut Member, number: usize) -> Result<(), Failure> {
    let came = slow.hear("the next of the messages that were said while nothing was read")?;
    match came == text_of(LONG, &mark(number)) {
        true => Ok(()),
        false => {
            let came = format!("another one came: {:?}", beginning(&came));
            let wanted = format!("message {number}, as it was said");
            Err(session.missed(Failure::missed(wanted, Sight::Other, came)))
        }
    }
}

/// Reads everything that was said while nothing was read, says the `rest` of the message with this number, and goes on.
fn reads_at_last(
    session: &Session,
    slow: &mut Member,
    number: usize,
    rest: &[u8],
) -> Result<(), Failure> {
    (0..number)
        .try_for_each(|number| hears(session, slow, number))
        .map_err(|failure| failure.step("hears"))?;
    let goes_on = |slow: &mut Member| {
        slow.send(rest);
        hears(session, slow, number)?;
        slow.say("Li Jing");
        slow.hear_among("Li Jing")
    };
    goes_on(slow).map_err(|failure| failure.step("goes-on"))
}

/// Sees a member let go that reads nothing, while another one hears everything that it says itself.
fn cuts_off(session: &Session, why: &str) -> Result<(), Failure> {
    let (mut one, mut slow, is_little) = one_and_a_slow_one(session)?;
    if !is_little {
        return Err(Failure::Unseen(KEEPS_MUCH));
    }
    let mut says = |text: &str| {
        one.say(text);
        one.hear_among(text).map_err(|failure| failure.step("others"))
    };
    for number in 0..TO_BLOCK / LONG {
        says(&text_of(LONG, &mark(number)))?;
        if number % ROUND == 0 && slow.knocks_in_vain() {
            return Ok(());
        }
    }
    let start = Instant::now();
    while start.elapsed() < session.patience() {
        if slow.knocks_in_vain() {
            return says("Li Jing");
        }
        says("Li Jing")?;
        thread::sleep(ASK_AGAIN);
    }
    let wanted = format!("the one that reads nothing to be let go: {why}");
    Err(session.missed(Failure::missed(wanted, Sight::Open, "its connection is there")))
}

/// Sees one more than there is room for refused, or sent away without a word.
fn is_turned_away(session: &Session) -> Result<(), Failure> {
    const WANTED: &str = "503, or the end of the connection: there is no room";
    let mut visitor = session.visitor()?;
    if visitor.try_to_send(&rfc_request()).is_err() {
        return Ok(());
    }
    match visitor.any_unit(WANTED) {
        Ok(unit) => {
            visitor.is_refusal(&unit, WANTED)?;
            visitor.ends("the connection to be closed after the refusal").map(drop)
        }
        Err(Failure::Missed(missed)) if missed.sight == Sight::Closed && missed.end.is_none() => {
            Ok(())
        }
        Err(failure) => Err(failure),
    }
}

/// Comes in when another one has left: the server may hear of that a moment later.
pub(super) fn finds_room<'s>(session: &'s Session<'s>) -> Result<Visitor<'s>, Failure> {
    let start = Instant::now();
    loop {
        match session.member() {
            Err(failure) if start.elapsed() > session.patience() => {
                return Err(failure.step("room-again"));
            }
            Err(_) => thread::sleep(ASK_AGAIN),
            member => return member,
        }
    }
}

/// Leaves as section 7.1.1 has it.
fn says_goodbye(mut member: Visitor) {
    let _ = member.try_to_send(&masked_frame(8, b"\x03\xe8"));
    // What a server does about it, chapter 10 has promised.
    let _ = member.ends("the connection to be closed");
}

/// Another address of this machine, if the system has more than one for itself: Linux and Windows do.
fn other_address() -> Option<IpAddr> {
    let other = Ipv4Addr::new(127, 0, 0, 2);
    TcpListener::bind((other, 0)).ok().map(|_| other.into())
}

/// The failure of a server whose program was asked to end: that it has ended is then part of what came.
fn ended(mut failure: Failure) -> Failure {
    failure.change(|missed| {
        if let Some(end) = missed.end.take() {
            missed.sight = Sight::Ended;
            missed.came = format!("{}; the program has ended with {end}", missed.came);
        }
    });
    failure
}

/// Asks for a report by HTTP, and hands it back.
fn asks(session: &Session, target: &str) -> Result<String, Failure> {
    let mut visitor = session.visitor()?;
    let host = "Host: server.example.com\r\nConnection: close";
    visitor.send(format!("GET {target} HTTP/1.1\r\n{host}\r\n\r\n").as_bytes())?;
    let head = visitor.unit(Wanted::Head(200)).map_err(|failure| failure.step("head"))?;
    if status(&head) != Some("200") {
        let failure = Failure::wrong(Wanted::Head(200), Sight::Status, &head);
        return Err(session.missed(failure).step("head"));
    }
    visitor.text_of_body(length(&head))
}

fn length(head: &Unit) -> Option<usize> {
    head.value("Content-Length")?.parse().ok()
}

/// The samples of a report in Prometheus' text format: a name, perhaps with labels, a space, and a number.
fn samples(report: &str) -> impl Iterator<Item = (String, f64)> {
    report.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let (name, value) = match line.split_once('}') {
            Some((name, value)) => (name, value),
            None => line.split_once(' ')?,
        };
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == ':');
        let value = value.split_ascii_whitespace().next()?.parse().ok()?;
        is_name.then(|| (name.to_owned(), value))
    })
}

#[cfg(test)]
mod tests {
    use super::samples;

    #[test]
    fn a_report_is_read_with_labels_and_times_and_json_is_none() {
        let report =
            "# TYPE a counter\na 7\nb{of=\"x y\"} 1.5 1700000000\n{\"a\": 7}\n 7\nnothing\n";
        let read: Vec<(String, f64)> = samples(report).collect();
        assert_eq!(read, [("a".to_owned(), 7.0), ("b{of=\"x y\"".to_owned(), 1.5)]);
    }
}
