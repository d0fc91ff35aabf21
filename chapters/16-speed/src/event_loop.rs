//! The loop: one read for all that a client has sent, one write for all that it is to be sent.

use std::io::{self, ErrorKind, Read};
use std::mem;
use std::net::TcpStream;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use ch06_select::ClientId;
use ch15_pressure::{Lively, Mailbox, Patience};
use mio::{Events, Interest, Poll, Token};

use crate::lines::{Line, Lines};

// ANCHOR: loop
/// No client has it.
const LETTERS: Token = Token(usize::MAX);

/// How much one read may bring: all that a client has sent, mostly.
const READ_SIZE: usize = 256 * 1024;

/// A loop for services of which other threads may send `M` to, and clients.
pub struct EventLoop<M> {
    poll: Poll,
    lines: Lines,
    mailbox: Mailbox<M>,
    letters: Receiver<M>,
    door: Sender<TcpStream>,
    newcomers: Receiver<TcpStream>,
    last: usize,
    /// Those that may have sent more than one read took.
    unfinished: Vec<ClientId>,
    buffer: Vec<u8>,
}

/// Where a loop's clients come in.
pub struct Door<M>(Sender<TcpStream>, Mailbox<M>);

impl<M> Door<M> {
    /// Hands a client over.
    pub fn enter(&self, client: TcpStream) {
        // A loop that has ended takes no clients, and the connection is closed.
        let _ = self.0.send(client);
        self.1.wake();
    }
}
// ANCHOR_END: loop

// ANCHOR: new
impl<M: Send + 'static> EventLoop<M> {
    /// A loop without clients.
    pub fn new(patience: Patience) -> io::Result<Self> {
        let poll = Poll::new()?;
        let (mailbox, letters) = Mailbox::new(poll.registry(), LETTERS)?;
        let (door, newcomers) = mpsc::channel();
        let (lines, buffer) = (Lines::new(patience), vec![0; READ_SIZE]);
        let (last, unfinished) = (0, Vec::new());
        Ok(EventLoop { poll, lines, mailbox, letters, door, newcomers, last, unfinished, buffer })
    }

    /// Where other threads put letters for the service.
    pub fn mailbox(&self) -> Mailbox<M> {
        self.mailbox.clone()
    }

    /// Where other threads hand over clients.
    pub fn door(&self) -> Door<M> {
        Door(self.door.clone(), self.mailbox())
    }
    // ANCHOR_END: new

    // ANCHOR: run
    /// Turns until the service has stopped it and the last client has left.
    pub fn run(mut self, mut service: impl Lively<Lines, Mail = M>) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        let mut next = None;
        while !self.lines.done() {
            next = self.turn(&mut events, next, &mut service)?;
        }
        Ok(())
    }

    fn turn(
        &mut self,
        events: &mut Events,
        next: Option<Instant>,
        service: &mut impl Lively<Lines, Mail = M>,
    ) -> io::Result<Option<Instant>> {
        // YOURS: Who is read from, and who is not asked a second time?
        match self.poll.poll(events, self.patience(next)) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
            _ => self.lines.now = Instant::now(),
        }
        self.mailbox.wakes();
        while let Ok(socket) = self.newcomers.try_recv() {
            self.welcome(socket, service);
        }
        self.letters.try_iter().for_each(|letter| service.mail(letter, &mut self.lines));
        let mut unfinished = mem::take(&mut self.unfinished);
        unfinished.append(&mut self.lines.resumed);
        unfinished.into_iter().for_each(|client| self.read(client, true, service));
        for event in &*events {
            let client = ClientId(event.token().0);
            if event.is_writable() {
                self.lines.catch_up(client);
            }
            if event.is_readable() || event.is_read_closed() || event.is_error() {
                self.read(client, event.is_read_closed(), service);
            }
        }
        let due = service.tick(&mut self.lines);
        self.lines.look_after();
        self.write(service);
        Ok([due, self.lines.next()].into_iter().flatten().min())
        // YOURS_END
    }
    // ANCHOR_END: run

    // ANCHOR: welcome
    fn patience(&self, next: Option<Instant>) -> Option<Duration> {
        if !self.unfinished.is_empty() || !self.lines.resumed.is_empty() {
            return Some(Duration::ZERO);
        }
        next.map(|at| at.saturating_duration_since(self.lines.now))
    }

    fn welcome(&mut self, socket: TcpStream, service: &mut impl Lively<Lines>) {
        let mut socket = mio::net::TcpStream::from_std(socket);
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.last += 1;
        if self.poll.registry().register(&mut socket, Token(self.last), interest).is_ok() {
            self.lines.table.insert(ClientId(self.last), Line::new(socket));
            service.connected(ClientId(self.last), &mut self.lines);
        }
    }

    // ANCHOR_END: welcome

    // ANCHOR: read
    /// One read. `more`: the system may not tell us again that there is something to read.
    fn read(&mut self, client: ClientId, more: bool, service: &mut impl Lively<Lines>) {
        let Some(line) = self.lines.table.get_mut(client).filter(|line| !line.is_paused()) else {
            return;
        };
        // YOURS: When may there be more?
        match line.socket.read(&mut self.buffer) {
            Ok(0) => self.lines.hang_up(client),
            Ok(count) => {
                // Windows tells us only after a read that brings nothing.
                if more || count == READ_SIZE || cfg!(windows) {
                    self.unfinished.push(client);
                }
                if !line.is_closing() {
                    service.received(client, &mut self.buffer[..count], &mut self.lines);
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => self.lines.let_go(client, Err(error)),
        }
        // YOURS_END
    }

    fn write(&mut self, service: &mut impl Lively<Lines>) {
        loop {
            self.lines.flush();
            let Some((client, why)) = self.lines.gone.pop() else { return };
            service.left(client, why, &mut self.lines);
        }
    }
}
// ANCHOR_END: read
