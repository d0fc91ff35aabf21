//! The loop: it knows sockets, who is ready, and who is slow; and nothing of frames.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind, Read};
use std::mem;
use std::time::Duration;

use ch01_listen::{READ_SIZE, Socket, show};
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use crate::clients::{Clients, Link};

// ANCHOR: service
/// A client's number. The first one is 1, and no number comes twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(pub usize);

/// What a loop is for: it is told what happens, and says what to send, into `S`.
pub trait Service<S> {
    /// A client has connected.
    fn connected(&mut self, client: ClientId, sink: &mut S);

    /// A client has sent these bytes.
    fn received(&mut self, client: ClientId, bytes: &mut [u8], sink: &mut S);

    /// A client is gone: its connection is closed, or is lost with an error. Told once of each client,
    /// and nothing that is sent to it now arrives.
    fn left(&mut self, client: ClientId, why: io::Result<()>, sink: &mut S);
}

/// Where a service puts bytes. They leave at the end of the turn.
pub trait Sink {
    /// Sends what `write` writes, once, to each of these clients that is there.
    fn fill(&mut self, to: &[ClientId], write: impl FnOnce(&mut Vec<u8>));

    /// Closes a connection, when what was put here for it has been sent.
    fn close(&mut self, client: ClientId);
}
// ANCHOR_END: service

// ANCHOR: loop
/// The listening socket's number. No client has it.
const LISTENER: ClientId = ClientId(0);

/// How long the loop waits before it tries to accept a client again, after that has failed.
const PAUSE: Duration = Duration::from_millis(100);

struct EventLoop {
    poll: Poll,
    listener: TcpListener,
    /// Accepting has failed, so there may be somebody who waits.
    crowded: bool,
    clients: Clients,
    /// The number of the client that connected last.
    last: usize,
    /// Those whose last read brought something: there may be more.
    unfinished: BTreeSet<ClientId>,
    /// The one receive buffer. Between two reads nobody owns it.
    buffer: [u8; READ_SIZE],
}

/// Turns for ever, and lets `service` say what to do. Panics if the system does not let it wait for
/// clients.
pub fn each_turn(listener: &Socket, mut service: impl Service<Clients>) -> ! {
    let mut events = Events::with_capacity(1024);
    let mut event_loop = EventLoop::new(listener).expect("the system watches a socket");
    loop {
        event_loop.turn(&mut events, &mut service);
    }
}

impl EventLoop {
    fn new(listener: &Socket) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let mut listener = TcpListener::from_std(listener.try_clone()?.into());
        let poll = Poll::new()?;
        poll.registry().register(&mut listener, Token(LISTENER.0), Interest::READABLE)?;
        let (clients, unfinished, buffer) = (Clients::default(), BTreeSet::new(), [0; READ_SIZE]);
        Ok(EventLoop { poll, listener, crowded: false, clients, last: 0, unfinished, buffer })
    }
    // ANCHOR_END: loop

    // ANCHOR: turn
    /// Waits until somebody is ready, and then does one read for each who is, and one write.
    fn turn(&mut self, events: &mut Events, service: &mut impl Service<Clients>) {
        // YOURS: Who is accepted, read and written to in one turn, in which order?
        let pause = self.crowded.then_some(PAUSE);
        let patience = if self.unfinished.is_empty() { pause } else { Some(Duration::ZERO) };
        if let Err(error) = self.poll.poll(events, patience) {
            assert_eq!(error.kind(), ErrorKind::Interrupted, "the system says who is ready");
        }
        let mut ready = mem::take(&mut self.unfinished);
        ready.extend(events.iter().map(|event| ClientId(event.token().0)));
        if self.crowded || ready.first() == Some(&LISTENER) {
            self.accept(service);
        }
        // A client may be ready for a write: what could not be sent before is tried again.
        self.clients.touched.extend(&ready);
        ready.into_iter().for_each(|client| self.read(client, service));
        self.write(service);
        // YOURS_END
    }
    // ANCHOR_END: turn

    // ANCHOR: accept
    /// Accepts everybody who waits. A failure is shown once, and not again before it is over.
    fn accept(&mut self, service: &mut impl Service<Clients>) {
        // YOURS: How many wait, and what if one cannot be accepted?
        loop {
            match self.listener.accept().and_then(|(socket, _address)| self.add(socket)) {
                Ok(client) => service.connected(client, &mut self.clients),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break self.crowded = false,
                Err(_) if mem::replace(&mut self.crowded, true) => break,
                Err(error) => break show(format!("a client could not be accepted: {error}")),
            }
        }
        // YOURS_END
    }

    fn add(&mut self, mut socket: TcpStream) -> io::Result<ClientId> {
        // What a turn has for a client is one write: there is nothing to collect it with.
        socket.set_nodelay(true)?;
        self.last += 1;
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut socket, Token(self.last), interest)?;
        let link = Link { socket, unsent: Vec::new(), closing: false, silent: false };
        self.clients.links.insert(ClientId(self.last), link);
        Ok(ClientId(self.last))
    }
    // ANCHOR_END: accept

    // ANCHOR: read
    /// One read, so that nobody who sends without end keeps the others waiting.
    fn read(&mut self, client: ClientId, service: &mut impl Service<Clients>) {
        // YOURS: What do 0 bytes, some bytes, WouldBlock and an error mean?
        let Some(link) = self.clients.links.get_mut(&client) else { return };
        let result = link.socket.read(&mut self.buffer);
        link.silent |= matches!(result, Ok(0));
        match result {
            Ok(0) => self.clients.close(client),
            Ok(count) => {
                self.unfinished.insert(client);
                if !link.closing {
                    service.received(client, &mut self.buffer[..count], &mut self.clients);
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => self.clients.let_go(client, Err(error)),
        }
        // YOURS_END
    }
    // ANCHOR_END: read

    // ANCHOR: write
    /// Sends everybody what this turn has for them, and tells the service who is gone. It may have
    /// something to say to the others about that, so the lists can grow while they shrink.
    fn write(&mut self, service: &mut impl Service<Clients>) {
        // YOURS: Who is to be sent something, and who is gone?
        loop {
            while let Some(client) = self.clients.touched.pop() {
                self.clients.flush(client);
            }
            let Some((client, why)) = self.clients.gone.pop() else { return };
            service.left(client, why, &mut self.clients);
        }
        // YOURS_END
    }
}
// ANCHOR_END: write
