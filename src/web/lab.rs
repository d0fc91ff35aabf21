//! The lab of a page: a server, a tap before it, and a stream of what crosses.

use std::collections::HashSet;
use std::convert::Infallible;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{LazyLock, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use ch00_wire::{Event, Recorder, Server, Tap};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{Sender, channel};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

use crate::chapters;

/// How long a server may take to start, and a raw request to be answered.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often the lab looks whether its page is still there while nothing crosses.
const LOOK: Duration = Duration::from_millis(200);
/// How many events may wait for a page that is slow. Then the conversation waits too.
const QUEUE: usize = 64;

/// Ports of the taps that are open: raw requests go to these and nowhere else.
static TAPS: LazyLock<Mutex<HashSet<u16>>> = LazyLock::new(Mutex::default);

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
}

/// Starts a lab, and streams what happens in it until the page goes away.
pub(super) async fn start(Json(subject): Json<Subject>) -> Response {
    let (sender, news) = channel(QUEUE);
    thread::spawn(move || run(&subject, &sender));
    let lines = ReceiverStream::new(news).map(|news| {
        let mut line = serde_json::to_string(&news).unwrap_or_default();
        line.push('\n');
        Ok::<_, Infallible>(Bytes::from(line))
    });
    ([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response()
}

/// Lives as long as the lab.
fn run(subject: &Subject, page: &Sender<News>) {
    let (sender, events) = mpsc::sync_channel(QUEUE);
    match Lab::open(subject, Recorder::reporting(sender)) {
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
        while sent.is_ok() && !page.is_closed() {
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

    fn open(subject: &Subject, recorder: Recorder) -> Result<Lab> {
        let (server, address) = match *subject {
            Subject::Chapter(number) => {
                let server = start_chapter(number, &recorder)?;
                let address = server.address();
                (Some(server), address)
            }
            Subject::Address(address) => (None, own_server(address)?),
        };
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port for the tap")?;
        let tap = Tap::open(listener, address, recorder)?;
        taps().insert(tap.address().port());
        Ok(Lab { server, address, tap })
    }

    fn has_ended(&mut self) -> bool {
        self.server.as_mut().is_some_and(Server::has_ended)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        taps().remove(&self.tap.address().port());
    }
}

fn taps() -> std::sync::MutexGuard<'static, HashSet<u16>> {
    TAPS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts this program once more, to run a chapter.
fn start_chapter(number: u8, recorder: &Recorder) -> Result<Server> {
    chapters::find(number).map_err(anyhow::Error::msg)?;
    let workshop = std::env::current_exe().context("the workshop cannot find itself")?;
    let mut command = Command::new(workshop);
    command.args(["run", &number.to_string(), "127.0.0.1:0"]);
    Ok(Server::announced(command, recorder, PATIENCE)?)
}

/// The reader's own server: on this machine, and running.
fn own_server(at: SocketAddr) -> Result<SocketAddr> {
    if !at.ip().is_loopback() {
        bail!("{at} is another machine: the lab looks at servers on 127.0.0.1 only");
    }
    Ok(at)
}

/// A raw request, for the chapters in which a browser cannot connect yet.
#[derive(Deserialize)]
pub(super) struct Raw {
    /// The port of a lab's tap.
    port: u16,
    /// What to send. Bare line feeds are not changed.
    text: String,
}

/// Sends bytes through a lab's tap, and waits until the server hangs up, or has been silent.
pub(super) async fn send_raw(Json(raw): Json<Raw>) -> Response {
    if !taps().contains(&raw.port) {
        return (StatusCode::BAD_REQUEST, "this lab has ended: start it again").into_response();
    }
    match tokio::task::spawn_blocking(move || send(raw)).await {
        Ok(Ok(())) => StatusCode::NO_CONTENT.into_response(),
        Ok(Err(error)) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

fn send(raw: Raw) -> std::io::Result<()> {
    let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), raw.port);
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.write_all(raw.text.as_bytes())?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    let mut buffer = [0; 4096];
    while matches!(stream.read(&mut buffer), Ok(count) if count > 0) {}
    stream.shutdown(Shutdown::Both).or(Ok(()))
}
