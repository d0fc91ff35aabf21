//! What the peers share: how they are told what to do, and the echo and the room for those that are streams and sinks.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use futures_util::{FutureExt, Sink, SinkExt, Stream, StreamExt};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Where to listen: on the port of the variable `PORT`.
pub fn address() -> SocketAddr {
    let port = variable("PORT").and_then(|port| port.parse().ok()).unwrap_or(4000);
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// Whether the variable `APP` asks for a room.
pub fn is_room() -> bool {
    variable("APP").as_deref() == Some("room")
}

/// A client's socket, and TLS over it if the variables `CERTIFICATE` and `KEY` name files.
pub type Wire = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// The certificate that a server shows, and its key, if it is to speak over TLS.
pub fn secret() -> Option<Arc<ServerConfig>> {
    let certificate = CertificateDer::from_pem_file(variable("CERTIFICATE")?).expect("a file");
    let key = PrivateKeyDer::from_pem_file(variable("KEY")?).expect("a file");
    let config = ServerConfig::builder().with_no_client_auth();
    Some(Arc::new(config.with_single_cert(vec![certificate], key).expect("a certificate")))
}

async fn open(socket: TcpStream, secret: Option<TlsAcceptor>) -> Option<Wire> {
    let Some(secret) = secret else { return Some(Either::Left(socket)) };
    // Boxed, so that a task without TLS does not carry what a handshake needs.
    let accepted = Box::pin(secret.accept(socket)).await;
    accepted.ok().map(|socket| Either::Right(Box::new(socket)))
}

/// Runs on as many threads as the variable `LOOPS` says, and has a task of its own for each client.
pub fn serve<Task, Served>(task: Task)
where
    Task: Fn(Wire, SocketAddr) -> Served + Clone + Send + 'static,
    Served: Future<Output = ()> + Send + 'static,
{
    let secret = secret().map(TlsAcceptor::from);
    let threads = variable("LOOPS").and_then(|loops| loops.parse().ok()).unwrap_or(1);
    let mut builder = match threads {
        1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = builder.worker_threads(threads).enable_all().build().expect("a runtime");
    runtime.block_on(async move {
        let listener = TcpListener::bind(address()).await.expect("a port that is free");
        loop {
            let Ok((socket, address)) = listener.accept().await else { continue };
            let _ = socket.set_nodelay(true);
            let (task, secret) = (task.clone(), secret.clone());
            tokio::spawn(async move {
                if let Some(wire) = open(socket, secret).await {
                    task(wire, address).await;
                }
            });
        }
    });
}

/// Answers the one request of a connection with hyper, for those that want it so.
pub async fn upgrade(
    stream: Wire,
    answer: impl Fn(&mut Request<Incoming>) -> Option<Response<Empty<Bytes>>>,
) {
    let service = service_fn(|mut request| {
        let answer = answer(&mut request);
        async { answer.ok_or("this is not an opening handshake") }
    });
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let _ = served.with_upgrades().await;
}

/// How many messages are answered together at the most.
const BATCH: usize = 64;

/// Takes all messages that are there, and then sends all of them back: some write out what they have when they read.
pub async fn echo<S, M, E, F>(mut socket: S, is_data: fn(&M) -> bool)
where
    S: Stream<Item = Result<M, E>> + Sink<M, Error = F> + Unpin,
{
    let mut batch = Vec::new();
    while let Some(Ok(first)) = socket.next().await {
        batch.push(first);
        let mut ended = false;
        while batch.len() < BATCH && !ended {
            match socket.next().now_or_never() {
                Some(Some(Ok(message))) => batch.push(message),
                Some(_) => ended = true,
                None => break,
            }
        }
        for message in batch.drain(..).filter(is_data) {
            if socket.feed(message).await.is_err() {
                return;
            }
        }
        if ended || socket.flush().await.is_err() {
            return;
        }
    }
}

/// Everybody in a room, and where messages for each are put.
pub struct Room<K, M>(Arc<Mutex<HashMap<K, UnboundedSender<M>>>>);

impl<K, M> Clone for Room<K, M> {
    fn clone(&self) -> Self {
        Room(Arc::clone(&self.0))
    }
}

impl<K, M> Default for Room<K, M> {
    fn default() -> Self {
        Room(Arc::default())
    }
}

impl<K: Eq + Hash, M: Clone> Room<K, M> {
    pub fn join(&self, member: K) -> UnboundedReceiver<M> {
        let (sender, messages) = unbounded_channel();
        self.0.lock().expect("a room").insert(member, sender);
        messages
    }

    pub fn say(&self, message: &M) {
        for member in self.0.lock().expect("a room").values() {
            let _ = member.send(message.clone());
        }
    }

    pub fn leave(&self, member: &K) {
        self.0.lock().expect("a room").remove(member);
    }
}

/// A member of a room: one half says what comes, the other one sends what is said, all that is there at once.
pub async fn member<S, M, E, F>(
    room: Room<SocketAddr, M>,
    address: SocketAddr,
    socket: S,
    is_data: fn(&M) -> bool,
) where
    S: Stream<Item = Result<M, E>> + Sink<M, Error = F>,
    M: Clone,
{
    let mut messages = room.join(address);
    let (mut sink, mut stream) = socket.split();
    let speak = async {
        while let Some(Ok(message)) = stream.next().await {
            if is_data(&message) {
                room.say(&message);
            }
        }
    };
    let hear = async {
        while let Some(message) = messages.recv().await {
            let mut next = Some(message);
            while let Some(message) = next {
                if sink.feed(message).await.is_err() {
                    return;
                }
                next = messages.try_recv().ok();
            }
            if sink.flush().await.is_err() {
                return;
            }
        }
    };
    futures_util::future::select(std::pin::pin!(speak), std::pin::pin!(hear)).await;
    room.leave(&address);
}
