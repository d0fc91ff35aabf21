//! The other side of the broker: what was said, on whichever server, and what was said before.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use ch04_decode::Opcode;
use ch06_select::Message;
use redis::{Cmd, Connection, RedisResult, Script};

use crate::broker::{Step, stream_of};
use crate::hall::GAP;
use crate::{Ask, Batch, Broker, Entry, Id, News, Question, RoomName, Welcome};

// ANCHOR: reader
/// Follows the rooms that have members here.
pub(crate) struct Reader {
    broker: Arc<Broker>,
    /// The last message of each room that the loops were told.
    rooms: HashMap<RoomName, Id>,
    woken: String,
    /// Questions, and the last message that the room of each had when it was taken.
    asks: VecDeque<(Ask, Option<Id>)>,
    /// Whether it is known that the broker still has what it had.
    is_sure: bool,
    here: Script,
    beat: Instant,
    /// For each of the last letters, what ends when all loops have read it.
    unheard: VecDeque<Receiver<()>>,
}

/// How long to wait in the broker for news: shorter than the patience with it.
const WAIT: Duration = Duration::from_secs(1);
/// How many letters may be on their way to the loops.
const UNHEARD: usize = 16;
/// How many messages of a room to take at a time.
const AT_ONCE: usize = 100;
/// How many messages a client hears that joins, and how many bytes of them at most.
const LATELY: usize = 50;
const MOST_BEFORE: usize = 512 * 1024;
/// How often to say how many are here: three times before it is forgotten.
const BEAT: Duration = Duration::from_secs(2);

/// What Redis says of a stream's entries: each has an id, and an opcode for its one field's name.
type Entries = Vec<(String, (u8, Vec<u8>))>;
// ANCHOR_END: reader

// ANCHOR: new
impl Reader {
    pub(crate) fn new(broker: Arc<Broker>) -> Self {
        Reader {
            broker,
            rooms: HashMap::new(),
            woken: "0".to_owned(),
            asks: VecDeque::new(),
            is_sure: false,
            here: Script::new(include_str!("here.lua")),
            beat: Instant::now(),
            unheard: VecDeque::new(),
        }
    }

    // ANCHOR_END: new

    // ANCHOR: read
    /// Answers what was asked, waits for news, and tells the loops.
    pub(crate) fn read(&mut self, connection: &mut Connection) -> RedisResult<Step> {
        let result = self.step(connection);
        self.is_sure = result.is_ok();
        if !self.is_sure {
            // It may come back without them.
            self.asks.iter_mut().for_each(|(_, newest)| *newest = None);
        }
        result
    }

    fn step(&mut self, connection: &mut Connection) -> RedisResult<Step> {
        if !self.is_sure {
            // Without waiting, so that everybody soon knows that the broker is back.
            return self.look_for_losses(connection).map(|()| Step::Looked);
        }
        self.answer(connection)?;
        self.say_who_is_here(connection)?;
        let news: Option<Vec<(String, Entries)>> = self.following().query(connection)?;
        let mut said = Vec::new();
        for (key, entries) in news.unwrap_or_default() {
            match key.strip_prefix("ws:room:") {
                Some(room) => said.push((RoomName::from(room), entries)),
                None => {
                    self.woken = entries.into_iter().last().map_or("0".to_owned(), |(id, _)| id)
                }
            }
        }
        self.tell(said);
        Ok(Step::Worked)
    }

    /// Waits until there is something new in one of the rooms, or for this server.
    fn following(&self) -> Cmd {
        // YOURS: From where on does each room go on?
        let mut wait = redis::cmd("XREAD");
        wait.arg("BLOCK").arg(WAIT.as_millis() as u64).arg("COUNT").arg(AT_ONCE).arg("STREAMS");
        wait.arg(self.broker.wake_key());
        wait.arg(self.rooms.keys().map(stream_of).collect::<Vec<_>>());
        wait.arg(&self.woken);
        wait.arg(self.rooms.values().map(Id::to_string).collect::<Vec<_>>());
        wait
        // YOURS_END
    }
    // ANCHOR_END: read

    // ANCHOR: tell
    fn tell(&mut self, news: Vec<(RoomName, Entries)>) {
        let mut said = Vec::new();
        for (room, entries) in news {
            let entries = entries_of(entries);
            let Some(last) = self.rooms.get_mut(&room) else { continue };
            for entry in &entries {
                if !last.is_followed_by(entry.id) {
                    self.broker.loops().tell(|| News::Notice(Some(room.clone()), GAP));
                }
                *last = entry.id;
            }
            said.push((room, entries));
        }
        if !said.is_empty() {
            let batch = Arc::new(Batch { said, done: self.turn() });
            self.broker.loops().tell(|| News::Heard(Arc::clone(&batch)));
        }
    }

    // ANCHOR_END: tell

    // ANCHOR: turn
    /// Waits until the loops have heard all but the last few letters: they would pile up otherwise.
    fn turn(&mut self) -> Sender<()> {
        while self.unheard.len() >= UNHEARD {
            // Nothing is ever sent. This is an error as soon as nobody can.
            let _ = self.unheard.pop_front().map(|oldest| oldest.recv());
        }
        let (done, heard) = mpsc::channel();
        self.unheard.push_back(heard);
        done
    }

    /// A broker that comes back may have forgotten what it had confirmed.
    fn look_for_losses(&mut self, connection: &mut Connection) -> RedisResult<()> {
        for (room, last) in &mut self.rooms {
            if newest_in(room, connection)? < *last {
                *last = Id::default();
                self.broker.loops().tell(|| News::Notice(Some(room.clone()), GAP));
            }
        }
        Ok(())
    }
    // ANCHOR_END: turn

    // ANCHOR: answer
    /// Answers questions. One who is answered has heard, or hears now, all that its room had when the
    /// question was taken.
    fn answer(&mut self, connection: &mut Connection) -> RedisResult<()> {
        self.asks.extend(self.broker.asks().into_iter().map(|ask| (ask, None)));
        let mut newest_of = HashMap::new();
        for (ask, newest) in self.asks.iter_mut().filter(|(_, newest)| newest.is_none()) {
            let known = newest_of.get(&ask.room).copied();
            let id = known.map_or_else(|| newest_in(&ask.room, connection), Ok)?;
            newest_of.insert(ask.room.clone(), id);
            self.rooms.entry(ask.room.clone()).or_insert(id);
            *newest = Some(id);
        }
        while let Some((ask, Some(newest))) = self.asks.front().cloned() {
            let until = *self.rooms.entry(ask.room.clone()).or_insert(newest);
            if until < newest {
                // The loops are told this first. It is there already, so nobody waits for it.
                return Ok(());
            }
            let news = match ask.question {
                Question::Who => self.who(&ask, connection)?,
                Question::Before(None) => self.lately(&ask, until, connection)?,
                Question::Before(Some(after)) => self.after(&ask, after, until, connection)?,
            };
            // A loop that has ended has nobody left to tell.
            let _ = ask.to.send(news);
            self.asks.pop_front();
        }
        Ok(())
    }

    // ANCHOR_END: answer

    // ANCHOR: before
    /// What was said lately, until what the loops were told last.
    fn lately(&mut self, ask: &Ask, until: Id, connection: &mut Connection) -> RedisResult<News> {
        let mut range = redis::cmd("XREVRANGE");
        range.arg(stream_of(&ask.room)).arg(until.to_string()).arg("-").arg("COUNT").arg(LATELY);
        let mut said: Entries = range.query(connection)?;
        said.reverse();
        Ok(self.welcome(ask, said, false))
    }

    /// What was said after a message, until what the loops were told last.
    fn after(
        &mut self,
        ask: &Ask,
        after: Id,
        until: Id,
        connection: &mut Connection,
    ) -> RedisResult<News> {
        let mut range = redis::cmd("XRANGE");
        range.arg(stream_of(&ask.room)).arg(format!("({after}")).arg(until.to_string());
        let said: Entries = range.query(connection)?;
        let first = said.first().and_then(|(id, _)| id.parse().ok());
        let gap = first.map_or(until < after, |first| !after.is_followed_by(first));
        Ok(self.welcome(ask, said, gap))
    }

    fn welcome(&mut self, ask: &Ask, said: Entries, gap: bool) -> News {
        let mut room = MOST_BEFORE;
        let fits = |entry: &Entry| {
            room = room.saturating_sub(entry.message.payload.len());
            room > 0
        };
        let all = said.len();
        let mut said: Vec<Entry> = entries_of(said).into_iter().rev().take_while(fits).collect();
        said.reverse();
        let gap = gap || said.len() < all;
        News::Welcome(Welcome { client: ask.client, said, gap, done: self.turn() })
    }
    // ANCHOR_END: before

    // ANCHOR: presence
    fn who(&self, ask: &Ask, connection: &mut Connection) -> RedisResult<News> {
        let here = self.broker.loops().members().get(&ask.room).copied().unwrap_or_default();
        let (members, servers) = self.count(&ask.room, here, connection)?;
        let plural = if servers == 1 { "" } else { "s" };
        Ok(News::Told(ask.client, format!("* {members} here, on {servers} server{plural}")))
    }

    fn count(
        &self,
        room: &RoomName,
        here: usize,
        connection: &mut Connection,
    ) -> RedisResult<(usize, usize)> {
        let mut call = self.here.prepare_invoke();
        call.key(format!("ws:here:{room}")).arg(&self.broker.server).arg(here).invoke(connection)
    }

    fn say_who_is_here(&mut self, connection: &mut Connection) -> RedisResult<()> {
        if self.beat.elapsed() < BEAT {
            return Ok(());
        }
        self.beat = Instant::now();
        let members = self.broker.loops().members();
        self.rooms.retain(|room, _| members.contains_key(room));
        members.iter().try_for_each(|(room, here)| self.count(room, *here, connection).map(drop))
    }
}
// ANCHOR_END: presence

// ANCHOR: redis
/// The last message of a room.
fn newest_in(room: &RoomName, connection: &mut Connection) -> RedisResult<Id> {
    let mut range = redis::cmd("XREVRANGE");
    range.arg(stream_of(room)).arg("+").arg("-").arg("COUNT").arg(1);
    let last: Entries = range.query(connection)?;
    Ok(last.first().and_then(|(id, _)| id.parse().ok()).unwrap_or_default())
}

fn entries_of(entries: Entries) -> Vec<Entry> {
    let entry = |(id, (opcode, payload)): (String, (u8, Vec<u8>))| Entry {
        id: id.parse().unwrap_or_default(),
        message: Message { opcode: Opcode(opcode), payload: payload.into() },
    };
    entries.into_iter().map(entry).collect()
}
// ANCHOR_END: redis
