//! Chapter 07, The room: what one says, all hear. And the page to say it on.

mod app;
mod page;
mod room;
mod server;

use ch01_listen::Socket;
use ch06_select::{Frames, each_turn};

pub use app::{App, Echo, Outbox};
pub use page::start;
pub use room::Room;
pub use server::Server;

// ANCHOR: serve
/// One room for everybody, and its page.
pub fn serve(listener: &Socket) -> ! {
    each_turn(listener, Server::new(Room::default(), start::<Frames>))
}
// ANCHOR_END: serve
