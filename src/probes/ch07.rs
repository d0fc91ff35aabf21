//! Chapter 07, The room: what one says, all hear.

use std::thread;

use ch00_wire::{Kind, masked_frame};
use stage::Client;

use super::Probe;
use super::bench::{Bench, Failure, Wanted, status};
use super::crowd::{Member, gather};

/// How many clients talk at once in the last probe, and how often each.
const PEOPLE: usize = 100;
const MESSAGES: usize = 100;

pub(super) const PROBES: &[Probe] = &[
    Probe {
        chapter: 7,
        promise: "sends what one says to all of them",
        section: "5.6",
        mistake: "the reply goes to the one that spoke, and to nobody else",
        hints: [
            "Three clients are open, and one speaks. Over which list does your server send?",
            "A message goes to every client whose opening handshake is done, the speaker too.",
            "Put the frame into what is owed to each open client, in a loop over all of them, in \
             place of the answer to one.",
        ],
        script: |bench| {
            let mut all = three(bench)?;
            heard_by_all(bench, &mut all, 0, "Li Jing")?;
            heard_by_all(bench, &mut all, 2, "李静")
        },
    },
    Probe {
        chapter: 7,
        promise: "lets all hear the same, in the same order",
        section: "5.4",
        mistake: "a thread for each client sends whenever it likes",
        hints: [
            "Two clients heard the same messages in another order. Where could two messages \
             overtake one another?",
            "If one place after the other takes each message and puts it into all outboxes before \
             it takes the next one, all orders are the same.",
            "Handle messages one at a time: add each to the outbox of all clients before you read \
             the next. With threads, hold one lock over that whole loop.",
        ],
        script: |bench| {
            let mut all = three(bench)?;
            for round in 0..20 {
                for (i, client) in all.iter_mut().enumerate() {
                    say(client, &format!("round {round}, client {i}"))?;
                }
                let heard = heard(&mut all[0], 3)?;
                for client in &mut all[1..] {
                    heard.iter().try_for_each(|text| bench.hears(client, text).map(drop))?;
                }
            }
            Ok(())
        },
    },
    Probe {
        chapter: 7,
        promise: "goes on when one of them leaves, and when one is killed",
        section: "7.1.1",
        mistake: "a write to one that is gone ends the round",
        hints: [
            "Two of five are gone when the next message is sent. What does your loop over the \
             clients do when a write to one fails?",
            "A write to one that is gone is an error about that one. The others still have to \
             hear the message.",
            "In the loop over all clients, note the failed ones and go on; remove them after the \
             loop. No return, break or ? inside it.",
        ],
        script: |bench| {
            // They come first, because most servers speak to their clients in this order.
            let (leaving, killed) = (bench.open()?, bench.open()?);
            let mut all = three(bench)?;
            heard_by_all(bench, &mut all, 0, "five of us")?;
            leaving.leave();
            killed.reset();
            heard_by_all(bench, &mut all, 1, "three of us")?;
            heard_by_all(bench, &mut all, 2, "three of us still")
        },
    },
    Probe {
        chapter: 7,
        promise: "leaves a text as it is, with <script> and all",
        section: "5.6",
        mistake: "the server escapes HTML: that is for the page, at the moment when it shows a text",
        hints: [
            "Compare the bytes that came with those that were sent. Which of them did your server \
             change?",
            "A server sends texts as they are. The page that shows one makes it harmless, because \
             only it knows that it writes HTML.",
            "Remove the escaping from the server. In the page, set textContent, and not \
             innerHTML.",
        ],
        script: |bench| {
            let mut all = three(bench)?;
            heard_by_all(bench, &mut all, 0, "<script>alert('Li & Jing')</script>: \"hello\"")
        },
    },
    Probe {
        chapter: 7,
        promise: "answers GET / with a page, on the port of the socket",
        section: "4.2.1",
        mistake: "whatever has no key is refused",
        hints: [
            "The request is for / and has no Upgrade. Which answer does it get?",
            "The same port serves two things. What the head asks for tells them apart: with \
             Upgrade: websocket it is an opening handshake, without it a page is wanted.",
            "If the target is / and there is no Upgrade, write HTTP/1.1 200 OK, Content-Type: \
             text/html, Content-Length with the number of bytes, an empty line, the page; then \
             close.",
        ],
        script: |bench| {
            page(bench)?;
            bench.open().map(drop)
        },
    },
    Probe {
        chapter: 7,
        promise: "brings each of 100 clients 100 messages of each, once and in order",
        section: "5.4",
        mistake: "what a client does not take at once is thrown away",
        hints: [
            "Ten thousand messages go to each of a hundred. What happens to a message when a \
             client does not take it at once?",
            "What is written in part has to go on where it stopped. Nothing is thrown away, \
             written twice, or put before what waits already.",
            "Always append to what is owed, and always write from its front. Remove exactly as \
             many bytes as the write says that it took.",
        ],
        script: |bench| {
            let crowd = gather(bench, PEOPLE)?;
            thread::scope(|scope| {
                let talk = |(me, member)| scope.spawn(move || talk(me, member));
                let talks: Vec<_> = crowd.into_iter().enumerate().map(talk).collect();
                talks.into_iter().try_for_each(|talk| talk.join().expect("no member panics"))
            })
        },
    },
];

fn three(bench: &Bench) -> Result<Vec<Client>, Failure> {
    (0..3).map(|_| bench.open()).collect()
}

fn say(client: &mut Client, text: &str) -> Result<(), Failure> {
    client.send(&masked_frame(1, text.as_bytes())).wanted("the frame to be taken")
}

fn heard_by_all(
    bench: &Bench,
    all: &mut [Client],
    speaker: usize,
    text: &str,
) -> Result<(), Failure> {
    say(&mut all[speaker], text)?;
    all.iter_mut().try_for_each(|client| bench.hears(client, text).map(drop))
}

/// The next texts that a client hears, whatever they are.
fn heard(client: &mut Client, count: usize) -> Result<Vec<String>, Failure> {
    let text = |_| {
        let unit = client.unit().wanted("a text frame")?;
        unit.text.clone().ok_or_else(|| Failure::wrong("a text frame", &unit, 0))
    };
    (0..count).map(text).collect()
}

/// Asks for the page, and sees it come whole.
fn page(bench: &Bench) -> Result<(), Failure> {
    let mut client = bench.client()?;
    let request = "GET / HTTP/1.1\r\nHost: server.example.com\r\nConnection: close\r\n\r\n";
    client.send(request.as_bytes()).wanted("the request to be taken")?;
    let head = client.unit().wanted("a response head: 200")?;
    if status(&head) != Some("200") {
        return Err(Failure::wrong("a response head: 200", &head, "HTTP/1.1 ".len()));
    }
    if !head.value("Content-Type").is_some_and(|value| value.starts_with("text/html")) {
        return Err(Failure::wrong("Content-Type: text/html", &head, head.bytes.len()));
    }
    let (_, rest) = client.ended().wanted("the connection to be closed after the page")?;
    let came = match rest.first() {
        Some(unit) if unit.kind == Kind::Body => unit.end - unit.start,
        _ => 0,
    };
    match head.value("Content-Length") {
        Some(length) if length != came.to_string() => Err(Failure::missed(
            format!("a page of {length} bytes, as Content-Length says"),
            format!("{came} bytes came"),
        )),
        _ if came == 0 => Err(Failure::missed("a page after the head", "nothing came")),
        _ => Ok(()),
    }
}

/// One of the hundred: says its next message when it has heard the one before, and listens to all.
fn talk(me: usize, mut member: Member) -> Result<(), Failure> {
    let text = |who: usize, which: usize| format!("{which} of {who}");
    let mut next = [0; PEOPLE];
    member.say(&text(me, 0));
    for heard in 0..PEOPLE * MESSAGES {
        let expected = format!("message {} of {}", heard + 1, PEOPLE * MESSAGES);
        let came = member.hear(&expected)?;
        let who = came.rsplit(' ').next().and_then(|who| who.parse().ok()).unwrap_or(usize::MAX);
        let Some(which) = next.get_mut(who) else {
            return Err(Failure::missed(expected, format!("{came:?}, which nobody said")));
        };
        if came != text(who, *which) {
            return Err(Failure::missed(format!("{:?} next", text(who, *which)), came));
        }
        *which += 1;
        if who == me && *which < MESSAGES {
            member.say(&text(me, *which));
        }
    }
    Ok(())
}
