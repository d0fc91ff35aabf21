//! Who is there, and how a message gets to them: for each client what waits for it, and a thread that
//! writes it.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use super::Zoo;
use super::frames::encode;

/// What may wait for a client, in bytes.
const BYTES: usize = 1024 * 1024;

/// What a server that drops messages takes for busy, in bytes; in a crowd, and not among so many people,
/// because chapter 06 would see that.
const FEW_BYTES: usize = 200;
const MANY: usize = 200;

/// How many people notice by themselves that one of them has gone.
const FEW: usize = 3;

/// In a crowd, a message wakes so many threads that each of them had better find several to write: how
/// many people are one, and how long to wait for more, for each of them.
const CROWD: usize = 40;
const GATHERING: Duration = Duration::from_micros(100);

/// Which protocol a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    Newer,
    Older,
}

struct Member {
    age: Age,
    stream: TcpStream,
    outbox: Arc<Outbox>,
}

/// Everybody whose connection is open.
#[derive(Default)]
pub struct Room(Mutex<BTreeMap<usize, Member>>);

impl Room {
    fn members(&self) -> MutexGuard<'_, BTreeMap<usize, Member>> {
        self.0.lock().expect("no client panics")
    }

    pub fn count(&self) -> usize {
        self.members().len()
    }

    /// `first` is what it gets before anything that is said.
    pub fn join(
        &self,
        number: usize,
        stream: &TcpStream,
        age: Age,
        first: &[u8],
    ) -> io::Result<()> {
        let outbox = Arc::new(Outbox::default());
        outbox.add(first, 0);
        let (socket, its) = (stream.try_clone()?, outbox.clone());
        let stream = stream.try_clone()?;
        self.members().insert(number, Member { age, stream, outbox });
        // Only now, because whoever has its answer expects to hear the others.
        thread::spawn(move || its.write_to(socket));
        Ok(())
    }

    /// What waits for it is still sent.
    pub fn leave(&self, zoo: &Zoo, number: usize) {
        let mut members = self.members();
        let stays = zoo.makes("gone-ends-the-round") && members.len() > FEW;
        match members.get(&number) {
            Some(member) if stays => member.outbox.close(),
            _ => drop(members.remove(&number)),
        }
    }

    /// Sends a message of one to everybody, or back to it alone.
    pub fn tell(&self, zoo: &Zoo, from: usize, text: &[u8]) {
        // Whoever gets invalid UTF-8 has to leave.
        let valid = String::from_utf8_lossy(text);
        let is_valid = zoo.echoes() || ["bytes-to-all", "goodbye-to-all"].contains(&zoo.mistake());
        let text = if is_valid { text } else { valid.as_bytes() };
        let frames = [Age::Newer, Age::Older].map(|age| encode(zoo, age, text));
        let round = Round { zoo, frames, people: self.count() };
        if zoo.makes("own-words-first") && self.count() >= FEW {
            self.members().get(&from).map(|member| member.send(&round));
            // The others hear it a moment later: what they say meanwhile comes in between.
            thread::sleep(Duration::from_millis(5));
        }
        let mut members = self.members();
        let age = members.get(&from).map(|member| member.age);
        for (&number, member) in members.iter() {
            let is_left_out = (zoo.echoes() && number != from)
                || (zoo.makes("a-room-for-each-age") && Some(member.age) != age)
                || (zoo.makes("own-words-first") && round.people >= FEW && number == from);
            if is_left_out {
                continue;
            }
            let sent = member.send(&round);
            if zoo.makes("twice-on-the-list") {
                member.send(&round);
            }
            if !sent && zoo.makes("gone-ends-the-round") {
                members.remove(&number);
                return;
            }
        }
    }

    /// Sends bytes to one, as they are.
    pub fn send_raw(&self, number: usize, bytes: &[u8]) {
        if let Some(member) = self.members().get(&number) {
            member.outbox.add(bytes, 0);
        }
    }
}

/// One message on its way to all.
struct Round<'z> {
    zoo: &'z Zoo,
    /// For each age.
    frames: [Vec<u8>; 2],
    people: usize,
}

impl Member {
    /// Sends the frame of its age. False where nobody is there any more.
    fn send(&self, Round { zoo, frames, people }: &Round) -> bool {
        let frame = &frames[self.age as usize];
        if zoo.makes("waits-for-the-slow") {
            return (&self.stream).write_all(frame).is_ok();
        }
        let waiting = self.outbox.waiting();
        if waiting > BYTES && !zoo.makes("keeps-without-end") {
            let _ = self.stream.shutdown(Shutdown::Both);
            return false;
        }
        let is_busy = waiting > FEW_BYTES && (CROWD..MANY).contains(people);
        if is_busy && zoo.makes("drops-when-busy") {
            return true;
        }
        self.outbox.add(frame, *people)
    }
}

/// What waits for one client.
#[derive(Default)]
struct Outbox {
    waiting: Mutex<Waiting>,
    more: Condvar,
}

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    crowd: u32,
    is_closed: bool,
}

impl Outbox {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().expect("nobody panics with it")
    }

    fn waiting(&self) -> usize {
        self.lock().bytes.len()
    }

    /// False where nobody writes it any more.
    fn add(&self, bytes: &[u8], people: usize) -> bool {
        let mut waiting = self.lock();
        if waiting.bytes.is_empty() {
            self.more.notify_one();
        }
        waiting.bytes.extend_from_slice(bytes);
        waiting.crowd = if people > CROWD { people as u32 } else { 0 };
        !waiting.is_closed
    }

    fn close(&self) {
        self.lock().is_closed = true;
        self.more.notify_one();
    }

    /// What there is to write, as soon as there is something; `None` at the end.
    fn take(&self) -> Option<Vec<u8>> {
        let waiting = self.lock();
        let nothing = |waiting: &mut Waiting| waiting.bytes.is_empty() && !waiting.is_closed;
        let mut waiting = self.more.wait_while(waiting, nothing).expect("nobody panics with it");
        if waiting.crowd > 0 {
            let gathering = GATHERING * waiting.crowd;
            drop(waiting);
            thread::sleep(gathering);
            waiting = self.lock();
        }
        let bytes = std::mem::take(&mut waiting.bytes);
        (!bytes.is_empty()).then_some(bytes)
    }

    fn write_to(&self, mut stream: TcpStream) {
        while let Some(bytes) = self.take() {
            if stream.write_all(&bytes).is_err() {
                return self.close();
            }
        }
    }
}

impl Drop for Member {
    /// Its thread writes what is left, and ends.
    fn drop(&mut self) {
        self.outbox.close();
    }
}
