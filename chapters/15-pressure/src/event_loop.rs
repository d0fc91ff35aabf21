//! The loop of chapter 06, with a clock, letters and an end.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind, Read};
use std::mem;
use std::net::SocketAddr;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use ch01_listen::{READ_SIZE, Socket};
use ch06_select::{ClientId, Sink};
use log::warn;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use crate::{Links, Lively, Mailbox, Patience};

// ANCHOR: loop
const LISTENER: ClientId = ClientId(0);
const LETTERS: ClientId = ClientId(usize::MAX);

/// How long the loop waits before it tries to accept a client again, after that has failed.
const PAUSE: Duration = Duration::from_millis(100);

/// How long it says nothing more about that.
const COMPLAINTS: Duration = Duration::from_secs(60);

/// A loop for services that other threads may send `M` to.
pub struct EventLoop<M> {
    poll: Poll,
    listener: TcpListener,
    crowded: bool,
    complained: Option<Instant>,
    links: Links,
    last: usize,
    unfinished: BTreeSet<ClientId>,
    mailbox: Mailbox<M>,
    letters: Receiver<M>,
    buffer: [u8; READ_SIZE],
}
// ANCHOR_END: loop

// ANCHOR: new
impl<M: Send + 'static> EventLoop<M> {
    /// A loop for those who connect to `listener`.
    pub fn new(listener: &Socket, patience: Patience) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let mut listener = TcpListener::from_std(listener.try_clone()?.into());
        let poll = Poll::new()?;
        poll.registry().register(&mut listener, Token(LISTENER.0), Interest::READABLE)?;
        let (mailbox, letters) = Mailbox::new(poll.registry(), Token(LETTERS.0))?;
        let (links, unfinished, buffer) = (Links::new(patience), BTreeSet::new(), [0; READ_SIZE]);
        Ok(EventLoop {
            poll,
            listener,
            crowded: false,
            complained: None,
            links,
            last: 0,
            unfinished,
            mailbox,
            letters,
            buffer,
        })
    }

    /// Where other threads put letters for the service.
    pub fn mailbox(&self) -> Mailbox<M> {
        self.mailbox.clone()
    }
    // ANCHOR_END: new

    // ANCHOR: run
    /// Turns until the service has stopped it, and everybody has left.
    pub fn run(mut self, mut service: impl Lively<Links, Mail = M>) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        let mut next = None;
        while !self.links.done() {
            next = self.turn(&mut events, next, &mut service)?;
        }
        Ok(())
    }

    /// Waits until somebody is ready, or something is due. Says when the next thing will be.
    fn turn(
        &mut self,
        events: &mut Events,
        next: Option<Instant>,
        service: &mut impl Lively<Links, Mail = M>,
    ) -> io::Result<Option<Instant>> {
        // YOURS: What belongs into a turn beside reading and writing, and in which order?
        match self.poll.poll(events, self.patience(next)) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
            _ => self.links.now = Instant::now(),
        }
        let mut ready = mem::take(&mut self.unfinished);
        ready.extend(self.links.resumed.drain(..));
        ready.extend(events.iter().map(|event| ClientId(event.token().0)));
        if self.crowded || ready.first() == Some(&LISTENER) {
            self.accept(service);
        }
        self.mailbox.wakes();
        self.letters.try_iter().for_each(|letter| service.mail(letter, &mut self.links));
        self.links.touched.extend(&ready);
        ready.into_iter().for_each(|client| self.read(client, service));
        let due = service.tick(&mut self.links);
        self.links.look_after();
        self.write(service);
        Ok([due, self.links.next()].into_iter().flatten().min())
        // YOURS_END
    }

    /// How long to wait for somebody to be ready.
    fn patience(&self, next: Option<Instant>) -> Option<Duration> {
        if !self.unfinished.is_empty() || !self.links.resumed.is_empty() {
            return Some(Duration::ZERO);
        }
        let next = next.map(|at| at.saturating_duration_since(Instant::now()));
        [next, self.crowded.then_some(PAUSE)].into_iter().flatten().min()
    }
    // ANCHOR_END: run

    // ANCHOR: accept
    fn accept(&mut self, service: &mut impl Lively<Links>) {
        loop {
            match self.listener.accept().and_then(|(socket, address)| self.add(socket, address)) {
                Ok(client) => service.connected(client, &mut self.links),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break self.crowded = false,
                Err(error) => break self.complain(&error),
            }
        }
    }

    /// At the limit, a place may get free and be taken many times a second: one line a minute is enough.
    fn complain(&mut self, error: &io::Error) {
        self.crowded = true;
        if self.complained.is_none_or(|at| at + COMPLAINTS <= self.links.now) {
            self.complained = Some(self.links.now);
            warn!("a client could not be accepted: {error}");
        }
    }

    fn add(&mut self, mut socket: TcpStream, address: SocketAddr) -> io::Result<ClientId> {
        socket.set_nodelay(true)?;
        self.last += 1;
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut socket, Token(self.last), interest)?;
        self.links.add(ClientId(self.last), socket, address);
        Ok(ClientId(self.last))
    }
    // ANCHOR_END: accept

    // ANCHOR: read
    /// As in chapter 06, but a client that is paused is not read from.
    fn read(&mut self, client: ClientId, service: &mut impl Lively<Links>) {
        let Some(link) = self.links.links.get_mut(&client).filter(|link| !link.paused) else {
            return;
        };
        let result = link.socket.read(&mut self.buffer);
        link.silent |= matches!(result, Ok(0));
        match result {
            Ok(0) => self.links.close(client),
            Ok(count) => {
                self.unfinished.insert(client);
                if !link.closing {
                    service.received(client, &mut self.buffer[..count], &mut self.links);
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => self.links.let_go(client, Err(error)),
        }
    }

    fn write(&mut self, service: &mut impl Lively<Links>) {
        loop {
            while let Some(client) = self.links.touched.pop() {
                self.links.flush(client);
            }
            let Some((client, why)) = self.links.gone.pop() else { return };
            service.left(client, why, &mut self.links);
        }
    }
}
// ANCHOR_END: read
