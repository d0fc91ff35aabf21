//! The workshop in the browser: the book with its labs, on one port.

pub(crate) mod accept;
mod answer;
mod check;
mod door;
mod guard;
mod lab;
mod live_book;
mod progress;
mod servers;
mod socket;
mod terminal;

use std::io::{ErrorKind, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use http_body_util::BodyExt;
use hyper::body::Bytes;
use hyper::header::{self, HeaderValue};
use hyper::{Request, StatusCode};
use tokio::runtime::Runtime;
use tokio::sync::{Mutex, oneshot};
use tower_http::services::ServeDir;

use crate::check::Subject;
use answer::{Answer, Refusal, asked, empty, html, text};
use door::{Door, in_lab};
use guard::Guard;
pub use guard::Origin;
use lab::Labs;
use live_book::LiveBook;
use terminal::Terminal;

/// How much may wait for a page that is slow: so many events of a conversation, or pieces of a check's text.
/// Then what they tell of waits too.
const QUEUE: usize = 64;

/// Where the workshop listens, and under which addresses a browser finds it.
pub struct Desk {
    /// Where on loopback to listen; if the port is taken, on the next free one.
    pub port: u16,
    /// Where to listen instead, and nowhere else.
    pub listen: Option<SocketAddr>,
    /// Other addresses under which a browser finds the workshop, behind a proxy.
    pub origins: Vec<Origin>,
}

/// What the routes share.
struct Workshop {
    book: Arc<LiveBook>,
    labs: Labs,
    /// The reader's own server.
    subject: Arc<Subject>,
    /// Whoever checks it holds this: one page at a time.
    checking: Arc<Mutex<()>>,
}

/// Builds the book, serves it at `desk`, and rebuilds it whenever a source of it changes, until Ctrl-C. Its
/// pages can check and start `subject`. What the workshop has to say goes to `out`: the address of the book first.
///
/// # Errors
///
/// The place is taken, or the book has mistakes.
pub fn open(
    course: PathBuf,
    desk: &Desk,
    subject: Subject,
    out: impl Write + Send + 'static,
) -> Result<()> {
    let terminal = Terminal::open(out);
    let listener = listen(desk)?;
    let at = listener.local_addr()?;
    let book = LiveBook::open(course, at.port(), terminal.clone())?;
    let (labs, subject, checking) = (Labs::default(), Arc::new(subject), Arc::default());
    let workshop = Arc::new(Workshop { book, labs, subject, checking });
    let guard = Arc::new(Guard::new(at, &desk.origins)?);
    announce(&terminal, desk, at, &guard);
    let door = Door { guard, workshop: workshop.clone() };
    let runtime = Runtime::new().context("cannot start the workshop's threads")?;
    let served = runtime.block_on(serve(listener, door));
    // The pages go first, so that no lab waits for one of them; then the labs, with their servers.
    runtime.shutdown_background();
    workshop.labs.close();
    // So does what a check has started: its probe then has nobody to wait for.
    stage::end_all();
    drop(workshop.checking.blocking_lock());
    if served.is_ok() {
        terminal.say("\nthe workshop is closed");
    }
    terminal.close();
    served
}

/// Says where the book is, with the secret that opens it.
fn announce(terminal: &Terminal, desk: &Desk, at: SocketAddr, guard: &Guard) {
    if desk.listen.is_none() && desk.port != 0 && at.port() != desk.port {
        terminal.say(format!("port {} is taken, so this is another one", desk.port));
    }
    terminal.say(format!("the book is open at {} (Ctrl-C closes it)", guard.address_here()));
    for origin in &desk.origins {
        terminal.say(format!("and at {}", guard.address(origin)));
    }
}

async fn serve(listener: TcpListener, door: Door) -> Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let (warn, interrupted) = oneshot::channel();
    stage::at_first_interrupt(move || {
        // Where nobody waits for it, the workshop is about to end anyway.
        let _ = warn.send(());
    });
    let open = tokio::spawn(door.open(listener));
    let _ = interrupted.await;
    // Waited for, because it shares the book, which is removed once nobody has it.
    open.abort();
    let _ = open.await;
    Ok(())
}

/// Answers a request that the guard has let in.
async fn answer(workshop: &Arc<Workshop>, request: Request<Bytes>) -> Answer {
    route(workshop, request).await.unwrap_or_else(|(status, why)| text(status, why))
}

/// Every route of the workshop.
async fn route(workshop: &Arc<Workshop>, request: Request<Bytes>) -> Result<Answer, Refusal> {
    let workshop = workshop.clone();
    match (request.uri().path(), request.method().as_str()) {
        ("/lab", "GET") => socket::open(request, move |choice| lab::open_lab(&workshop, choice)),
        ("/check", "GET") => socket::open(request, |what| check::check_server(workshop, what)),
        ("/reload", "GET") => socket::open(request, move |()| Ok(live_book::editions(&workshop))),
        ("/project", "GET") => {
            let said = servers::project(&workshop.subject);
            Ok(text(StatusCode::OK, said.unwrap_or_else(|error| error.to_string())))
        }
        ("/progress", "GET" | "HEAD") => progress::tell(&workshop),
        ("/progress/clear", "POST") => progress::clear(&workshop),
        ("/lab/raw", "POST") => lab::send_raw(&workshop, asked(&request)?).await,
        ("/lab" | "/check" | "/reload" | "/project", _) => Ok(only("GET")),
        ("/progress", _) => Ok(only("GET,HEAD")),
        ("/lab/raw" | "/progress/clear", _) => Ok(only("POST")),
        // A WebSocket to a lab that is open is not seen here: the door hands it over.
        (path, _) if in_lab(path).is_some_and(|(_, target)| !target.is_empty()) => {
            Err(lab::no_lab())
        }
        _ => page(&workshop, request).await,
    }
}

/// An answer to a request with another method.
fn only(methods: &'static str) -> Answer {
    let mut answer = empty(StatusCode::METHOD_NOT_ALLOWED);
    answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
    answer
}

async fn page(workshop: &Workshop, request: Request<Bytes>) -> Result<Answer, Refusal> {
    let shelf = workshop.book.shelf();
    match ServeDir::new(&shelf).try_call(request).await {
        Ok(file) if file.status() != StatusCode::NOT_FOUND => Ok(file.map(BodyExt::boxed_unsync)),
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err((StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
        }
        _ => {
            let page = std::fs::read_to_string(shelf.join("404.html")).unwrap_or_default();
            Ok(html(StatusCode::NOT_FOUND, page))
        }
    }
}

/// A listener where it was asked for; otherwise on loopback, on a port or on one of the twenty after it.
fn listen(desk: &Desk) -> Result<TcpListener> {
    if let Some(at) = desk.listen {
        let what = || format!("cannot listen on {at}: choose another place with --listen");
        return TcpListener::bind(at).with_context(what);
    }
    let (first, last) = (desk.port, desk.port.saturating_add(20));
    for port in first..=last {
        match TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))) {
            Ok(listener) => return Ok(listener),
            // Taken by another program, or kept by the system for itself.
            Err(error)
                if matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied) => {}
            Err(error) => return Err(error).context(format!("cannot listen on port {port}")),
        }
    }
    bail!("the ports {first} to {last} are all taken: choose another with --port")
}
