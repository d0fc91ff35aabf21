//! Chapter 14, Smaller: permessage-deflate (RFC 7692).

mod deflate;
mod inflate;
mod offer;
mod window;

use std::rc::Rc;

use ch01_listen::Socket;
use ch02_key::Request;
use ch06_select::{Connection, Emit, each_turn};
use ch07_room::{App, Room, Server, Terminal};
use ch09_stream::Stream;
use ch10_control::Control;
use ch11_messages::Messages;
use ch12_strict::Strict;
use ch13_door::{Door, Spoken, lists, start};

pub use deflate::DeflateWriter;
pub use inflate::{Inflated, RSV1};
pub use offer::Agreement;

// ANCHOR: agree
/// What is spoken with a client of RFC 6455: whatever comes, it goes through these layers.
pub type Frames = Stream<Strict<Control<Inflated<Messages>>>>;

/// Agrees to the first of a client's offers that can be kept, or to none.
pub fn agree(request: &Request) -> Spoken<Frames> {
    let offers = lists(request, "Sec-WebSocket-Extensions");
    let Some(agreed) = Agreement::find(offers) else { return Spoken::plain(request) };
    let inflated = Inflated::new(agreed.client_takeover, Messages::default());
    Spoken {
        fields: agreed.field(),
        writer: Box::new(DeflateWriter::new(agreed)),
        frames: Stream::new(Strict::new(RSV1, Control(inflated))),
    }
}
// ANCHOR_END: agree

// ANCHOR: serve
/// One room, whose clients may speak compressed.
pub fn serve(listener: &Socket) -> ! {
    serve_app(listener, Box::new(Room::default()), Door::default())
}

/// An app, and who may come in.
pub fn serve_app(listener: &Socket, app: Box<dyn App>, door: Door) -> ! {
    let door = Rc::new(door);
    let connect = move || {
        let door = Rc::clone(&door);
        let start = move |head: &[u8], emit: Emit<'_>| start(&door, agree, head, emit);
        Connection::Opening(Vec::new(), start)
    };
    each_turn(listener, Server::new(app, Terminal, connect))
}
// ANCHOR_END: serve
