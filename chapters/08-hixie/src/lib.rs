//! Chapter 08, 2010: the older handshake, and its frames, beside those of RFC 6455.

mod dialect;
mod frames;
mod handshake;
mod keys;

use ch01_listen::Socket;
use ch06_select::{Connection, Frames, each_turn};
use ch07_room::{App, Room, Server, Terminal};

pub use dialect::{Dialect, start};
pub use frames::{LONGEST, OlderFrames, OlderWriter};
pub use handshake::{OlderRequest, Version};
pub use keys::{BadKey, answer, part};

// ANCHOR: serve
/// One room for clients of two ages.
pub fn serve(listener: &Socket) -> ! {
    serve_app(listener, Box::new(Room::default()))
}

/// An app for clients of two ages.
pub fn serve_app(listener: &Socket, app: Box<dyn App>) -> ! {
    let connect = || Connection::Opening(Vec::new(), start::<Frames>);
    each_turn(listener, Server::new(app, Terminal, connect))
}
// ANCHOR_END: serve
