//! A tap: it stands between any client and any server and reports what passes.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, Builder};
use std::time::Duration;

use ch00_wire::{Closing, Recorder, Side};

/// A listening tap. It stops listening, and ends its connections, when this is dropped.
pub struct Tap {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
    open: Arc<Open>,
}

/// Both streams of each open connection, by the client's number.
type Open = Mutex<HashMap<usize, [TcpStream; 2]>>;

impl Tap {
    /// Listens, and joins each client that comes to the server at `to`.
    ///
    /// # Errors
    ///
    /// The system has no thread for it.
    pub fn open(listener: TcpListener, to: SocketAddr, recorder: Recorder) -> io::Result<Tap> {
        let tap =
            Tap { address: listener.local_addr()?, stopped: Arc::default(), open: Arc::default() };
        let (stopped, open) = (tap.stopped.clone(), tap.open.clone());
        let take = move || {
            let mut is_full = false;
            for client in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (shared, open) = (recorder.clone(), open.clone());
                let stopped = stopped.clone();
                let taken = client.and_then(|client| {
                    Builder::new().spawn(move || join(client, to, &shared, &open, &stopped))
                });
                if let Err(error) = &taken {
                    // Out of files or of threads, most likely: others have to end first. Said once.
                    if !is_full {
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
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for clients.
        let _ = TcpStream::connect(self.address);
        for (_, [client, server]) in lock(&self.open).drain() {
            let _ = client.shutdown(Shutdown::Both);
            let _ = server.shutdown(Shutdown::Both);
        }
    }
}

fn lock(open: &Open) -> MutexGuard<'_, HashMap<usize, [TcpStream; 2]>> {
    open.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Carries both directions of one connection until both have ended.
fn join(client: TcpStream, to: SocketAddr, recorder: &Recorder, open: &Open, stopped: &AtomicBool) {
    let number = recorder.new_client();
    let joined = TcpStream::connect(to).and_then(|server| Ok((pair(&client, &server)?, server)));
    let (pair, server) = match joined {
        Ok(joined) => joined,
        Err(error) => {
            recorder.line(&no_server(to, &error));
            recorder.closed(number, Side::Server, Closing::Reset);
            return recorder.forget(number);
        }
    };
    lock(open).insert(number, pair);
    if stopped.load(Ordering::SeqCst) {
        return drop(lock(open).remove(&number));
    }
    thread::scope(|scope| {
        let there = || carry(&client, &server, Side::Client, number, recorder);
        match Builder::new().spawn_scoped(scope, there) {
            Ok(_) => carry(&server, &client, Side::Server, number, recorder),
            // Both connections end with this.
            Err(error) => recorder.line(&no_server(to, &error)),
        }
    });
    lock(open).remove(&number);
    recorder.forget(number);
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

fn carry(mut from: &TcpStream, mut to: &TcpStream, side: Side, number: usize, recorder: &Recorder) {
    let mut buffer = [0; 16 * 1024];
    let how = loop {
        match from.read(&mut buffer) {
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
