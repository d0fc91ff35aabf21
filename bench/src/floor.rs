//! The kernel's floor: a server that only moves bytes. It knows how long a frame is, and answers from a buffer that was made
//! before, so what it costs is what the system costs: wait, read, write.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;

use anyhow::Result;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use crate::mode::{App, Mode};
use crate::script::Script;

const LISTENER: Token = Token(usize::MAX);

/// The answer to every handshake, without its last line: each client has the same key.
const HEAD: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
const EXTENSION: &[u8] = b"Sec-WebSocket-Extensions: permessage-deflate\r\n";

struct Link {
    socket: TcpStream,
    open: bool,
    /// How many bytes have come of it, how many are to be sent to it, and how many are sent.
    came: usize,
    due: usize,
    sent: usize,
}

struct Floor {
    poll: Poll,
    mode: Mode,
    script: Script,
    answers: Vec<u8>,
    links: HashMap<usize, Link>,
    buffer: Vec<u8>,
}

/// Serves for ever.
pub fn serve(port: u16, mode: &Mode) -> Result<()> {
    let script = Script::new(mode)?;
    let mut listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port)))?;
    let poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut floor = Floor {
        poll,
        mode: mode.clone(),
        answers: script.answers()?,
        script,
        links: HashMap::new(),
        buffer: vec![0; 256 * 1024],
    };
    let mut events = Events::with_capacity(1024);
    let mut last = 0;
    loop {
        floor.poll.poll(&mut events, None)?;
        for event in &events {
            if event.token() != LISTENER {
                floor.turn(event.token().0);
                continue;
            }
            while let Ok((socket, _)) = listener.accept() {
                last += 1;
                floor.add(last, socket)?;
            }
        }
    }
}

impl Floor {
    fn add(&mut self, id: usize, mut socket: TcpStream) -> Result<()> {
        socket.set_nodelay(true)?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut socket, Token(id), interest)?;
        self.links.insert(id, Link { socket, open: false, came: 0, due: 0, sent: 0 });
        Ok(())
    }

    fn turn(&mut self, id: usize) {
        loop {
            let Some(link) = self.links.get_mut(&id) else { return };
            let count = match link.socket.read(&mut self.buffer) {
                Ok(0) => return drop(self.links.remove(&id)),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
                Err(_) => return drop(self.links.remove(&id)),
            };
            if count > 0 && !link.open {
                // The head comes in one piece, and nothing behind it before the answer.
                link.open = true;
                let extension = if self.script.compressed { EXTENSION } else { b"" };
                let _ = link.socket.write(&[HEAD, extension, b"\r\n"].concat());
                return;
            }
            link.came += count;
            let due = self.script.answered(link.came, self.mode.app == App::Echo);
            if self.mode.app == App::Echo || count == 0 {
                link.due = link.due.max(due);
                link.send(&self.answers);
            } else {
                for link in self.links.values_mut() {
                    link.due = link.due.max(due);
                    link.send(&self.answers);
                }
            }
            if count < self.buffer.len() {
                return;
            }
        }
    }
}

impl Link {
    /// Sends what the system takes now.
    fn send(&mut self, answers: &[u8]) {
        while self.sent < self.due {
            let at = self.sent % answers.len();
            let end = answers.len().min(at + self.due - self.sent);
            match self.socket.write(&answers[at..end]) {
                Ok(count) => self.sent += count,
                Err(_) => return,
            }
        }
    }
}
