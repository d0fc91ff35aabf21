//! Chapter 11, Messages: fragments put together, and UTF-8 judged as it arrives.

mod messages;
mod utf8;

use ch01_listen::Socket;
use ch06_select::{Connection, each_turn};
use ch07_room::{App, Room, Server, Terminal};
use ch08_hixie::start;
use ch09_stream::Stream;
use ch10_control::Control;

pub use messages::{CONTINUATION, MAX_FRAGMENTS, Messages};
pub use utf8::{NotUtf8, Utf8};

// ANCHOR: serve
/// One room, in which a message is whole before anybody hears it.
pub fn serve(listener: &Socket) -> ! {
    serve_app(listener, Box::new(Room::default()))
}

/// An app that hears whole messages.
pub fn serve_app(listener: &Socket, app: Box<dyn App>) -> ! {
    let connect = || Connection::Opening(Vec::new(), start::<Stream<Control<Messages>>>);
    each_turn(listener, Server::new(app, Terminal, connect))
}
// ANCHOR_END: serve
