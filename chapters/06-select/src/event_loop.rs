//! The loop: it knows sockets, who is ready, and who is slow; and nothing of frames.

use std::convert::Infallible;
use std::io::{self, ErrorKind, Read};
use std::mem;
use std::net::TcpListener as StdListener;
use std::process;
use std::time::Duration;

use ch01_listen::{READ_SIZE, Socket};
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use crate::clients::Gone;
use crate::{ClientId, Clients, End};

// ANCHOR: service
/// What the loop is for: it is told what happens, and says what to send.
pub trait Service {
    /// A client has connected.
    fn connected(&mut self, client: ClientId);

    /// A client has sent these bytes. An error ends its connection, once what it is owed is sent.
    fn received(
        &mut self,
        client: ClientId,
        bytes: &mut [u8],
        clients: &mut Clients,
    ) -> Result<(), End>;

    /// A client is gone. Told once of each, and nothing that is sent to it now arrives.
    fn left(&mut self, client: ClientId, clients: &mut Clients);
}
// ANCHOR_END: service

// ANCHOR: loop
/// The listening socket's token. A client's is its number.
const LISTENER: Token = Token(0);

/// How long the loop waits before it tries to accept a client again, after that has failed.
const PAUSE: Duration = Duration::from_millis(100);

struct EventLoop {
    poll: Poll,
    events: Events,
    listener: TcpListener,
    /// Accepting has failed, so there may be somebody who waits.
    crowded: bool,
    clients: Clients,
    /// The number of the client that connected last.
    last: usize,
    /// Those whose last read brought something: there may be more.
    unfinished: Vec<ClientId>,
    /// The one receive buffer. Between two reads nobody owns it.
    buffer: [u8; READ_SIZE],
}

impl EventLoop {
    fn new(listener: &Socket) -> io::Result<Self> {
        let listener = StdListener::from(listener.try_clone()?);
        listener.set_nonblocking(true)?;
        let mut listener = TcpListener::from_std(listener);
        let poll = Poll::new()?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(EventLoop {
            poll,
            events: Events::with_capacity(1024),
            listener,
            crowded: false,
            clients: Clients::default(),
            last: 0,
            unfinished: Vec::new(),
            buffer: [0; READ_SIZE],
        })
    }
}
// ANCHOR_END: loop

// ANCHOR: turn
impl EventLoop {
    /// Waits until somebody is ready, and then does one read for each who is, and one write.
    fn turn(&mut self, service: &mut impl Service) -> io::Result<()> {
        // YOURS: Who is accepted, read and written to in one turn, in which order?
        self.wait()?;
        let mut ready = mem::take(&mut self.unfinished);
        let mut somebody_waits = self.crowded;
        for event in &self.events {
            match event.token() {
                LISTENER => somebody_waits = true,
                Token(number) => ready.push(ClientId(number)),
            }
        }
        if somebody_waits {
            self.accept(service);
        }
        ready.sort_unstable();
        ready.dedup();
        // Whoever is ready may be so for a write: what could not be sent before is tried again.
        self.clients.touched.extend(&ready);
        ready.into_iter().for_each(|client| self.read(client, service));
        self.write(service);
        Ok(())
        // YOURS_END
    }

    /// Waits for events; not at all where there is something to do already.
    fn wait(&mut self) -> io::Result<()> {
        let patience = match (self.unfinished.is_empty(), self.crowded) {
            (false, _) => Some(Duration::ZERO),
            (true, true) => Some(PAUSE),
            (true, false) => None,
        };
        match self.poll.poll(&mut self.events, patience) {
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            result => result,
        }
    }
}
// ANCHOR_END: turn

// ANCHOR: accept
impl EventLoop {
    /// Accepts everybody who waits.
    fn accept(&mut self, service: &mut impl Service) {
        // YOURS: How many wait, and what if one cannot be accepted?
        self.crowded = false;
        loop {
            match self.listener.accept().and_then(|(socket, _address)| self.add(socket)) {
                Ok(client) => {
                    println!("client {client} connects");
                    service.connected(client);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    println!("a client could not be accepted: {error}");
                    self.crowded = true;
                    return;
                }
            }
        }
        // YOURS_END
    }

    fn add(&mut self, mut socket: TcpStream) -> io::Result<ClientId> {
        // What a turn has for a client is one write: there is nothing to collect it with.
        socket.set_nodelay(true)?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut socket, Token(self.last + 1), interest)?;
        self.last += 1;
        let client = ClientId(self.last);
        self.clients.add(client, socket);
        Ok(client)
    }
}
// ANCHOR_END: accept

// ANCHOR: read
impl EventLoop {
    /// One read, so that nobody who sends without end keeps the others waiting.
    fn read(&mut self, client: ClientId, service: &mut impl Service) {
        // YOURS: What do 0 bytes, some bytes, WouldBlock and an error mean?
        let link = self.clients.links.get_mut(&client).filter(|link| !link.closing);
        let Some(link) = link else { return };
        match link.socket.read(&mut self.buffer) {
            Ok(0) => self.close(client, service),
            Ok(count) => {
                self.unfinished.push(client);
                let bytes = &mut self.buffer[..count];
                if let Err(why) = service.received(client, bytes, &mut self.clients) {
                    println!("client {client}: {why}");
                    self.close(client, service);
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => self.unfinished.push(client),
            Err(error) => self.let_go(client, Gone::Lost(error), service),
        }
        // YOURS_END
    }

    /// Reads nothing more from a client, and lets it go when it has what it is owed.
    fn close(&mut self, client: ClientId, service: &mut impl Service) {
        if let Some(link) = self.clients.links.get_mut(&client) {
            link.closing = true;
            self.clients.touched.push(client);
            println!("client {client}: {}", Gone::Closed);
            service.left(client, &mut self.clients);
        }
    }

    /// Lets a client go as it is.
    fn let_go(&mut self, client: ClientId, why: Gone, service: &mut impl Service) {
        let link = self.clients.links.remove(&client);
        if link.is_some_and(|link| !link.closing) {
            println!("client {client}: {why}");
            service.left(client, &mut self.clients);
        }
    }
}
// ANCHOR_END: read

// ANCHOR: write
impl EventLoop {
    /// Sends everybody what this turn has for them. When one is gone, the others may be told, so the
    /// list can grow while it shrinks.
    fn write(&mut self, service: &mut impl Service) {
        // YOURS: Who is owed something, and who is done?
        while let Some(client) = self.clients.touched.pop() {
            let Some(link) = self.clients.links.get_mut(&client) else { continue };
            match link.flush() {
                Err(why) => self.let_go(client, why, service),
                Ok(()) if link.is_done() => self.let_go(client, Gone::Closed, service),
                Ok(()) => {}
            }
        }
        // YOURS_END
    }
}
// ANCHOR_END: write

// ANCHOR: each_turn
/// Turns for ever, and lets `service` say what to do. Ends the program where the system does not let
/// it wait for clients.
pub fn each_turn(listener: &Socket, mut service: impl Service) -> ! {
    let Err(error) = turns(listener, &mut service);
    eprintln!("the loop cannot go on: {error}");
    process::exit(1)
}

fn turns(listener: &Socket, service: &mut impl Service) -> io::Result<Infallible> {
    let mut event_loop = EventLoop::new(listener)?;
    loop {
        event_loop.turn(service)?;
    }
}
// ANCHOR_END: each_turn
