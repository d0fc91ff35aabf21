//! Chapter 09, In pieces: frames from a stream, however it is cut.

mod decoder;
mod header;
mod stream;

use ch01_listen::Socket;
use ch06_select::{Connection, each_turn};
use ch07_room::{App, Room, Server, Terminal};
use ch08_hixie::start;

pub use decoder::{Decoder, MAX_CONTROL, Part, unmask};
pub use header::{Decoded, Header};
pub use stream::{Frames, LONGEST, Layer, Stream};

// ANCHOR: serve
/// One room for everybody, whatever the network makes of their frames.
pub fn serve(listener: &Socket) -> ! {
    serve_app(listener, Box::new(Room::default()))
}

/// An app for everybody.
pub fn serve_app(listener: &Socket, app: Box<dyn App>) -> ! {
    let connect = || Connection::Opening(Vec::new(), start::<Stream<Frames>>);
    each_turn(listener, Server::new(app, Terminal, connect))
}
// ANCHOR_END: serve
