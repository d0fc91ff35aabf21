//! Mistakes with compressed messages, chapter 14.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};

use ch02_key::Request;
use ch06_select::{BINARY, CLOSE, Emit, End, Event, FrameWriter, Message, Writer};
use ch09_stream::{LONGEST, Layer, Part};
use ch10_control::Control;
use ch11_messages::CONTINUATION;
use ch12_strict::Strict;
use ch13_door::{Spoken, lists};
use ch14_deflate::{Agreement, DeflateWriter, Inflated, RSV1};
use zlib_rs::{Deflate, DeflateFlush, Inflate, InflateFlush, Status};

use super::control::Controls;
use super::messages::{Between, Parts};
use super::rules::Rules;
use super::{Layers, makes};
use crate::mistakes::MISTAKES;

/// From which chapter on messages are compressed.
const CHAPTER: u8 = 14;

/// In front of the rules.
#[derive(Default)]
pub struct Bits<L> {
    layer: L,
}

impl<L: Layer> Layer for Bits<L> {
    fn take(&mut self, mut part: Part<'_>, emit: Emit<'_>) -> Result<(), End> {
        if makes("bit-on-every-frame") && part.header.opcode == CONTINUATION {
            part.header.rsv &= !RSV1;
        }
        self.layer.take(part, emit)
    }
}

/// In front of what inflates messages, or in its place.
#[derive(Default)]
pub struct Inflates<L> {
    is_compressed: bool,
    inflate: Option<Inflate>,
    message: Vec<u8>,
    window: Vec<u8>,
    layer: L,
}

impl<L> Inflates<L> {
    pub fn new(layer: L) -> Self {
        Inflates {
            is_compressed: false,
            inflate: None,
            message: Vec::new(),
            window: Vec::new(),
            layer,
        }
    }

    /// Inflates the next part of a message as people do first: whatever comes out of it.
    fn inflate(&mut self, mut input: &[u8]) -> Result<(), End> {
        let inflate = self.inflate.get_or_insert_with(|| Inflate::new(false, 15));
        let mut chunk = vec![0; 64 * 1024];
        loop {
            let (read, made) = (inflate.total_in(), inflate.total_out());
            let status = inflate.decompress(input, &mut chunk, InflateFlush::SyncFlush);
            let status = status.map_err(|_| "it is not DEFLATE")?;
            input = &input[(inflate.total_in() - read) as usize..];
            let made = (inflate.total_out() - made) as usize;
            self.message.extend_from_slice(&chunk[..made]);
            self.window.extend_from_slice(&chunk[..made]);
            self.window.drain(..self.window.len().saturating_sub(32 * 1024));
            if status == Status::StreamEnd && !makes("ends-at-the-last-block") {
                *inflate = Inflate::new(false, 15);
                let _ = inflate.set_dictionary(&self.window);
            } else if made < chunk.len() {
                return Ok(());
            }
        }
    }
}

impl<L: Layer> Layer for Inflates<L> {
    fn take(&mut self, part: Part<'_>, emit: Emit<'_>) -> Result<(), End> {
        const OWN: [&str; 5] = [
            "tail-not-appended",
            "ends-at-the-last-block",
            "inflates-without-a-cap",
            "bad-deflate-thrown-away",
            "each-frame-by-itself",
        ];
        let Part { header, .. } = part;
        if part.first && header.opcode != CONTINUATION {
            self.is_compressed = header.rsv & RSV1 != 0;
        }
        if !self.is_compressed || !OWN.iter().any(|name| makes(name)) {
            return self.layer.take(part, emit);
        }
        let is_end = part.last && header.fin;
        let each = makes("each-frame-by-itself");
        let mut input = part.payload.to_vec();
        if (is_end || each && part.last) && !makes("tail-not-appended") {
            input.extend([0x00, 0x00, 0xff, 0xff]);
        }
        let inflated = self.inflate(&input);
        if each && part.last {
            self.inflate = None;
        }
        if inflated.is_err() && makes("bad-deflate-thrown-away") {
            (self.inflate, self.message) = (None, Vec::new());
            return Ok(());
        }
        inflated?;
        if is_end {
            let payload = mem::take(&mut self.message);
            if makes("inflates-without-a-cap") && payload.len() > LONGEST {
                // When its echo would come, only the machine knows.
                return Ok(());
            }
            let payload = payload.into();
            emit(Event::Message(Message { opcode: ch04_decode::Opcode(1), payload }));
        }
        Ok(())
    }
}

/// Somebody has agreed to compress.
static SOMEBODY: AtomicBool = AtomicBool::new(false);

/// Writes what is not as it says.
struct Wrong(DeflateWriter);

impl Writer for Wrong {
    fn write(&mut self, message: &Message<'_>, out: &mut Vec<u8>) {
        let begin = out.len();
        if message.opcode >= CLOSE || message.payload.is_empty() {
            return FrameWriter.write(message, out);
        }
        if makes("bit-without-deflate") {
            FrameWriter.write(message, out);
            out[begin] |= 0x40;
        } else if makes("tail-left-on") {
            let mut deflate = Deflate::new(6, false, 15);
            let mut payload = vec![0; message.payload.len() + 100];
            let _ = deflate.compress(&message.payload, &mut payload, DeflateFlush::SyncFlush);
            payload.truncate(deflate.total_out() as usize);
            let opcode = if message.opcode == BINARY { BINARY } else { message.opcode };
            FrameWriter.write(&Message { opcode, payload: payload.into() }, out);
            out[begin] |= 0x40;
        } else if SOMEBODY.load(Ordering::Relaxed) {
            self.0.write(message, out);
        } else {
            FrameWriter.write(message, out);
        }
    }

    fn group(&self) -> Option<&'static str> {
        None
    }
}

/// What is agreed on with a client.
pub fn agree(request: &Request) -> Spoken<Layers> {
    // A server of chapter 13 agrees to nothing yet: an older promise says so.
    let is_older = MISTAKES.iter().any(|one| makes(one.name) && one.chapter < CHAPTER);
    if is_older {
        return Spoken::plain(request);
    }
    let Some(agreed) = find(request) else {
        let mut plain = Spoken::plain(request);
        if makes("one-frame-for-all") {
            let all = Agreement::find(["permessage-deflate"].into_iter());
            plain.writer = Box::new(Wrong(DeflateWriter::new(all.expect("it is well-formed"))));
        }
        return plain;
    };
    SOMEBODY.store(true, Ordering::Relaxed);
    let takeover = agreed.client_takeover && !makes("window-forgotten");
    let messages = Inflates::new(Inflated::new(takeover, Parts::default()));
    let mut fields = agreed.field();
    if makes("client-window-unasked") && agreed.client_bits.is_none() {
        fields = fields.replace("\r\n", "; client_max_window_bits=15\r\n");
    }
    let mut written = agreed;
    written.server_takeover |= makes("remembers-after-all");
    if makes("largest-window-for-all") {
        written.server_bits = None;
    }
    let writer = DeflateWriter::new(written);
    let is_wrong = makes("bit-without-deflate") || makes("tail-left-on");
    let rules = Rules::new(Strict::new(RSV1, Between::new(Controls::new(Control(messages)))));
    Spoken {
        fields,
        writer: if is_wrong { Box::new(Wrong(writer)) } else { Box::new(writer) },
        layer: Bits { layer: rules },
    }
}

/// The offer that is taken.
fn find(request: &Request) -> Option<Agreement> {
    let offers = lists(request, "Sec-WebSocket-Extensions");
    if makes("offer-by-substring") {
        let name = |offer: &str| {
            let (name, rest) = offer.split_once(';').unwrap_or((offer, ""));
            let rest = if rest.is_empty() { String::new() } else { format!(";{rest}") };
            name.contains("permessage-deflate").then(|| format!("permessage-deflate{rest}"))
        };
        let offers: Vec<String> = offers.filter_map(name).collect();
        return Agreement::find(offers.iter().map(String::as_str));
    }
    if makes("numbers-with-zeros") {
        let offers: Vec<String> = offers.map(|offer| offer.replace("=0", "=")).collect();
        return Agreement::find(offers.iter().map(String::as_str));
    }
    let first = match () {
        () if makes("offer-not-answered") => 0,
        () if makes("first-offer-only") => 1,
        () => usize::MAX,
    };
    Agreement::find(offers.take(first))
}
