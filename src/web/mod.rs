//! The workshop in the browser: the book with its labs, on loopback only.

mod guard;
mod lab;
mod library;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tower_http::services::ServeDir;

use library::Library;

/// Builds the book, serves it on the first free port from `port` on, and rebuilds it whenever a
/// source of it changes, until Ctrl-C.
pub fn open(course: PathBuf, port: u16) -> Result<()> {
    let library = Library::open(course)?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the workshop's threads")?;
    runtime.block_on(serve(library, port))?;
    // Labs that still stream would keep their threads, and this program, alive.
    runtime.shutdown_background();
    Ok(())
}

async fn serve(library: Arc<Library>, port: u16) -> Result<()> {
    let listener = listen(port).await?;
    let at = listener.local_addr()?;
    if port != 0 && at.port() != port {
        println!("port {port} is taken, so this is another one");
    }
    println!("the book is open at http://{at} (Ctrl-C closes it)");
    let served = axum::serve(listener, router(library, at)).into_future();
    tokio::select! {
        result = served => result?,
        _ = tokio::signal::ctrl_c() => println!("\nthe workshop is closed"),
    }
    Ok(())
}

/// Every route of the workshop; all are guarded.
fn router(library: Arc<Library>, at: SocketAddr) -> Router {
    Router::new()
        .route("/lab", post(lab::start))
        .route("/lab/raw", post(lab::send_raw))
        .route("/reload", get(library::reload))
        .fallback(page)
        .with_state(library)
        .layer(middleware::from_fn_with_state(at.port(), guard::check))
}

async fn page(State(library): State<Arc<Library>>, request: Request) -> Response {
    match ServeDir::new(library.shelf()).try_call(request).await {
        Ok(response) => response.into_response(),
        Err(error) => {
            (axum::http::StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response()
        }
    }
}

/// A listener on loopback: on `port`, or on one of the twenty after it.
async fn listen(port: u16) -> Result<TcpListener> {
    let last = port.saturating_add(20);
    for port in port..=last {
        match TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await {
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {}
            result => {
                return result.with_context(|| {
                    format!("cannot listen on port {port}: choose another with --port")
                });
            }
        }
    }
    anyhow::bail!("the ports {port} to {last} are all taken: choose another with --port")
}
