//! The protocol: the state of one client, without I/O. It knows handshake, frames and messages, and
//! neither sockets nor any other client.

use std::borrow::Cow;
use std::fmt::Display;

use ch02_key::{HeadEnd, Request, bad_request, read_head};
use ch03_accept::switching_protocols;
use ch04_decode::{Opcode, decode};
use ch05_reply::{TEXT, encode_header};

// ANCHOR: message
/// The opcode of bytes that are not text (RFC 6455, section 5.6).
pub const BINARY: Opcode = Opcode(0x2);

/// The opcode of a Close frame (section 5.5.1), and the first of all control frames.
pub const CLOSE: Opcode = Opcode(0x8);

/// What one side says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Text or binary.
    pub opcode: Opcode,
    /// What it says, borrowed or owned.
    pub payload: Cow<'a, [u8]>,
}
// ANCHOR_END: message

// ANCHOR: writer
/// The other half of a client's state: puts messages into bytes.
pub trait Writer {
    /// Writes a message behind what is in `out`.
    fn write(&mut self, message: &Message<'_>, out: &mut Vec<u8>);

    /// Writes only what stands before the payload, if that follows as it is: chapter 16 does not copy a
    /// long one. Otherwise all of the message. Says whether the payload follows.
    fn begin(&mut self, message: &Message<'_>, out: &mut Vec<u8>) -> bool {
        self.write(message, out);
        false
    }

    /// Writers of one group write the same bytes. `None`: nobody else writes what this one does.
    fn group(&self) -> Option<&'static str>;
}

/// Writes each message into one frame, as in chapter 05.
pub struct FrameWriter;

impl Writer for FrameWriter {
    fn write(&mut self, message: &Message<'_>, out: &mut Vec<u8>) {
        if self.begin(message, out) {
            out.extend_from_slice(&message.payload);
        }
    }

    fn begin(&mut self, message: &Message<'_>, out: &mut Vec<u8>) -> bool {
        encode_header(message.opcode, message.payload.len(), out);
        true
    }

    fn group(&self) -> Option<&'static str> {
        Some("RFC 6455")
    }
}
// ANCHOR_END: writer

// ANCHOR: end
/// Why a connection is to be closed.
#[derive(Debug, PartialEq, Eq)]
pub struct End {
    /// What the client is to be sent before that.
    pub last: Vec<u8>,
    /// Shown in the terminal.
    pub why: String,
}

/// Any error can be an end without a last word.
impl<E: Display> From<E> for End {
    fn from(why: E) -> Self {
        End { last: Vec::new(), why: why.to_string() }
    }
}
// ANCHOR_END: end

// ANCHOR: protocol
/// One client's state: takes bytes as they come, and says what they mean.
pub trait Protocol {
    /// Takes all of what one read brought, and emits, in order, what follows from it. After an error
    /// it is not called again.
    fn receive(&mut self, bytes: &mut [u8], emit: Emit<'_>) -> Result<(), End>;
}

/// Where the events go.
pub type Emit<'e> = &'e mut dyn FnMut(Event<'_>);

/// What follows from a client's bytes.
pub enum Event<'a> {
    /// The head of its request is whole.
    Head(&'a [u8]),
    /// These bytes are to be sent to it.
    Send(&'a [u8]),
    /// The opening handshake has succeeded, and this writes messages to it.
    Opened(Box<dyn Writer>),
    /// It says this.
    Message(Message<'a>),
}
// ANCHOR_END: protocol

// ANCHOR: frames
/// The frames of a client, each of them taken for one read, as in chapter 04.
#[derive(Debug, Default)]
pub struct Frames;

impl Protocol for Frames {
    fn receive(&mut self, bytes: &mut [u8], emit: Emit<'_>) -> Result<(), End> {
        // YOURS: Which opcodes say something, and which end it?
        let frame = decode(bytes).map_err(|why| format!("not a frame: {why}"))?;
        let opcode = match frame.opcode {
            CLOSE => return Err("it says goodbye".into()),
            // Ping and pong are not messages.
            control if control > CLOSE => return Ok(()),
            BINARY => BINARY,
            _ => TEXT,
        };
        emit(Event::Message(Message { opcode, payload: frame.payload.into() }));
        Ok(())
        // YOURS_END
    }
}
// ANCHOR_END: frames

// ANCHOR: start
/// Answers a whole head, and hands back what is spoken after it.
pub type Start<F> = fn(&[u8], Emit<'_>) -> Result<F, End>;

/// The opening handshake of RFC 6455, from both sides: chapters 02 and 03, without a socket.
pub fn start<F: Default>(head: &[u8], emit: Emit<'_>) -> Result<F, End> {
    // YOURS: What is answered to a whole head, and what is spoken then?
    let key = Request::parse(head)
        .and_then(|request| request.key())
        .map_err(|why| End { last: bad_request(why).into(), why: format!("400: {why}") })?;
    emit(Event::Send(switching_protocols(&key).as_bytes()));
    emit(Event::Opened(Box::new(FrameWriter)));
    Ok(F::default())
    // YOURS_END
}
// ANCHOR_END: start

// ANCHOR: connection
/// A client's connection from its first byte on: a head, which `S` answers, and then what `F`
/// understands.
pub enum Connection<F, S = Start<F>> {
    /// As much of the head as has come, and what answers it when it is whole.
    Opening(Vec<u8>, S),
    /// The head has been answered.
    Open(F),
}

impl<F: Protocol, S: Fn(&[u8], Emit<'_>) -> Result<F, End>> Protocol for Connection<F, S> {
    fn receive(&mut self, bytes: &mut [u8], emit: Emit<'_>) -> Result<(), End> {
        // YOURS: Is the head whole, and what came behind it?
        let (head, start) = match self {
            Connection::Opening(head, start) => (head, start),
            Connection::Open(frames) => return frames.receive(bytes, emit),
        };
        let mut unread: &[u8] = bytes;
        if read_head(&mut unread, head)? == HeadEnd::NotYet {
            return Ok(());
        }
        let used = bytes.len() - unread.len();
        emit(Event::Head(head));
        let frames = start(head, emit)?;
        *self = Connection::Open(frames);
        // The client may not have waited for our answer.
        if used == bytes.len() { Ok(()) } else { self.receive(&mut bytes[used..], emit) }
        // YOURS_END
    }
}
// ANCHOR_END: connection
