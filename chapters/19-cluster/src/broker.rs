//! Many servers: Redis is between their rooms. This side of it takes what is said here; the reader has
//! the other side.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use ch06_select::Message;
use ch16_speed::Bus;
use log::warn;
use redis::{Client, Connection, RedisError, RedisResult, Script};

use crate::loops::lock;
use crate::reader::Reader;
use crate::{Ask, Loops, News, Phase, Question, RoomName};

// ANCHOR: broker
/// What is between the servers: Redis, which keeps a stream for each room.
pub struct Broker {
    client: Client,
    /// This server's name among those that share the broker: nobody else has it, and no two runs do.
    pub(crate) server: String,
    keep: usize,
    loops: Loops,
    outgoing: Mutex<Outgoing>,
    more: Condvar,
    asks: Mutex<Vec<Ask>>,
    down: Mutex<[bool; 2]>,
}

/// What was said here, and that the broker has not confirmed.
#[derive(Default)]
struct Outgoing {
    posts: VecDeque<Post>,
    /// How many posts came before these.
    before: u64,
    bytes: usize,
    /// The reader waits for the broker, and has to be woken.
    wake: bool,
    phase: Phase,
}

#[derive(Clone)]
struct Post {
    room: RoomName,
    message: Message<'static>,
}
// ANCHOR_END: broker

// ANCHOR: bounds
/// How many bytes may wait for the broker.
const MOST_WAITING: usize = 1024 * 1024;
/// The longest message.
const LONGEST: usize = 16 * 1024;
/// How many posts travel together.
const TOGETHER: usize = 100;
/// How many questions may wait.
const MOST_ASKS: usize = 20_000;
/// How long the broker may take for an answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);
/// How long to wait before the next attempt to reach it, at first and at most.
const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(2)];

const GONE: &str = "* the broker is gone: what you say waits here, and nobody hears it yet";
const BACK: &str = "* the broker is back";
const FULL: &str = "* not sent: the broker is gone, and too much waits already";
const ENDS: &str = "* not sent: this server is about to end. Say it on another";
const LONG: &str = "* not sent: this is longer than 16 KiB";
// ANCHOR_END: bounds

// ANCHOR: start
impl Broker {
    /// Starts the two threads that speak with the broker.
    pub fn start(client: Client, keep: usize, loops: Loops) -> Arc<Broker> {
        let broker = Arc::new(Broker {
            client,
            server: format!("{:016x}", random()),
            keep,
            loops,
            // At first, the writer finds out whether the broker is there.
            outgoing: Mutex::new(Outgoing { wake: true, ..Outgoing::default() }),
            more: Condvar::new(),
            asks: Mutex::default(),
            down: Mutex::default(),
        });
        let writer = Arc::clone(&broker);
        let say = Script::new(include_str!("say.lua"));
        thread::spawn(move || {
            writer.keep_at(0, |connection| writer.write(&say, connection));
        });
        let mut reader = Reader::new(Arc::clone(&broker));
        let broker_of_reader = Arc::clone(&broker);
        thread::spawn(move || {
            broker_of_reader.keep_at(1, |connection| reader.read(connection));
        });
        broker
    }
}

fn random() -> u64 {
    RandomState::new().hash_one(())
}
// ANCHOR_END: start

// ANCHOR: write
impl Broker {
    /// Waits for posts, and has the broker confirm them.
    fn write(&self, say: &Script, connection: &mut Connection) -> RedisResult<Step> {
        let outgoing = lock(&self.outgoing);
        let is_idle =
            |now: &mut Outgoing| now.posts.is_empty() && !now.wake && now.phase != Phase::Over;
        let waited = self.more.wait_while(outgoing, is_idle);
        let mut outgoing = waited.unwrap_or_else(PoisonError::into_inner);
        let (before, wake) = (outgoing.before, outgoing.wake);
        let over = outgoing.phase == Phase::Over;
        let posts: Vec<Post> = outgoing.posts.iter().take(TOGETHER).cloned().collect();
        outgoing.wake = false;
        // Nobody who has something to say waits for the broker.
        drop(outgoing);
        if wake {
            let woken = self.wake_reader(connection);
            // The next attempt is how the writer learns that the broker is back.
            lock(&self.outgoing).wake |= woken.is_err();
            woken?;
        }
        if !posts.is_empty() {
            self.confirm(say, before, &posts, connection)?;
            self.forget(posts.len());
        }
        Ok(if over && posts.is_empty() { Step::Over } else { Step::Worked })
    }

    /// Has the broker put posts into their rooms, each of them once, however often it is told.
    fn confirm(
        &self,
        say: &Script,
        before: u64,
        posts: &[Post],
        connection: &mut Connection,
    ) -> RedisResult<()> {
        // YOURS: What does the script need to know, so that each post is in its room once?
        let mut call = say.prepare_invoke();
        call.key(format!("ws:confirmed:{}", self.server)).arg(before).arg(self.keep);
        for Post { room, message } in posts {
            call.key(stream_of(room)).arg(message.opcode.0).arg(&*message.payload);
        }
        call.invoke(connection)
        // YOURS_END
    }

    // ANCHOR_END: write

    // ANCHOR: forget
    fn forget(&self, count: usize) {
        let mut outgoing = lock(&self.outgoing);
        let confirmed: usize = outgoing.posts.drain(..count).map(|post| post.size()).sum();
        outgoing.bytes -= confirmed;
        outgoing.before += count as u64;
        self.more.notify_all();
    }
}

/// The key of a room's stream.
pub(crate) fn stream_of(room: &RoomName) -> String {
    format!("ws:room:{room}")
}
// ANCHOR_END: forget

// ANCHOR: carry
impl Post {
    /// How much it counts against the bound: a short message takes room, too.
    fn size(&self) -> usize {
        size_of::<Post>() + self.message.payload.len()
    }
}

// ANCHOR_END: carry

// ANCHOR: carrier
impl Broker {
    /// Takes a message on its way. The loop that it comes from hears it back, like all others.
    pub(crate) fn say(&self, room: &RoomName, message: Message<'static>) {
        let post = Post { room: room.clone(), message };
        let mut outgoing = lock(&self.outgoing);
        outgoing.bytes += post.size();
        outgoing.posts.push_back(post);
        self.more.notify_all();
    }

    /// Why a message of this length cannot be taken now.
    pub(crate) fn refuses(&self, length: usize) -> Option<&'static str> {
        let outgoing = lock(&self.outgoing);
        match outgoing.phase {
            _ if length > LONGEST => Some(LONG),
            Phase::Open if outgoing.bytes <= MOST_WAITING => None,
            Phase::Open => Some(FULL),
            Phase::Closing | Phase::Over => Some(ENDS),
        }
    }

    /// What members have to know who join now.
    pub(crate) fn trouble(&self) -> Option<&'static str> {
        lock(&self.down).contains(&true).then_some(GONE)
    }

    /// Takes a question. The answer is a letter.
    pub(crate) fn ask(&self, ask: Ask) {
        let mut asks = lock(&self.asks);
        if matches!(ask.question, Question::Who)
            && (self.trouble().is_some() || asks.len() > MOST_ASKS)
        {
            let answer = News::Told(ask.client, "* nobody knows at the moment".to_owned());
            // A loop that has ended has nobody left to tell.
            return drop(ask.to.send(answer));
        }
        asks.push(ask);
        lock(&self.outgoing).wake = true;
        self.more.notify_all();
    }

    /// The loops of this server.
    pub(crate) fn loops(&self) -> &Loops {
        &self.loops
    }
    // ANCHOR_END: carrier

    // ANCHOR: drain
    /// The server is about to end: waits until the broker has what was said here, but not for ever.
    pub(crate) fn drain(&self, phase: Phase) {
        lock(&self.outgoing).phase = phase;
        self.more.notify_all();
        // A loop may just have found that it may still say something.
        self.loops.catch_up();
        let outgoing = lock(&self.outgoing);
        let unfinished = |outgoing: &mut Outgoing| !outgoing.posts.is_empty();
        let rest = self.more.wait_timeout_while(outgoing, 2 * PATIENCE, unfinished);
        let (outgoing, _) = rest.unwrap_or_else(PoisonError::into_inner);
        if !outgoing.posts.is_empty() {
            warn!("{} messages have not reached the broker", outgoing.posts.len());
        }
    }
}
// ANCHOR_END: drain

// ANCHOR: asks
impl Broker {
    /// The questions that nobody has taken yet.
    pub(crate) fn asks(&self) -> Vec<Ask> {
        std::mem::take(&mut lock(&self.asks))
    }

    pub(crate) fn wake_key(&self) -> String {
        format!("ws:wake:{}", self.server)
    }

    /// The reader waits in the broker, so it is woken there.
    fn wake_reader(&self, connection: &mut Connection) -> RedisResult<()> {
        let key = self.wake_key();
        let mut both = redis::pipe();
        both.cmd("XADD").arg(&key).arg("MAXLEN").arg(1).arg("*").arg(0).arg("");
        both.cmd("EXPIRE").arg(&key).arg(60);
        both.exec(connection)
    }
}
// ANCHOR_END: asks

// ANCHOR: keep_at
/// What a thread has done with its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It has looked whether the broker is there.
    Looked,
    /// It has done its work.
    Worked,
    /// There is to be none any more.
    Over,
}

impl Broker {
    /// Does one step after another, with a new connection if one fails. Ends when a step says so.
    fn keep_at(&self, half: usize, mut step: impl FnMut(&mut Connection) -> RedisResult<Step>) {
        let mut pause = PAUSES[0];
        loop {
            let mut worked = false;
            let error = match self.connect() {
                Err(error) => error,
                Ok(mut connection) => loop {
                    match step(&mut connection) {
                        Ok(Step::Over) => return,
                        Ok(step) => worked |= step == Step::Worked,
                        Err(error) => break error,
                    }
                    self.is_up(half);
                },
            };
            // A connection that has worked is made anew at once, and without a word.
            if worked {
                pause = PAUSES[0];
                continue;
            }
            self.is_down(half, &error);
            // Not all servers at the same time: between half of the pause and all of it.
            thread::sleep(pause.mul_f64(0.5 + random() as f64 / u64::MAX as f64 / 2.0));
            pause = (2 * pause).min(PAUSES[1]);
        }
    }

    // ANCHOR_END: keep_at

    // ANCHOR: connect
    fn connect(&self) -> RedisResult<Connection> {
        let mut connection = self.client.get_connection_with_timeout(PATIENCE)?;
        connection.set_read_timeout(Some(PATIENCE))?;
        connection.set_write_timeout(Some(PATIENCE))?;
        redis::cmd("PING").exec(&mut connection)?;
        Ok(connection)
    }

    /// Tells everybody, if this is news.
    fn is_down(&self, half: usize, error: &RedisError) {
        let mut down = lock(&self.down);
        if !down.contains(&true) {
            warn!("the broker is gone: {error}");
            self.loops.tell(|| News::Notice(None, GONE));
        }
        down[half] = true;
    }

    fn is_up(&self, half: usize) {
        let mut down = lock(&self.down);
        if std::mem::take(&mut down[half]) && !down.contains(&true) {
            warn!("the broker is back");
            self.loops.tell(|| News::Notice(None, BACK));
        }
    }
}
// ANCHOR_END: connect

// ANCHOR: bus
/// What one room says goes over the broker.
pub(crate) struct RoomBus(pub(crate) Arc<Broker>, pub(crate) RoomName);

impl Bus for RoomBus {
    fn publish(&self, message: Message<'static>) {
        self.0.say(&self.1, message);
    }
}
// ANCHOR_END: bus
