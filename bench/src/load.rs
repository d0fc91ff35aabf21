//! The load: clients that say what their script says, keep so many messages in flight, and compare what they hear.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use mio::{Events, Interest, Poll, Token};

use crate::mode::{App, Mode};
use crate::script::{Ear, Script};
use crate::secret::{Trust, Wire};

/// How long a server may say nothing while something is in flight.
const PATIENCE: Duration = Duration::from_secs(10);

/// How much is read at a time: more than a batch of small messages.
const BUFFER: usize = 512 * 1024;

const OFFER: &str = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";

/// Connects, and goes through the opening handshake; and through that of TLS before it, if there is somebody to trust.
pub fn connect(
    address: SocketAddr,
    compressed: bool,
    trust: Option<&Trust>,
) -> Result<Wire<TcpStream>> {
    let socket = TcpStream::connect(address)?;
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let mut stream = Wire::new(socket, trust)?;
    let offer = if compressed { OFFER } else { "" };
    let request = format!(
        "GET / HTTP/1.1\r\n\
         Host: {address}\r\n\
         Upgrade: websocket\r\n\
         Connection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Version: 13\r\n\
         {offer}\r\n"
    );
    stream.write_all(request.as_bytes())?;
    // Byte by byte, so that nothing of what follows is taken.
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).context("the handshake is not answered")?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    if !head.starts_with("http/1.1 101 ") || !head.contains("s3pplmbitxaq9kygzzhzrbk+xoo=") {
        bail!("the handshake is refused: {}", head.lines().next().unwrap_or_default());
    }
    if head.contains("permessage-deflate") != compressed {
        bail!("it does not compress");
    }
    Ok(stream)
}

/// One client.
struct Client {
    wire: Wire<mio::net::TcpStream>,
    ear: Ear,
    /// How many messages it has heard.
    heard: usize,
    /// Which message it says next, how much of its frame is sent, and how many are to be sent.
    next: usize,
    begun: usize,
    unsent: usize,
}

/// All clients of a mode.
pub struct Load<'a> {
    mode: &'a Mode,
    script: &'a Script,
    poll: Poll,
    events: Events,
    clients: Vec<Client>,
    buffer: Vec<u8>,
    /// Of a room: how many members have heard each message that is in flight.
    audience: Vec<usize>,
    /// How often a message is still to be heard, and how often one was.
    due: usize,
    heard: u64,
}

impl<'a> Load<'a> {
    /// Connects all clients.
    pub fn new(
        address: SocketAddr,
        mode: &'a Mode,
        script: &'a Script,
        trust: Option<&Trust>,
    ) -> Result<Self> {
        let poll = Poll::new()?;
        let mut clients = Vec::with_capacity(mode.clients);
        for index in 0..mode.clients {
            let wire = connect(address, script.compressed, trust)?;
            wire.socket.set_nonblocking(true)?;
            let mut wire = wire.map(mio::net::TcpStream::from_std);
            let interest = Interest::READABLE | Interest::WRITABLE;
            poll.registry().register(&mut wire.socket, Token(index), interest)?;
            let ear = Ear::new(script.compressed);
            clients.push(Client { wire, ear, heard: 0, next: 0, begun: 0, unsent: 0 });
        }
        Ok(Load {
            mode,
            script,
            poll,
            events: Events::with_capacity(1024),
            clients,
            buffer: vec![0; BUFFER],
            audience: vec![0; mode.depth],
            due: 0,
            heard: 0,
        })
    }

    /// Plays for so long, and then until everything that was said is heard. Says how many messages were heard.
    pub fn play(&mut self, time: Duration) -> Result<u64> {
        let (start, before) = (Instant::now(), self.heard);
        let speakers = if self.mode.app == App::Room { 1 } else { self.clients.len() };
        for speaker in 0..speakers {
            self.say(speaker, self.mode.depth)?;
        }
        let mut last = start;
        while self.due > 0 {
            self.poll.poll(&mut self.events, Some(PATIENCE))?;
            let (now, heard) = (Instant::now(), self.heard);
            let ready: Vec<usize> = self.events.iter().map(|event| event.token().0).collect();
            for index in ready {
                self.clients[index].send(self.script)?;
                let (speaker, more) = self.hear(index)?;
                if more > 0 && now - start < time {
                    self.say(speaker, more)?;
                }
            }
            if self.heard > heard {
                last = now;
            } else if now - last >= PATIENCE {
                bail!("it does not answer");
            }
        }
        Ok(self.heard - before)
    }

    /// Has a client say so many messages more.
    fn say(&mut self, speaker: usize, count: usize) -> Result<()> {
        let hearers = if self.mode.app == App::Room { self.clients.len() } else { 1 };
        self.due += count * hearers;
        let client = &mut self.clients[speaker];
        client.unsent += count;
        client.send(self.script)
    }

    /// Hears all that has come for a client. Says who may say how many messages more.
    fn hear(&mut self, index: usize) -> Result<(usize, usize)> {
        let mut more = 0;
        loop {
            let client = &mut self.clients[index];
            let count = match client.wire.read(&mut self.buffer) {
                Ok(0) => bail!("it closes the connection"),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error).context("it ends the connection"),
            };
            let whole = client.ear.hear(&self.buffer[..count], self.script)?;
            let Some(due) = self.due.checked_sub(whole) else { bail!("it says what nobody said") };
            self.due = due;
            self.heard += whole as u64;
            client.heard += whole;
            let last = client.heard;
            let may_be_more =
                count == self.buffer.len() || !client.wire.is_emptied_by_short_reads();
            more += match self.mode.app {
                App::Echo => whole,
                App::Room => self.heard_by_all(last - whole..last),
            };
            if !may_be_more {
                break;
            }
        }
        Ok(if self.mode.app == App::Room { (0, more) } else { (index, more) })
    }

    /// One more member has heard these messages. Says how many have been heard by all with it.
    fn heard_by_all(&mut self, messages: Range<usize>) -> usize {
        let depth = self.audience.len();
        let mut whole = 0;
        for message in messages {
            let hearers = &mut self.audience[message % depth];
            *hearers += 1;
            if *hearers == self.clients.len() {
                *hearers = 0;
                whole += 1;
            }
        }
        whole
    }
}

impl Client {
    /// Sends what the system takes now.
    fn send(&mut self, script: &Script) -> Result<()> {
        self.wire.flush()?;
        while self.unsent > 0 {
            let frames = script.frames(self.next, self.unsent.min(script.count()));
            match self.wire.write(&frames[self.begun..]) {
                Ok(count) => self.sent(self.begun + count, script),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error).context("it ends the connection"),
            }
        }
        Ok(())
    }

    /// So many bytes from the beginning of the next frame on are sent.
    fn sent(&mut self, mut bytes: usize, script: &Script) {
        while self.unsent > 0 {
            let frame = script.frames(self.next, 1).len();
            if bytes < frame {
                break;
            }
            bytes -= frame;
            self.unsent -= 1;
            self.next = (self.next + 1) % script.count();
        }
        self.begun = bytes;
    }
}
