//! A tap: it stands between any client and any server and reports what passes.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Builder};
use std::time::Duration;

use ch00_wire::{Closing, Recorder, Side};

use crate::client::{Client, Trouble};

/// Joins clients to one server, and records what crosses; clones share its connections.
#[derive(Clone)]
pub struct Relay(Arc<Joined>);

struct Joined {
    to: SocketAddr,
    recorder: Recorder,
    closed: AtomicBool,
    /// Both streams of each open connection, by the client's number.
    open: Mutex<HashMap<usize, [TcpStream; 2]>>,
}

impl Relay {
    /// Joins to the server at `to`.
    pub fn new(to: SocketAddr, recorder: Recorder) -> Relay {
        let open = Mutex::default();
        Relay(Arc::new(Joined { to, recorder, closed: AtomicBool::new(false), open }))
    }

    /// Carries both directions of one connection until both have ended. `first` is what was read from the
    /// client already.
    pub fn join(&self, client: &TcpStream, first: &[u8]) {
        let Joined { to, recorder, .. } = &*self.0;
        let number = recorder.new_client();
        let joined = TcpStream::connect(to).and_then(|server| Ok((pair(client, &server)?, server)));
        let (pair, server) = match joined {
            Ok(joined) => joined,
            Err(error) => {
                recorder.line(&no_server(*to, &error));
                recorder.closed(number, Side::Server, Closing::Reset);
                return recorder.forget(number);
            }
        };
        self.open().insert(number, pair);
        if self.is_closed() {
            return drop(self.open().remove(&number));
        }
        thread::scope(|scope| {
            let there = || carry(first, client, &server, Side::Client, number, recorder);
            match Builder::new().spawn_scoped(scope, there) {
                Ok(_) => carry(&[], &server, client, Side::Server, number, recorder),
                // Both connections end with this.
                Err(error) => recorder.line(&no_server(*to, &error)),
            }
        });
        self.open().remove(&number);
        recorder.forget(number);
    }

    /// A scripted client of the same server, recorded with the others.
    ///
    /// # Errors
    ///
    /// Nobody listens there.
    pub fn client(&self, patience: Duration) -> Result<Client, Trouble> {
        Client::connect(self.0.to, &self.0.recorder, patience)
    }

    /// Ends all connections, and joins no more.
    pub fn close(&self) {
        self.0.closed.store(true, Ordering::SeqCst);
        for (_, [client, server]) in self.open().drain() {
            let _ = client.shutdown(Shutdown::Both);
            let _ = server.shutdown(Shutdown::Both);
        }
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.0.closed.load(Ordering::SeqCst)
    }

    fn open(&self) -> MutexGuard<'_, HashMap<usize, [TcpStream; 2]>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A listening tap: a relay for whoever connects. It stops listening, and ends its connections, when this is
/// dropped.
pub struct Tap {
    address: SocketAddr,
    relay: Relay,
}

impl Tap {
    /// Listens, and joins each client that comes to the server at `to`.
    ///
    /// # Errors
    ///
    /// The system has no thread for it.
    pub fn open(listener: TcpListener, to: SocketAddr, recorder: Recorder) -> io::Result<Tap> {
        let tap = Tap { address: listener.local_addr()?, relay: Relay::new(to, recorder) };
        let relay = tap.relay.clone();
        let take = move || {
            let mut is_full = false;
            for client in listener.incoming() {
                if relay.is_closed() {
                    return;
                }
                let shared = relay.clone();
                let taken = client
                    .and_then(|client| Builder::new().spawn(move || shared.join(&client, &[])));
                if let Err(error) = &taken {
                    // Out of files or of threads, most likely: others have to end first. Said once.
                    if !is_full {
                        let recorder = &relay.0.recorder;
                        recorder
                            .line(&format!("(the tap can take no more clients for now: {error})"));
                    }
                    thread::sleep(Duration::from_millis(10));
                }
                is_full = taken.is_err();
            }
        };
        Builder::new().spawn(take)?;
        Ok(tap)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.relay.close();
        // Wakes the thread that waits for clients.
        let _ = TcpStream::connect(self.address);
    }
}

/// Why a client was not joined to the server: there is none, or this machine has reached a limit of its own.
fn no_server(to: SocketAddr, error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused
        | ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::TimedOut => format!("(the tap could not reach a server at {to})"),
        _ => format!("(the tap could not join this client to {to}: {error})"),
    }
}

/// Handles on both streams, with which to end them; nothing waits for a full packet on either.
fn pair(client: &TcpStream, server: &TcpStream) -> io::Result<[TcpStream; 2]> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    Ok([client.try_clone()?, server.try_clone()?])
}

fn carry(
    first: &[u8],
    from: &TcpStream,
    mut to: &TcpStream,
    side: Side,
    number: usize,
    recorder: &Recorder,
) {
    let mut bytes = first.chain(from);
    let mut buffer = [0; 16 * 1024];
    let how = loop {
        match bytes.read(&mut buffer) {
            Ok(0) => break Closing::Closed,
            Ok(count) => {
                recorder.bytes(number, side, &buffer[..count]);
                if to.write_all(&buffer[..count]).is_err() {
                    break Closing::Reset;
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => break Closing::Reset,
        }
    };
    recorder.closed(number, side, how);
    // An end in one direction is an end in one direction; a reset ends both.
    let both = if how == Closing::Closed { Shutdown::Write } else { Shutdown::Both };
    let _ = to.shutdown(both);
    if how == Closing::Reset {
        let _ = from.shutdown(Shutdown::Both);
    }
}
