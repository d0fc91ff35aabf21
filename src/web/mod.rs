//! The workshop in the browser: the book with its labs, on one port.

mod check;
mod door;
mod guard;
mod lab;
mod live_book;
mod terminal;

use std::convert::Infallible;
use std::io::{ErrorKind, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{any, get, post};
use tokio::runtime::Runtime;
use tokio::sync::{Mutex, oneshot};
use tokio_stream::{Stream, StreamExt};
use tower_http::services::ServeDir;

use crate::check::Subject;
use door::Door;
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
    labs: Arc<Labs>,
    /// The reader's own server.
    subject: Subject,
    /// Whoever checks it holds this: one page at a time.
    checking: Arc<Mutex<()>>,
}

/// Builds the book, serves it at `desk`, and rebuilds it whenever a source of it changes, until Ctrl-C. Its
/// pages can check `subject`. What the workshop has to say goes to `out`: the address of the book first.
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
    let labs = Arc::new(Labs::default());
    let checking = Arc::default();
    let workshop = Arc::new(Workshop { book, labs: labs.clone(), subject, checking });
    let guard = Arc::new(Guard::new(at, &desk.origins)?);
    announce(&terminal, desk, at, &guard);
    let router = router(workshop.clone(), guard.clone());
    let door = Door { guard, labs, router };
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
    tokio::select! {
        () = door.open(listener) => {}
        _ = interrupted => {}
    }
    Ok(())
}

/// Every route of the workshop; all are guarded.
fn router(workshop: Arc<Workshop>, guard: Arc<Guard>) -> Router {
    Router::new()
        .route("/lab", post(lab::open_lab))
        .route("/lab/raw", post(lab::send_raw))
        // A WebSocket to a lab that is open is not seen here: the door hands it over.
        .route("/lab/{number}/{*target}", any(lab::no_lab))
        .route("/check", post(check::check_server))
        .route("/reload", get(live_book::reload))
        .fallback(page)
        .with_state(workshop)
        .layer(middleware::from_fn_with_state(guard, guard::admit))
}

/// An answer that goes on for as long as there is something to tell, and the page stays.
fn streamed(kind: &'static str, pieces: impl Stream<Item = Bytes> + Send + 'static) -> Response {
    let pieces = pieces.map(Ok::<_, Infallible>);
    ([(header::CONTENT_TYPE, kind)], Body::from_stream(pieces)).into_response()
}

async fn page(State(workshop): State<Arc<Workshop>>, request: Request) -> Response {
    let shelf = workshop.book.shelf();
    match ServeDir::new(&shelf).try_call(request).await {
        Ok(response) if response.status() != StatusCode::NOT_FOUND => response.into_response(),
        Err(error) if error.kind() != ErrorKind::NotFound => {
            (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response()
        }
        _ => {
            let page = std::fs::read_to_string(shelf.join("404.html")).unwrap_or_default();
            (StatusCode::NOT_FOUND, Html(page)).into_response()
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
