//! The frames of 2010: a message is wrapped in `00` and `ff`.

use std::borrow::Cow;
use std::mem;

use ch05_reply::TEXT;
use ch06_select::{CLOSE, Emit, End, Event, Message, Protocol, Writer};

use crate::keys::answer;

// ANCHOR: state
/// The longest message, and the most that is skipped, in bytes. A frame of 2010 has no length in
/// front: without a limit, one without an end fills the memory.
pub const LONGEST: usize = 64 * 1024;

/// A connection of 2010, after the two heads.
#[derive(Debug, PartialEq, Eq)]
pub struct OlderFrames(State);

#[derive(Debug, PartialEq, Eq)]
enum State {
    /// The eight bytes that belong to the keys are not all here.
    Key3 { parts: [u32; 2], key3: Vec<u8> },
    /// A type byte comes next.
    Between,
    /// What comes is data, up to `ff`. Of type `00` it is a message, of another one nothing.
    Data { is_message: bool, data: Vec<u8> },
    /// After a type byte with its high bit set comes a length, seven bits a byte.
    Length { may_close: bool, length: usize },
    /// So many bytes are to be skipped.
    Skip(usize),
}

impl OlderFrames {
    /// After a request with keys: eight bytes belong to them.
    pub fn with_keys(parts: [u32; 2]) -> Self {
        OlderFrames(State::Key3 { parts, key3: Vec::with_capacity(8) })
    }

    /// After a request of Hixie-75: frames at once.
    pub fn without_keys() -> Self {
        OlderFrames(State::Between)
    }
}
// ANCHOR_END: state

// ANCHOR: receive
/// Ends a message. No character of UTF-8 has this byte in it.
const END: u8 = 0xff;

impl Protocol for OlderFrames {
    fn receive(&mut self, bytes: &mut [u8], emit: Emit<'_>) -> Result<(), End> {
        let mut unread: &[u8] = bytes;
        while let [first, ..] = *unread {
            let used = self.step(first, unread, emit)?;
            unread = &unread[used..];
        }
        Ok(())
    }
}
// ANCHOR_END: receive

// ANCHOR: step
impl OlderFrames {
    /// Takes what the state is waiting for, as far as it is here, and says how many bytes that was.
    fn step(&mut self, first: u8, unread: &[u8], emit: Emit<'_>) -> Result<usize, End> {
        // YOURS: What is this byte: a type, a length, data, or the end?
        let (used, next) = match &mut self.0 {
            State::Between => (1, after_type(first)),
            State::Key3 { parts, key3 } => {
                key3.push(first);
                let Ok(key3) = <[u8; 8]>::try_from(key3.as_slice()) else { return Ok(1) };
                emit(Event::Send(&answer(*parts, key3)));
                emit(Event::Opened(Box::new(OlderWriter)));
                (1, State::Between)
            }
            State::Data { is_message, data } => {
                let end = unread.iter().position(|&byte| byte == END);
                let now = &unread[..end.unwrap_or(unread.len())];
                bounded(data.len() + now.len())?;
                data.extend_from_slice(now);
                let Some(end) = end else { return Ok(now.len()) };
                if *is_message {
                    let payload = Cow::Owned(mem::take(data));
                    emit(Event::Message(Message { opcode: TEXT, payload }));
                }
                (end + 1, State::Between)
            }
            State::Length { may_close, length } => {
                *length = *length << 7 | usize::from(first & 0x7f);
                bounded(*length)?;
                match (first & 0x80, *may_close, *length) {
                    (0, true, 0) => return Err(goodbye()),
                    (0, _, length) => (1, skip(length)),
                    _ => return Ok(1),
                }
            }
            State::Skip(left) => (unread.len().min(*left), skip(left.saturating_sub(unread.len()))),
        };
        self.0 = next;
        Ok(used)
        // YOURS_END
    }
}
// ANCHOR_END: step

// ANCHOR: rest
fn after_type(type_byte: u8) -> State {
    match type_byte & 0x80 {
        0 => State::Data { is_message: type_byte == 0x00, data: Vec::new() },
        _ => State::Length { may_close: type_byte == 0xff, length: 0 },
    }
}

fn skip(length: usize) -> State {
    match length {
        0 => State::Between,
        _ => State::Skip(length),
    }
}

fn bounded(length: usize) -> Result<(), End> {
    match length {
        0..=LONGEST => Ok(()),
        _ => Err(format!("a frame of more than {LONGEST} bytes").into()),
    }
}

/// The Close frame of 2010. It is answered with the same.
const GOODBYE: [u8; 2] = [0xff, 0x00];

fn goodbye() -> End {
    End { last: GOODBYE.into(), why: "it says goodbye".to_owned() }
}
// ANCHOR_END: rest

// ANCHOR: writer
/// Writes messages into frames of 2010, which are text, whatever the message is.
pub struct OlderWriter;

impl Writer for OlderWriter {
    /// Invalid UTF-8 becomes `�`: its byte `ff` would end the message.
    fn write(&mut self, message: &Message<'_>, out: &mut Vec<u8>) {
        if message.opcode >= CLOSE {
            // In 2010 there was a goodbye, and neither ping nor pong.
            return if message.opcode == CLOSE {
                out.extend(GOODBYE)
            };
        }
        // YOURS: What stands before a message, and what behind it?
        out.push(0x00);
        out.extend(String::from_utf8_lossy(&message.payload).as_bytes());
        out.push(END);
        // YOURS_END
    }

    fn group(&self) -> Option<&'static str> {
        Some("2010")
    }
}
// ANCHOR_END: writer
