//! Chapter 08, 2010: the older handshake, and its frames, beside those of RFC 6455.

mod dialect;
mod frames;
mod handshake;
mod keys;

use ch01_listen::Socket;
use ch06_select::{Frames, each_turn};
use ch07_room::{Room, Server};

pub use dialect::{Dialect, start};
pub use frames::{LONGEST, OlderFrames, encode_older};
pub use handshake::{OlderRequest, Version};
pub use keys::{BadKey, answer, part};

// ANCHOR: serve
/// One room for clients of two ages.
pub fn serve(listener: &Socket) -> ! {
    each_turn(listener, Server::new(Room::default(), start::<Frames>))
}
// ANCHOR_END: serve
