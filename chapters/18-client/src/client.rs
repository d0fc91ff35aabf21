//! One connection from the client's side, without I/O: bytes in; messages, and bytes to send, out.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ch06_select::{Connection, Emit, End, Event, FrameWriter, Protocol, Writer};
use ch09_stream::Stream;
use ch10_control::Control;
use ch11_messages::Messages;
use ch12_strict::Strict;
use ch14_deflate::{Agreement, DeflateWriter, Inflated, RSV1};

use crate::{Layers, MaskedWriter, Random, Told, Unmasked, Wish, masked};

// ANCHOR: client
type Start = Box<dyn Fn(&[u8], Emit<'_>) -> Result<Stream<Layers>, End>>;

/// A connection that speaks first. All that leaves it is masked.
pub struct Client {
    connection: Connection<Stream<Layers>, Start>,
    random: Random,
}

impl Client {
    /// A client with this wish, and its request.
    pub fn new(wish: Wish, random: Random) -> (Client, String) {
        // YOURS: What is new in each request, and what is remembered of it?
        let mut nonce = [0; 16];
        random(&mut nonce);
        let key = BASE64_STANDARD.encode(nonce);
        let request = wish.head(&key);
        let start: Start = Box::new(move |head, emit| {
            let (writer, layers) = spoken(wish.judge(&key, head)?);
            emit(Event::Opened(writer));
            Ok(Stream::new(layers))
        });
        (Client { connection: Connection::Opening(Vec::new(), start), random }, request)
        // YOURS_END
    }
}

impl Protocol for Client {
    fn receive(&mut self, bytes: &mut [u8], emit: Emit<'_>) -> Result<(), End> {
        // YOURS: Which events have bytes that leave?
        let random = self.random;
        let result = self.connection.receive(bytes, &mut |event| match event {
            Event::Send(frame) => emit(Event::Send(&masked(frame, random))),
            Event::Opened(writer) => {
                emit(Event::Opened(Box::new(MaskedWriter { writer, random })));
            }
            other => emit(other),
        });
        result.map_err(|end| End { last: masked(&end.last, random), ..end })
        // YOURS_END
    }
}
// ANCHOR_END: client

// ANCHOR: spoken
/// What writes to the server, and what understands it.
fn spoken(agreed: Option<Agreement>) -> (Box<dyn Writer>, Layers) {
    // YOURS: What does the agreement say about those messages that come, and what about ours?
    let takeover = agreed.is_some_and(|agreed| agreed.server_takeover);
    let layers = Control(Inflated::new(takeover, Messages::default()));
    let may_be_set = if agreed.is_some() { RSV1 } else { 0 };
    let writer: Box<dyn Writer> = match agreed {
        // Our compressor has no window of 8 bits, and without compression none is needed.
        Some(agreed) if agreed.client_bits != Some(8) => {
            Box::new(DeflateWriter::new(turned_round(agreed)))
        }
        _ => Box::new(FrameWriter),
    };
    (writer, Unmasked(Strict::new(may_be_set, Told(layers))))
    // YOURS_END
}

/// The agreement as chapter 14's writer reads it, which takes itself for a server.
fn turned_round(agreed: Agreement) -> Agreement {
    Agreement {
        server_takeover: agreed.client_takeover,
        client_takeover: agreed.server_takeover,
        server_bits: agreed.client_bits,
        client_bits: agreed.server_bits,
    }
}
// ANCHOR_END: spoken
