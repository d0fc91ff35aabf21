//! The lab of a page: a server, a relay that joins clients to it, and a stream of what crosses.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Result, bail};
use ch00_wire::{Event, Recorder};
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use stage::{Relay, Server, Trouble};
use tokio::sync::mpsc::{Sender, channel};

use super::answer::{Answer, Refusal, text};
use super::servers::{PATIENCE, running, start_project};
use super::socket::Lines;
use super::{QUEUE, Workshop};
use crate::check::Subject;
use crate::{book, chapters};

/// How long a raw request waits for whatever comes next: to be connected, and then for each unit of the answer.
const LISTEN: Duration = Duration::from_secs(1);
/// How often the lab looks whether its page is still there while nothing crosses.
const LOOK: Duration = Duration::from_millis(200);

/// What is said of a lab that is not open.
const HAS_ENDED: &str = "this lab has ended: start it again";

/// How many labs may be open at once, each with a server and threads of its own.
const MOST: usize = 24;

/// The labs that are open.
#[derive(Default)]
pub(super) struct Labs {
    open: Arc<Open>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Default)]
struct Open {
    /// The relay of each lab whose server runs, by the lab's number.
    relays: Mutex<HashMap<u64, Relay>>,
    /// The last number that a lab was given.
    last: AtomicU64,
    /// The workshop closes, and so do they.
    closing: AtomicBool,
}

impl Labs {
    /// What joins clients to the server of a lab, if it is open.
    pub(super) fn relay(&self, number: u64) -> Option<Relay> {
        lock(&self.open.relays).get(&number).cloned()
    }

    /// Ends all labs, with their servers, and waits until they have ended.
    pub(super) fn close(&self) {
        self.open.closing.store(true, Ordering::SeqCst);
        for thread in lock(&self.threads).drain(..) {
            // A lab that panicked has ended too.
            let _ = thread.join();
        }
    }

    /// Runs a lab in a thread of its own, until its page goes away.
    fn run(&self, choice: ServerChoice, subject: Arc<Subject>, page: Sender<String>) -> Result<()> {
        let open = self.open.clone();
        let mut threads = lock(&self.threads);
        threads.retain(|thread| !thread.is_finished());
        if threads.len() >= MOST {
            bail!("{MOST} labs are open, and no more can be: stop one, or close its page");
        }
        threads.push(thread::spawn(move || run(&choice, &subject, open, &Page(page))));
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Which server the lab is about.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ServerChoice {
    /// A chapter's, which is started.
    Chapter(u8),
    /// The reader's own project, which is started as it is to be in this chapter.
    Project(u8),
    /// One that runs.
    Address(String),
}

/// What the page is told, a line of JSON each.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum News {
    /// The server is being built: what cargo does.
    Building { text: String },
    /// Connect to this lab.
    Ready { lab: u64, server: SocketAddr },
    /// There is no lab; why.
    Failed { text: String },
    /// The server ended by itself.
    Stopped { text: String },
    /// Something happened on the wire, or in the terminal.
    #[serde(untagged)]
    Wire(Event),
}

/// Where the news of a lab go.
struct Page(Sender<String>);

impl Page {
    /// False if the page has gone.
    fn tell(&self, news: &News) -> bool {
        let line = serde_json::to_string(news).unwrap_or_default();
        self.0.blocking_send(line).is_ok()
    }

    fn has_gone(&self) -> bool {
        self.0.is_closed()
    }
}

/// A lab that is open. Its server and its connections end with it.
struct Lab {
    number: u64,
    server: Option<Server>,
    address: SocketAddr,
    relay: Relay,
    open: Arc<Open>,
}

/// Opens a lab, and streams what happens in it until the page goes away.
pub(super) fn open_lab(workshop: &Workshop, choice: ServerChoice) -> Result<Lines, Refusal> {
    let (sender, news) = channel(QUEUE);
    let refused = |error: anyhow::Error| (StatusCode::TOO_MANY_REQUESTS, error.to_string());
    workshop.labs.run(choice, workshop.subject.clone(), sender).map_err(refused)?;
    Ok(news)
}

/// A connection to a lab that is not open.
pub(super) fn no_lab() -> Refusal {
    (StatusCode::NOT_FOUND, HAS_ENDED.to_owned())
}

/// Lives as long as the lab.
fn run(choice: &ServerChoice, subject: &Subject, open: Arc<Open>, page: &Page) {
    let (sender, events) = mpsc::sync_channel(QUEUE);
    match Lab::open(choice, subject, open, Recorder::reporting(sender), page) {
        Ok(mut lab) => {
            lab.report(&events, page);
            // Whoever waits to tell an event is let go, and only then asked to end.
            drop(events);
        }
        Err(error) => {
            page.tell(&News::Failed { text: format!("{error:#}") });
        }
    }
}

impl Lab {
    /// Tells the page what happens, until the page has gone or the server has ended.
    fn report(&mut self, events: &mpsc::Receiver<Event>, page: &Page) {
        let mut is_heard = page.tell(&News::Ready { lab: self.number, server: self.address });
        while is_heard && !page.has_gone() && !self.open.closing.load(Ordering::SeqCst) {
            match events.recv_timeout(LOOK) {
                Ok(event) => is_heard = page.tell(&News::Wire(event)),
                Err(_) if self.has_ended() => {
                    let text = "The server has ended by itself: start it again.".to_owned();
                    page.tell(&News::Stopped { text });
                    return;
                }
                Err(_) => {}
            }
        }
    }

    fn open(
        choice: &ServerChoice,
        subject: &Subject,
        open: Arc<Open>,
        recorder: Recorder,
        page: &Page,
    ) -> Result<Lab> {
        let (server, address) = match choice {
            ServerChoice::Chapter(number) => {
                let server = start_chapter(*number, &recorder, page)?;
                let address = server.address();
                (Some(server), address)
            }
            ServerChoice::Project(chapter) => {
                page.tell(&News::Building { text: "starting your project …".to_owned() });
                start_project(subject, *chapter, &recorder)?
            }
            ServerChoice::Address(text) => (None, running(text)?),
        };
        let number = open.last.fetch_add(1, Ordering::SeqCst) + 1;
        let relay = Relay::new(address, recorder);
        lock(&open.relays).insert(number, relay.clone());
        Ok(Lab { number, server, address, relay, open })
    }

    fn has_ended(&self) -> bool {
        self.server.as_ref().is_some_and(Server::has_ended)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        lock(&self.open.relays).remove(&self.number);
        // The server first: a client that hears of the end can rely on it.
        drop(self.server.take());
        self.relay.close();
    }
}

/// Starts a chapter's program, and tells the page while it is built.
fn start_chapter(number: u8, recorder: &Recorder, page: &Page) -> Result<Server> {
    let chapter = chapters::find(number).map_err(anyhow::Error::msg)?;
    let program = chapter.program(&book::course(), &mut |status| {
        let text = format!("building the server: {status}");
        // A page that has gone misses it; the build goes on, for the next one.
        page.tell(&News::Building { text });
    })?;
    Ok(Server::announced(chapters::announced(&program, None), recorder, PATIENCE)?)
}

/// A raw request, for the chapters in which a browser cannot connect yet.
#[derive(Deserialize)]
pub(super) struct Raw {
    /// The number of a lab.
    lab: u64,
    /// What to send. Bare line feeds are not changed; `\xff` stands for the byte ff.
    text: String,
}

/// Sends bytes to the server of a lab, and waits until the server hangs up, or has been silent. Says what came of it.
pub(super) async fn send_raw(workshop: &Workshop, raw: Raw) -> Result<Answer, Refusal> {
    let Some(relay) = workshop.labs.relay(raw.lab) else {
        return Err((StatusCode::BAD_REQUEST, HAS_ENDED.to_owned()));
    };
    let Some(bytes) = unescaped(&raw.text) else {
        let why = "\\x is followed by two hexadecimal digits, as in \\xff";
        return Err((StatusCode::BAD_REQUEST, why.to_owned()));
    };
    match tokio::task::spawn_blocking(move || send(&relay, &bytes)).await {
        Ok(Ok((status, said))) => Ok(text(status, said)),
        Ok(Err(trouble)) => Err((StatusCode::BAD_GATEWAY, trouble.to_string())),
        Err(error) => Err((StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}

/// The bytes of a text in which any byte can be written as `\xff`; `None` where one is cut short.
fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut pieces = text.split("\\x");
    let mut bytes = pieces.next()?.as_bytes().to_vec();
    for piece in pieces {
        let digits = piece.get(..2).filter(|two| two.bytes().all(|d| d.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    Some(bytes)
}

fn send(relay: &Relay, bytes: &[u8]) -> Result<(StatusCode, &'static str), Trouble> {
    let mut client = relay.client(LISTEN)?;
    client.send(bytes)?;
    // What comes is shown as it comes; here it only says that the server is not done.
    let mut units = 0;
    let trouble = loop {
        match client.unit() {
            Ok(_) if relay.is_closed() => return Ok((StatusCode::OK, "The bytes are sent.")),
            Ok(_) => units += 1,
            Err(trouble) => break trouble,
        }
    };
    Ok(match (units, trouble) {
        (0, Trouble::Silent(_, None)) => {
            (StatusCode::ACCEPTED, "The bytes are sent, and nothing has come back yet.")
        }
        (0, Trouble::Ended(..)) => {
            (StatusCode::OK, "The bytes are sent, and the server has closed without an answer.")
        }
        _ => (StatusCode::OK, "The bytes are sent, and the server has answered."),
    })
}

#[cfg(test)]
mod tests {
    use super::unescaped;

    #[test]
    fn any_byte_can_be_written() {
        let bytes = |text| unescaped(text);
        assert_eq!(bytes("GET / 李\r\n"), Some("GET / 李\r\n".into()));
        assert_eq!(bytes(r"^n:ds[4U\x00Li\xFF"), Some(b"^n:ds[4U\0Li\xff".to_vec()));
        assert_eq!(bytes(r"a\nb\"), Some(br"a\nb\".to_vec()));
        for bad in [r"\x", r"\x0", r"\xg0", r"\x+1", r"\x李"] {
            assert_eq!(bytes(bad), None, "{bad}");
        }
    }
}
