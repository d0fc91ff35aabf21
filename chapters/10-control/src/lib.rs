//! Chapter 10, Ping, pong, goodbye: control frames, and the closing handshake.

mod close;
mod control;

use ch01_listen::Socket;
use ch06_select::{Connection, each_turn};
use ch07_room::{App, Room, Server, Terminal};
use ch08_hixie::start;
use ch09_stream::{Frames, Stream};

pub use close::{CloseCode, Failure, answer};
pub use control::{Control, PING, PONG};

// ANCHOR: serve
/// One room, in which a ping is not a message.
pub fn serve(listener: &Socket) -> ! {
    serve_app(listener, Box::new(Room::default()))
}

/// An app whose clients can ask whether it is still there, and say goodbye.
pub fn serve_app(listener: &Socket, app: Box<dyn App>) -> ! {
    let connect = || Connection::Opening(Vec::new(), start::<Stream<Control<Frames>>>);
    each_turn(listener, Server::new(app, Terminal, connect))
}
// ANCHOR_END: serve
