//! The loop: it knows sockets, who is ready, and who is slow; and nothing of frames.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind, Read};
use std::mem;
use std::time::Duration;

use ch01_listen::{READ_SIZE, Socket, show};
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use crate::clients::Link;
use crate::{ClientId, Clients, Service, Sink};

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
// ANCHOR_END: loop

// ANCHOR: each_turn
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
    // ANCHOR_END: each_turn

    // ANCHOR: turn
    /// Waits until somebody is ready, and then does one read for each who is, and one write.
    fn turn(&mut self, events: &mut Events, service: &mut impl Service<Clients>) {
        // YOURS: Who is accepted, read and written to in one turn, in which order?
        let pause = self.crowded.then_some(PAUSE);
        let patience = if self.unfinished.is_empty() { pause } else { Some(Duration::ZERO) };
        let polled = self.poll.poll(events, patience).map_err(|error| error.kind());
        assert!(matches!(polled, Ok(()) | Err(ErrorKind::Interrupted)), "who is ready? {polled:?}");
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
        let link = Link { socket, unsent: Vec::new(), closing: false, told: false, silent: false };
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
