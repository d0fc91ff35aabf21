//! Mistakes with control frames, chapter 10.

use std::cell::Cell;
use std::mem;

use ch06_select::{CLOSE, Emit, End, Event, Message, Protocol};
use ch09_stream::{Layer, Part, unmask};
use ch10_control::{PING, PONG};

use super::makes;

/// So many pings are no attack.
const MANY: usize = 8;

thread_local! {
    /// There was a ping in this read.
    static PINGED: Cell<bool> = const { Cell::new(false) };
    /// A Close frame in this read has been answered.
    static CLOSED: Cell<bool> = const { Cell::new(false) };
}

/// Around everything: knows where a read begins and ends, and how a connection does.
pub struct Reads<P> {
    protocol: P,
}

impl<P> Reads<P> {
    pub fn new(protocol: P) -> Self {
        Reads { protocol }
    }
}

impl<P: Protocol> Protocol for Reads<P> {
    fn receive(&mut self, bytes: &mut [u8], emit: Emit<'_>) -> Result<(), End> {
        PINGED.set(false);
        let result = self.protocol.receive(bytes, emit);
        if CLOSED.take() {
            return Err("it says goodbye".into());
        }
        result.map_err(|end| match end.last.get(2..4) {
            Some(b"\x03\xea") if makes("fails-without-a-word") => end.why.as_str().into(),
            Some(b"\x03\xea") if makes("fails-with-1000") => {
                End { last: frame(CLOSE.0, b"\x03\xe8"), ..end }
            }
            _ => end,
        })
    }
}

/// In front of what answers control frames.
#[derive(Default)]
pub struct Controls<L> {
    layer: L,
    pings: usize,
    /// The payload of the ping that came last.
    last: Vec<u8>,
}

impl<L: Layer> Controls<L> {
    pub fn new(layer: L) -> Self {
        Controls { layer, pings: 0, last: Vec::new() }
    }

    /// Answers a ping.
    fn ping(&mut self, part: Part<'_>, emit: Emit<'_>) -> Result<(), End> {
        self.pings += 1;
        PINGED.set(true);
        let mut pong = |payload: &[u8]| emit(Event::Send(&frame(PONG.0, payload)));
        match part.header.masking_key {
            _ if makes("ping-sent-back") => emit(Event::Send(&frame(PING.0, part.payload))),
            _ if makes("empty-pong") => pong(b""),
            _ if makes("pong-of-text") => pong(String::from_utf8_lossy(part.payload).as_bytes()),
            Some(key) if makes("pong-not-unmasked") => {
                unmask(part.payload, key, 0);
                pong(part.payload);
            }
            _ if makes("pings-are-an-attack") && self.pings > MANY => {
                return Err(End { last: frame(CLOSE.0, b"\x03\xf0"), why: "too many".to_owned() });
            }
            _ if makes("pong-of-the-one-before") && self.pings > MANY => {
                pong(&mem::replace(&mut self.last, part.payload.to_vec()));
            }
            _ => {
                self.last = part.payload.to_vec();
                return self.layer.take(part, emit);
            }
        }
        Ok(())
    }

    /// Answers a pong.
    fn pong(&mut self, part: Part<'_>, emit: Emit<'_>) -> Result<(), End> {
        if makes("pong-for-a-pong") {
            emit(Event::Send(&frame(PONG.0, part.payload)));
        }
        if makes("pong-is-text") {
            let mut opcode = part.header.opcode;
            opcode.0 = 1;
            let payload = part.payload.to_vec().into();
            emit(Event::Message(Message { opcode, payload }));
        }
        if makes("pong-ends-it") {
            return Err("nobody has asked".into());
        }
        self.layer.take(part, emit)
    }

    /// Answers a Close frame.
    fn close(&mut self, part: Part<'_>, emit: Emit<'_>) -> Result<(), End> {
        let code = part.payload.first_chunk::<2>().copied();
        let same = code.as_ref().map_or(&b""[..], |code| code);
        let answer = |payload: &[u8]| End { last: frame(CLOSE.0, payload), why: "bye".to_owned() };
        if makes("no-close-frame") {
            return Err("it says goodbye".into());
        }
        if makes("always-1000") {
            return Err(answer(b"\x03\xe8"));
        }
        if makes("goodbye-left-open") {
            emit(Event::Send(&answer(same).last));
            return Ok(());
        }
        if makes("looks-behind-a-close") {
            emit(Event::Send(&frame(CLOSE.0, same)));
            CLOSED.set(true);
            return Ok(());
        }
        match (code, part.header.masking_key) {
            (Some([high, low]), _) if makes("code-little-endian") => Err(answer(&[low, high])),
            (None, _) if makes("1005-is-sent") => Err(answer(b"\x03\xed")),
            (_, Some(key)) if makes("goodbye-sent-back") => {
                // As it came, with its mask.
                unmask(part.payload, key, 0);
                let mut last = frame(CLOSE.0, part.payload);
                last[1] |= 0x80;
                last.splice(2..2, key);
                Err(End { last, why: "bye".to_owned() })
            }
            _ if makes("reason-cut-at-100") => {
                Err(answer(&part.payload[..part.payload.len().min(100)]))
            }
            _ => self.layer.take(part, emit),
        }
    }
}

impl<L: Layer> Layer for Controls<L> {
    fn take(&mut self, part: Part<'_>, emit: Emit<'_>) -> Result<(), End> {
        match part.header.opcode {
            PING => self.ping(part, emit),
            PONG => self.pong(part, emit),
            CLOSE => self.close(part, emit),
            _ if makes("lost-behind-a-ping") && PINGED.get() => Ok(()),
            _ => self.layer.take(part, emit),
        }
    }
}

/// A control frame.
fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    [&[0x80 | opcode, payload.len() as u8], payload].concat()
}
