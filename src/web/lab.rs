//! The lab of a page: a server, a tap before it, and a stream of what crosses.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ch00_wire::{Event, Recorder};
use serde::{Deserialize, Serialize};
use stage::{Server, Tap};
use tokio::sync::mpsc::{Sender, channel};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

use super::{QUEUE, Workshop, streamed};
use crate::{book, chapters};

/// How long a server may take to start, or a connection to be taken.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a raw request's connection stays open after the last byte that came back.
const LISTEN: Duration = Duration::from_secs(1);
/// How often the lab looks whether its page is still there while nothing crosses.
const LOOK: Duration = Duration::from_millis(200);

/// The labs that are running.
pub(super) struct Labs {
    running: Arc<Running>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Default)]
struct Running {
    /// Ports of the taps that are open: raw requests go to these and nowhere else.
    taps: Mutex<HashSet<u16>>,
    /// The workshop closes, and so do they.
    closing: AtomicBool,
}

impl Labs {
    pub(super) fn new() -> Labs {
        Labs { running: Arc::default(), threads: Mutex::default() }
    }

    /// Ends all labs, with their servers, and waits until they have ended.
    pub(super) fn close(&self) {
        self.running.closing.store(true, Ordering::SeqCst);
        for thread in lock(&self.threads).drain(..) {
            // A lab that panicked has ended too.
            let _ = thread.join();
        }
    }

    fn start(&self, subject: Subject, page: Sender<News>) {
        let running = self.running.clone();
        let mut threads = lock(&self.threads);
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread::spawn(move || run(&subject, running, &page)));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Which server the lab is about.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Subject {
    /// A chapter's, which is started.
    Chapter(u8),
    /// The reader's own, which runs.
    Address(SocketAddr),
}

/// What the page is told, a line of JSON each.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum News {
    /// The server is being built: what cargo does.
    Building { text: String },
    /// Connect here.
    Ready { port: u16, server: SocketAddr },
    /// There is no lab; why.
    Failed { text: String },
    /// The server ended by itself.
    Stopped { text: String },
    /// Something happened on the wire, or in the terminal.
    #[serde(untagged)]
    Wire(Event),
}

/// A running lab. Its server and its tap end with it.
struct Lab {
    server: Option<Server>,
    address: SocketAddr,
    tap: Tap,
    running: Arc<Running>,
}

/// Starts a lab, and streams what happens in it until the page goes away.
pub(super) async fn start(
    State(workshop): State<Arc<Workshop>>,
    Json(subject): Json<Subject>,
) -> Response {
    let (sender, news) = channel(QUEUE);
    workshop.labs.start(subject, sender);
    let lines = ReceiverStream::new(news).map(|news| {
        let mut line = serde_json::to_string(&news).unwrap_or_default();
        line.push('\n');
        Bytes::from(line)
    });
    streamed("application/x-ndjson", lines)
}

/// Lives as long as the lab.
fn run(subject: &Subject, running: Arc<Running>, page: &Sender<News>) {
    let (sender, events) = mpsc::sync_channel(QUEUE);
    match Lab::open(subject, running, Recorder::reporting(sender), page) {
        Ok(mut lab) => {
            lab.report(&events, page);
            // Whoever waits to tell an event is let go, and only then asked to end.
            drop(events);
        }
        Err(error) => drop(page.blocking_send(News::Failed { text: format!("{error:#}") })),
    }
}

impl Lab {
    /// Tells the page what happens, until the page has gone or the server has ended.
    fn report(&mut self, events: &mpsc::Receiver<Event>, page: &Sender<News>) {
        let ready = News::Ready { port: self.tap.address().port(), server: self.address };
        let mut sent = page.blocking_send(ready);
        while sent.is_ok() && !page.is_closed() && !self.running.closing.load(Ordering::SeqCst) {
            match events.recv_timeout(LOOK) {
                Ok(event) => sent = page.blocking_send(News::Wire(event)),
                Err(_) if self.has_ended() => {
                    let text = "the server has ended".to_owned();
                    return drop(page.blocking_send(News::Stopped { text }));
                }
                Err(_) => {}
            }
        }
    }

    fn open(
        subject: &Subject,
        running: Arc<Running>,
        recorder: Recorder,
        page: &Sender<News>,
    ) -> Result<Lab> {
        let (server, address) = match *subject {
            Subject::Chapter(number) => {
                let server = start_chapter(number, &recorder, page)?;
                let address = server.address();
                (Some(server), address)
            }
            Subject::Address(address) => (None, on_this_machine(address)?),
        };
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port for the tap")?;
        let tap = Tap::open(listener, address, recorder)?;
        lock(&running.taps).insert(tap.address().port());
        Ok(Lab { server, address, tap, running })
    }

    fn has_ended(&self) -> bool {
        self.server.as_ref().is_some_and(Server::has_ended)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        lock(&self.running.taps).remove(&self.tap.address().port());
    }
}

/// Starts a chapter's program, and tells the page while it is built.
fn start_chapter(number: u8, recorder: &Recorder, page: &Sender<News>) -> Result<Server> {
    let chapter = chapters::find(number).map_err(anyhow::Error::msg)?;
    let program = chapter.program(&book::course(), &mut |status| {
        let text = format!("building the server: {status}");
        // A page that has gone misses it; the build goes on, for the next one.
        let _ = page.blocking_send(News::Building { text });
    })?;
    Ok(Server::announced(chapters::announced(&program), recorder, PATIENCE)?)
}

/// Where the reader's own server is: on this machine. A page shall not make us connect to others.
pub(super) fn on_this_machine(at: SocketAddr) -> Result<SocketAddr> {
    if !at.ip().is_loopback() {
        bail!("{at} is another machine: a page looks at servers on 127.0.0.1 only");
    }
    Ok(at)
}

/// A raw request, for the chapters in which a browser cannot connect yet.
#[derive(Deserialize)]
pub(super) struct Raw {
    /// The port of a lab's tap.
    port: u16,
    /// What to send. Bare line feeds are not changed; `\xff` stands for the byte ff.
    text: String,
}

/// Sends bytes through a lab's tap, and waits until the server hangs up, or has been silent.
pub(super) async fn send_raw(
    State(workshop): State<Arc<Workshop>>,
    Json(raw): Json<Raw>,
) -> Response {
    if !lock(&workshop.labs.running.taps).contains(&raw.port) {
        return (StatusCode::BAD_REQUEST, "this lab has ended: start it again").into_response();
    }
    let Some(bytes) = unescaped(&raw.text) else {
        let why = "\\x is followed by two hexadecimal digits, as in \\xff";
        return (StatusCode::BAD_REQUEST, why).into_response();
    };
    match tokio::task::spawn_blocking(move || send(raw.port, &bytes)).await {
        Ok(Ok(())) => StatusCode::NO_CONTENT.into_response(),
        Ok(Err(error)) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
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

fn send(port: u16, bytes: &[u8]) -> std::io::Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.write_all(bytes)?;
    stream.set_read_timeout(Some(LISTEN))?;
    let mut buffer = [0; 4096];
    while matches!(stream.read(&mut buffer), Ok(count) if count > 0) {}
    Ok(())
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
