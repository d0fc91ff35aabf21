//! The workshop in the browser: the book with its labs, on loopback only.

mod check;
mod guard;
mod lab;
mod library;

use std::convert::Infallible;
use std::io::ErrorKind;
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
use axum::routing::{get, post};
use tokio::runtime::Runtime;
use tokio::sync::{Mutex, oneshot};
use tokio_stream::{Stream, StreamExt};
use tower_http::services::ServeDir;

use crate::check::Subject;
use lab::Labs;
use library::Library;

/// How much may wait for a page that is slow: so many events of a conversation, or pieces of a check's text.
/// Then what they tell of waits too.
const QUEUE: usize = 64;

/// What the routes share.
struct Workshop {
    books: Arc<Library>,
    labs: Labs,
    /// The reader's own server.
    subject: Subject,
    /// Whoever checks it holds this: one page at a time.
    checking: Arc<Mutex<()>>,
}

/// Builds the book, serves it on the first free port from `port` on, and rebuilds it whenever a
/// source of it changes, until Ctrl-C. Its pages can check `subject`.
pub fn open(course: PathBuf, port: u16, subject: Subject) -> Result<()> {
    let listener = listen(port)?;
    let at = listener.local_addr()?;
    let books = Library::open(course, at.port())?;
    let workshop =
        Arc::new(Workshop { books, labs: Labs::new(), subject, checking: Arc::default() });
    if port != 0 && at.port() != port {
        println!("port {port} is taken, so this is another one");
    }
    println!("the book is open at http://{at} (Ctrl-C closes it)");
    let runtime = Runtime::new().context("cannot start the workshop's threads")?;
    let served = runtime.block_on(serve(listener, workshop.clone()));
    // The pages go first, so that no lab waits for one of them; then the labs, with their servers.
    runtime.shutdown_background();
    workshop.labs.close();
    // So does what a check has started: its probe then has nobody to wait for.
    stage::end_all();
    drop(workshop.checking.blocking_lock());
    served
}

async fn serve(listener: TcpListener, workshop: Arc<Workshop>) -> Result<()> {
    let at = listener.local_addr()?;
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let served = axum::serve(listener, router(workshop, at)).into_future();
    let (warn, interrupted) = oneshot::channel();
    stage::at_first_interrupt(move || {
        // Where nobody waits for it, the workshop is about to end anyway.
        let _ = warn.send(());
    });
    tokio::select! {
        result = served => result?,
        _ = interrupted => println!("\nthe workshop is closed"),
    }
    Ok(())
}

/// Every route of the workshop; all are guarded.
fn router(workshop: Arc<Workshop>, at: SocketAddr) -> Router {
    Router::new()
        .route("/lab", post(lab::start))
        .route("/lab/raw", post(lab::send_raw))
        .route("/check", post(check::start))
        .route("/reload", get(library::reload))
        .fallback(page)
        .with_state(workshop)
        .layer(middleware::from_fn_with_state(at.port(), guard::admit))
}

/// An answer that goes on for as long as there is something to tell, and the page stays.
fn streamed(kind: &'static str, pieces: impl Stream<Item = Bytes> + Send + 'static) -> Response {
    let pieces = pieces.map(Ok::<_, Infallible>);
    ([(header::CONTENT_TYPE, kind)], Body::from_stream(pieces)).into_response()
}

async fn page(State(workshop): State<Arc<Workshop>>, request: Request) -> Response {
    let shelf = workshop.books.shelf();
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

/// A listener on loopback: on `port`, or on one of the twenty after it.
fn listen(port: u16) -> Result<TcpListener> {
    let last = port.saturating_add(20);
    for port in port..=last {
        match TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))) {
            Ok(listener) => return Ok(listener),
            // Taken by another program, or kept by the system for itself.
            Err(error)
                if matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied) => {}
            Err(error) => return Err(error).context(format!("cannot listen on port {port}")),
        }
    }
    bail!("the ports {port} to {last} are all taken: choose another with --port")
}
