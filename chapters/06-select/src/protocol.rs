//! The protocol: the state of one client, without I/O. It knows handshake, frames and messages, and
//! neither sockets nor any other client.

use std::error::Error;

use ch02_key::{Request, bad_request, read_head};
use ch03_accept::switching_protocols;
use ch04_decode::decode;
use ch05_reply::{TEXT, encode};

// ANCHOR: protocol
/// One client's state: takes bytes as they come, and says what they mean.
pub trait Protocol {
    /// Takes what one read brought, and hands on, in order, what follows from it. An error ends the
    /// connection.
    fn receive(&mut self, bytes: &mut [u8], take: Take<'_>) -> Result<(), End>;
}

/// What follows from a client's bytes.
pub enum Event<'a> {
    /// The head of its request is whole.
    Head(&'a [u8]),
    /// These bytes are to be sent to it.
    Send(&'a [u8]),
    /// The opening handshake has succeeded. A message to this client is framed like this.
    Opened(Encode),
    /// It says this.
    Message(&'a [u8]),
}

/// Whoever the events are for.
pub type Take<'t> = &'t mut dyn FnMut(Event<'_>);

/// Puts a message into the bytes of one frame.
pub type Encode = fn(&[u8]) -> Vec<u8>;

/// Why a connection is to be closed, once what is owed to the client has been sent.
pub type End = Box<dyn Error>;
// ANCHOR_END: protocol

// ANCHOR: frames
/// The frames of a client, each of them taken for one read, as in chapter 04.
#[derive(Default)]
pub struct Frames;

/// The opcode of a closing frame (section 5.5.1), and the first of all control frames.
const CLOSE: u8 = 0x8;

impl Protocol for Frames {
    fn receive(&mut self, bytes: &mut [u8], take: Take<'_>) -> Result<(), End> {
        // YOURS: Which opcodes say something, and which end it?
        let frame = decode(bytes).map_err(|why| format!("not a frame: {why}"))?;
        match frame.opcode {
            CLOSE => return Err("it says goodbye".into()),
            ..CLOSE => take(Event::Message(&frame.payload)),
            // Ping and pong are no messages either.
            _ => {}
        }
        Ok(())
        // YOURS_END
    }
}
// ANCHOR_END: frames

// ANCHOR: start
/// Answers a whole head, and hands back what is spoken after it.
pub type Start<F> = fn(&[u8], Take<'_>) -> Result<F, End>;

/// The opening handshake of RFC 6455, from both sides: chapters 02 and 03, without a socket.
pub fn start<F: Default>(head: &[u8], take: Take<'_>) -> Result<F, End> {
    // YOURS: What is answered to a whole head, and what is spoken then?
    match Request::parse(head).and_then(|request| request.key()) {
        Ok(key) => {
            take(Event::Send(switching_protocols(&key).as_bytes()));
            take(Event::Opened(|message| encode(TEXT, message)));
            Ok(F::default())
        }
        Err(why) => {
            take(Event::Send(bad_request(why).as_bytes()));
            Err(format!("400: {why}").into())
        }
    }
    // YOURS_END
}
// ANCHOR_END: start

// ANCHOR: connection
/// A client's connection from its first byte on: a head, and after it whatever `F` understands.
pub enum Connection<F> {
    /// The head is not whole yet.
    Opening {
        /// As much of it as has come.
        head: Vec<u8>,
        /// What to do about it then.
        start: Start<F>,
    },
    /// The head has been answered.
    Open(F),
}

impl<F> Connection<F> {
    /// A connection that nothing has come on yet.
    pub fn new(start: Start<F>) -> Self {
        Connection::Opening { head: Vec::new(), start }
    }
}

impl<F: Protocol> Protocol for Connection<F> {
    fn receive(&mut self, bytes: &mut [u8], take: Take<'_>) -> Result<(), End> {
        // YOURS: Is the head whole, and what came behind it?
        let (head, start) = match self {
            Connection::Opening { head, start } => (head, start),
            Connection::Open(frames) => return frames.receive(bytes, take),
        };
        let mut unread: &[u8] = bytes;
        if !read_head(&mut unread, head)? {
            return Ok(());
        }
        let used = bytes.len() - unread.len();
        take(Event::Head(head));
        let mut frames = start(head, take)?;
        // The client may not have waited for our answer.
        let early = &mut bytes[used..];
        let result = if early.is_empty() { Ok(()) } else { frames.receive(early, take) };
        *self = Connection::Open(frames);
        result
        // YOURS_END
    }
}
// ANCHOR_END: connection
