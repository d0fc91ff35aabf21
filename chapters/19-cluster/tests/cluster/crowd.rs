//! A crowd on one thread, which comes in by a load balancer that knows nothing. Each of it says its messages, the
//! next one when it has heard the one before, and comes back when it is cut off.
//!
//! What is proved: all ids that one hears follow each other, so each message came once and none is missing; all in a
//! room have heard the same; and everybody's messages are among them, in the order in which they were said.

use std::hash::{DefaultHasher, Hasher};
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ch00_wire::masked_frame;
use ch19_cluster::Id;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::cast::request_for;

/// How long one waits before it comes back, at first and at most.
const PAUSES: [Duration; 2] = [Duration::from_millis(20), Duration::from_secs(1)];

pub struct Crowd {
    poll: Poll,
    to: SocketAddr,
    people: Vec<Person>,
    /// How many rooms there are, and how many messages each person says.
    rooms: usize,
    each: usize,
    /// How many messages were confirmed, how often somebody came back, how often a message was said again because
    /// it could not be known whether it had arrived, and how many of these came twice.
    pub confirmed: usize,
    pub came_back: usize,
    pub said_again: usize,
    pub doubled: usize,
    /// How many have been told that the broker is gone.
    pub told: usize,
    deadline: Instant,
}

struct Person {
    link: Option<Link>,
    /// When to come back, and how long to wait after that.
    back: Instant,
    pause: Duration,
    last: Id,
    /// How many of its own it has heard, and whether the next one is said already, or may be.
    own: usize,
    said: bool,
    /// What it has heard, in one number, and how many of everybody's messages.
    heard: DefaultHasher,
    of: Vec<usize>,
    left: usize,
}

struct Link {
    socket: TcpStream,
    inbox: Vec<u8>,
    outbox: Vec<u8>,
    is_open: bool,
    /// It has heard all that was said while it was away.
    is_caught_up: bool,
}

impl Crowd {
    pub fn new(to: SocketAddr, people: usize, rooms: usize, each: usize, time: Duration) -> Crowd {
        let in_room = people / rooms;
        let person = |_| Person {
            link: None,
            back: Instant::now(),
            pause: PAUSES[0],
            last: Id::default(),
            own: 0,
            said: false,
            heard: DefaultHasher::new(),
            of: vec![0; in_room],
            left: in_room * each,
        };
        Crowd {
            poll: Poll::new().expect("a poll"),
            to,
            people: (0..in_room * rooms).map(person).collect(),
            rooms,
            each,
            confirmed: 0,
            came_back: 0,
            said_again: 0,
            doubled: 0,
            told: 0,
            deadline: Instant::now() + time,
        }
    }

    /// How many messages are to be said in all.
    pub fn all(&self) -> usize {
        self.people.len() * self.each
    }

    /// How many have heard everything.
    pub fn are_done(&self) -> bool {
        self.people.iter().all(|person| person.left == 0)
    }

    /// Goes on until something is so.
    pub fn until(&mut self, what: &str, is_so: impl Fn(&Crowd) -> bool) {
        let mut events = Events::with_capacity(1024);
        while !is_so(self) {
            let now = Instant::now();
            assert!(now < self.deadline, "in time: {what}; {}", self.state());
            for number in 0..self.people.len() {
                if self.people[number].link.is_none() && self.people[number].back <= now {
                    self.come(number);
                }
            }
            self.poll.poll(&mut events, Some(PAUSES[0])).expect("a poll");
            for event in &events {
                let number = event.token().0;
                if self.turn(number).is_err() {
                    self.leave(number);
                }
            }
        }
    }

    pub fn state(&self) -> String {
        let done = self.people.iter().filter(|person| person.left == 0).count();
        let here = self.people.iter().filter(|person| person.link.is_some()).count();
        format!(
            "{} of {} confirmed, {here} here, {done} have heard all, {} came back, {} said again, {} doubled",
            self.confirmed,
            self.all(),
            self.came_back,
            self.said_again,
            self.doubled
        )
    }

    /// Whether all in a room have heard the same.
    pub fn check(&self) {
        for (number, person) in self.people.iter().enumerate() {
            let first = &self.people[number % self.rooms];
            assert_eq!(person.last, first.last, "{number}");
            assert_eq!(person.heard.finish(), first.heard.finish(), "{number}");
        }
    }

    fn come(&mut self, number: usize) {
        let person = &mut self.people[number];
        let target = format!("/room/r{}?after={}", number % self.rooms, person.last);
        let Ok(mut socket) = TcpStream::connect(self.to) else {
            return self.leave(number);
        };
        let both = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut socket, Token(number), both).expect("registered");
        // How many are here is answered when it has heard what it has missed.
        let outbox = [request_for(&target), masked_frame(1, b"/who")].concat();
        let (is_open, is_caught_up) = (false, false);
        person.link = Some(Link { socket, inbox: Vec::new(), outbox, is_open, is_caught_up });
    }

    fn leave(&mut self, number: usize) {
        let person = &mut self.people[number];
        if person.link.take().is_some_and(|link| link.is_open) {
            person.pause = PAUSES[0];
            self.came_back += 1;
        }
        // Each of them in its own time, and the same in each run.
        let part = (number % 64) as f64 / 64.0;
        person.back = Instant::now() + person.pause.mul_f64(0.5 + part / 2.0);
        person.pause = (2 * person.pause).min(PAUSES[1]);
    }

    /// Reads and writes what there is; an error is the end of this connection.
    fn turn(&mut self, number: usize) -> Result<(), ()> {
        let Some(link) = &mut self.people[number].link else { return Ok(()) };
        let mut buffer = [0; 64 * 1024];
        let mut is_over = loop {
            match link.socket.read(&mut buffer) {
                Ok(0) => break true,
                Ok(count) => link.inbox.extend(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => break error.kind() != ErrorKind::WouldBlock,
            }
        };
        let mut inbox = std::mem::take(&mut link.inbox);
        let mut at = 0;
        if !link.is_open {
            let Some(end) = inbox.windows(4).position(|four| four == b"\r\n\r\n") else {
                link.inbox = inbox;
                return if is_over { Err(()) } else { self.write(number) };
            };
            // A server that is about to end sends everybody elsewhere.
            if inbox.starts_with(b"HTTP/1.1 503 ") {
                return Err(());
            }
            assert!(inbox.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&inbox));
            link.is_open = true;
            at = end + 4;
        }
        while let Some((opcode, payload)) = frame(&inbox[at..]) {
            at += payload.end;
            let payload = &inbox[at - payload.len()..at];
            match opcode {
                1 => self.hears(number, std::str::from_utf8(payload).expect("text")),
                9 => self.answer(number, &masked_frame(10, payload)),
                _ => is_over = true,
            }
        }
        inbox.drain(..at);
        if is_over {
            return Err(());
        }
        if let Some(link) = &mut self.people[number].link {
            link.inbox = inbox;
        }
        self.write(number)
    }

    fn answer(&mut self, number: usize, bytes: &[u8]) {
        if let Some(link) = &mut self.people[number].link {
            link.outbox.extend(bytes);
        }
    }

    fn write(&mut self, number: usize) -> Result<(), ()> {
        let Some(link) = &mut self.people[number].link else { return Ok(()) };
        while !link.outbox.is_empty() {
            match link.socket.write(&link.outbox) {
                Ok(count) => drop(link.outbox.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::NotConnected => break,
                Err(_) => return Err(()),
            }
        }
        Ok(())
    }

    fn hears(&mut self, number: usize, text: &str) {
        if let Some(words) = text.strip_prefix("* ") {
            return self.is_told(number, words);
        }
        let (id, said) = text.split_once(' ').expect("an id");
        let id: Id = id.parse().expect("an id");
        let person = &mut self.people[number];
        assert!(person.last.is_followed_by(id), "{number} hears {id} after {}", person.last);
        person.last = id;
        person.heard.write(said.as_bytes());
        let (who, which) = said.split_once(' ').expect("who, and which");
        let (who, which): (usize, usize) =
            (who.parse().expect("who"), which.parse().expect("which"));
        let known = &mut person.of[who / self.rooms];
        match which {
            which if which == *known => {
                *known += 1;
                person.left -= 1;
            }
            // Said again by one who could not know that it had arrived.
            which if which + 1 == *known => self.doubled += 1,
            _ => panic!("{number} hears message {which} of {who} after {known} of them"),
        }
        if who == number && which == person.own {
            person.own += 1;
            person.said = false;
            self.confirmed += 1;
            self.speak(number);
        }
    }

    fn is_told(&mut self, number: usize, words: &str) {
        let person = &mut self.people[number];
        match words {
            _ if words.contains(" here, on ") => {
                if let Some(link) = &mut person.link {
                    link.is_caught_up = true;
                }
                // It has heard all that has arrived: what it has said and not heard is lost.
                if std::mem::take(&mut person.said) {
                    self.said_again += 1;
                }
                self.speak(number);
            }
            "nobody knows at the moment" => self.answer(number, &masked_frame(1, b"/who")),
            _ if words.starts_with("the broker is gone") => self.told += 1,
            "the broker is back" => {}
            // It says it again when it is back.
            _ if words.starts_with("not sent: this server is about to end") => {
                person.said = false;
                if let Some(link) = &mut person.link {
                    link.is_caught_up = false;
                }
            }
            other => panic!("{number} is told {other}"),
        }
    }

    fn speak(&mut self, number: usize) {
        let person = &mut self.people[number];
        let is_ready = person.link.as_ref().is_some_and(|link| link.is_caught_up);
        if is_ready && !person.said && person.own < self.each {
            person.said = true;
            let text = format!("{number} {}", person.own);
            self.answer(number, &masked_frame(1, text.as_bytes()));
        }
    }
}

/// The first frame, if it is whole: its opcode, and where its payload is. A server sends no mask.
fn frame(bytes: &[u8]) -> Option<(u8, std::ops::Range<usize>)> {
    let (start, length) = match *bytes {
        [_, 126, high, low, ..] => (4, usize::from(u16::from_be_bytes([high, low]))),
        [_, length @ 0..126, ..] => (2, usize::from(length)),
        _ => return None,
    };
    (bytes.len() >= start + length).then_some((bytes[0] & 0xF, start..start + length))
}
