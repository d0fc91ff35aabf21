//! Mistakes of servers that share a broker, chapter 19. The good one is the course's; those with a mistake speak with Redis
//! themselves, in the few words that they need.

use std::cell::RefCell;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use ch01_listen::LastLines;
use ch05_reply::TEXT;
use ch06_select::{ClientId, Message, Service};
use ch07_room::{App, Outbox, Room};
use ch15_pressure::{Letter, Lively, Patient, Settings, log_to_terminal, on_stop};
use ch16_speed::{Branch, Bus, EventLoop, Local, Mail, Shared, Tray, accept, host};
use clap::Parser;

use super::makes;

/// How long to wait before the broker is tried again.
const PAUSE: Duration = Duration::from_millis(50);
/// How much may wait for it.
const WAITING: usize = 1000;
/// How many messages a newcomer hears.
const LATELY: usize = 50;
/// Puts a message into the room's stream, unless its number is known.
const SAY: &str = "if redis.call('SET', KEYS[2], 1, 'NX') then \
                       redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', ARGV[2], ARGV[3]) \
                   end return ''";

/// Serves with the mistake, or with none. Without a broker nothing of this can be seen.
pub fn serve(is_echo: bool, listener: TcpListener) -> ExitCode {
    let Some(broker) = std::env::var("BROKER").ok().filter(|_| !is_echo) else {
        return super::secret::serve(is_echo, listener);
    };
    let _last_lines = LastLines;
    log_to_terminal();
    let served = match makes("") {
        true => {
            let settings = ch19_cluster::Settings::parse_from(["zoo"]);
            ch19_cluster::serve(&listener.into(), &settings, None)
        }
        false => run(broker.trim_start_matches("redis://").to_owned(), listener),
    };
    if served.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run(broker: String, listener: TcpListener) -> io::Result<()> {
    // From the environment alone: the arguments are the zoo's.
    let settings = Settings::parse_from(["zoo"]);
    let event_loop = EventLoop::new(settings.patience)?;
    let (mailbox, door) = (event_loop.mailbox(), event_loop.door());
    let local = Arc::new(Local::default());
    local.add(event_loop.mailbox());
    let (queue, posts) = sync_channel(WAITING);
    let bus = Station { broker: broker.clone(), local: Arc::clone(&local), queue };
    let past = Past::default();
    let app = Shared::new(Room::default(), Arc::new(bus));
    let app = Box::new(Storyteller { app, past: Rc::clone(&past) });
    let at = broker.clone();
    thread::spawn(move || write(&at, &posts));
    let in_process = Arc::clone(&local);
    thread::spawn(move || read(&broker, &local));
    on_stop(move || drop(mailbox.send(Mail::Letter(Letter::Stop))))?;
    thread::spawn(move || accept(&listener.into(), &[door]));
    let tray = Arc::new(Tray::new(in_process));
    let branch = Branch::new(host(&settings, app, Default::default()), tray);
    event_loop.run(Listener { branch, past })
}

/// What was said since this server runs.
type Past = Rc<RefCell<Vec<Message<'static>>>>;

/// A branch that remembers what it hears.
struct Listener<B> {
    branch: B,
    past: Past,
}

impl<S: Patient, B: Lively<S, Mail = Mail>> Lively<S> for Listener<B> {
    type Mail = Mail;

    fn mail(&mut self, mail: Mail, sink: &mut S) {
        if let Mail::Heard(messages) = &mail {
            self.past.borrow_mut().extend(messages.iter().cloned());
        }
        self.branch.mail(mail, sink);
    }

    fn tick(&mut self, sink: &mut S) -> Option<Instant> {
        self.branch.tick(sink)
    }
}

impl<S: Patient, B: Service<S>> Service<S> for Listener<B> {
    fn connected(&mut self, client: ClientId, sink: &mut S) {
        self.branch.connected(client, sink);
    }

    fn received(&mut self, client: ClientId, bytes: &mut [u8], sink: &mut S) {
        self.branch.received(client, bytes, sink);
    }

    fn left(&mut self, client: ClientId, why: io::Result<()>, sink: &mut S) {
        self.branch.left(client, why, sink);
    }
}

/// A room that tells a newcomer what was said lately.
struct Storyteller {
    app: Shared<Room>,
    past: Past,
}

impl App for Storyteller {
    fn joined(&mut self, client: ClientId, outbox: &mut dyn Outbox) {
        if !makes("newcomers-hear-nothing") {
            let past = self.past.borrow();
            let lately = &past[past.len().saturating_sub(LATELY)..];
            lately.iter().for_each(|message| outbox.send(&[client], message));
        }
        self.app.joined(client, outbox);
    }

    fn said(&mut self, client: ClientId, message: Message<'_>, outbox: &mut dyn Outbox) {
        self.app.said(client, message, outbox);
    }

    fn left(&mut self, client: ClientId, outbox: &mut dyn Outbox) {
        self.app.left(client, outbox);
    }
}

/// Where the loop hands over what is said.
struct Station {
    broker: String,
    local: Arc<Local>,
    queue: SyncSender<Vec<u8>>,
}

impl Bus for Station {
    fn publish(&self, message: Message<'static>) {
        if makes("broker-unread") || makes("told-at-once-too") || makes("own-words-before-all") {
            self.local.deliver(vec![message.clone()]);
        }
        if makes("loop-asks-the-broker") {
            // Who waits here keeps the loop waiting.
            let number = number_of(&message.payload);
            let post = || Redis::connect(&self.broker)?.add(&number, &message.payload);
            while post().is_err() {
                thread::sleep(PAUSE);
            }
            return;
        }
        // A full queue refuses, and nobody is told: more than is ever said here.
        let _ = self.queue.try_send(message.payload.into_owned());
    }
}

/// Hands posts to the broker, one after the other.
fn write(broker: &str, posts: &Receiver<Vec<u8>>) {
    let mut redis = None;
    for post in posts {
        let mut number = number_of(&post);
        loop {
            let result = match &mut redis {
                Some(redis) => Redis::add(redis, &number, &post),
                none => Redis::connect(broker).and_then(|new| none.insert(new).add(&number, &post)),
            };
            if result.is_ok() {
                break;
            }
            redis = None;
            thread::sleep(PAUSE);
            if makes("errors-passed-over") {
                break;
            }
            if makes("numbered-anew") {
                number = number_of(&post);
            }
        }
    }
}

/// What a message of this server is known by.
fn number_of(post: &[u8]) -> Vec<u8> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    match makes("known-by-its-words") {
        true => post.to_owned(),
        false => NUMBER.fetch_add(1, Ordering::Relaxed).to_string().into_bytes(),
    }
}

/// How many messages the broker keeps.
fn keep() -> &'static [u8] {
    // The others never say so many that one would be missing.
    if makes("gap-passed-over") || makes("gap-everywhere") { b"1000" } else { b"1000000" }
}

/// Waits for what is said, here and elsewhere.
fn read(broker: &str, local: &Local) {
    let mut last = "0-0".to_owned();
    loop {
        let result = Redis::connect(broker).and_then(|mut redis| {
            loop {
                let Some((id, own, payload)) = redis.next(&last)? else { continue };
                last = id;
                let is_told = own && makes("own-words-before-all");
                if makes("gap-everywhere") {
                    let payload = b"* some of what was said here is lost".into();
                    local.deliver(vec![Message { opcode: TEXT, payload }]);
                }
                if !is_told && !makes("broker-unread") {
                    let payload = payload.into();
                    local.deliver(vec![Message { opcode: TEXT, payload }]);
                }
            }
        });
        let _: io::Result<()> = result;
        if makes("connects-once") {
            return;
        }
        if makes("begins-again") {
            last = "0-0".to_owned();
        }
        thread::sleep(PAUSE);
    }
}

/// A connection to Redis, and the two commands that are used.
struct Redis(BufReader<TcpStream>);

impl Redis {
    fn connect(broker: &str) -> io::Result<Redis> {
        TcpStream::connect(broker).map(|stream| Redis(BufReader::new(stream)))
    }

    /// Puts a message into the room's stream, with the number of this process.
    fn add(&mut self, number: &[u8], payload: &[u8]) -> io::Result<()> {
        let own = std::process::id().to_string();
        let key = [b"zoo:", own.as_bytes(), b":", number].concat();
        let own = own.as_bytes();
        self.ask(&[b"EVAL", SAY.as_bytes(), b"2", b"zoo", &key, keep(), own, payload])?;
        self.bulk().map(drop)
    }

    /// The next entry behind this one: its id, whether it is ours, and the message.
    fn next(&mut self, last: &str) -> io::Result<Option<(String, bool, Vec<u8>)>> {
        self.ask(&[b"XREAD", b"COUNT", b"1", b"BLOCK", b"0", b"STREAMS", b"zoo", last.as_bytes()])?;
        // One stream with its name, and one entry: an id, and a list of one field and its value.
        for _ in 0..2 {
            self.line()?;
        }
        let _name = self.bulk()?;
        for _ in 0..2 {
            self.line()?;
        }
        let id = String::from_utf8_lossy(&self.bulk()?).into_owned();
        self.line()?;
        let own = self.bulk()? == std::process::id().to_string().as_bytes();
        Ok(Some((id, own, self.bulk()?)))
    }

    fn ask(&mut self, words: &[&[u8]]) -> io::Result<()> {
        let mut request = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            request.extend(format!("${}\r\n", word.len()).into_bytes());
            request.extend_from_slice(word);
            request.extend_from_slice(b"\r\n");
        }
        self.0.get_mut().write_all(&request)
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.0.read_line(&mut line)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ if line.starts_with('-') => Err(io::Error::other(line)),
            _ => Ok(line.trim_end().to_owned()),
        }
    }

    fn bulk(&mut self) -> io::Result<Vec<u8>> {
        let length = self.line()?.trim_start_matches('$').parse().map_err(io::Error::other)?;
        let mut bytes: Vec<u8> = vec![0; length];
        self.0.read_exact(&mut bytes)?;
        self.0.read_exact(&mut [0; 2])?;
        Ok(bytes)
    }
}
