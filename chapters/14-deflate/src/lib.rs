//! Chapter 14, Smaller: permessage-deflate (RFC 7692).

mod deflate;
mod inflate;
mod offer;
mod window;

use ch01_listen::Socket;
use ch02_key::Request;
use ch07_room::{App, Room};
use ch10_control::Control;
use ch11_messages::Messages;
use ch12_strict::Strict;
use ch13_door::{Door, Spoken, lists, serve_with};

pub use deflate::DeflateWriter;
pub use inflate::Inflated;
pub use offer::{Agreement, RSV1};

// ANCHOR: agree
/// What is spoken with a client of RFC 6455: whatever comes, it goes through these layers.
pub type Layers = Strict<Control<Inflated<Messages>>>;

/// Agrees to the first of a client's offers that can be kept, or to none.
pub fn agree(request: &Request) -> Spoken<Layers> {
    let offers = lists(request, "Sec-WebSocket-Extensions");
    let Some(agreed) = Agreement::find(offers) else { return Spoken::plain(request) };
    let inflated = Inflated::new(agreed.client_takeover, Messages::default());
    Spoken {
        fields: agreed.field(),
        writer: Box::new(DeflateWriter::new(agreed)),
        layer: Strict::new(RSV1, Control(inflated)),
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
    serve_with(listener, app, door, agree)
}
// ANCHOR_END: serve
