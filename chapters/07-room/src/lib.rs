//! Chapter 07, The room: what one says, all hear. And the page to say it on.

mod app;
mod members;
mod observer;
mod page;
mod program;
mod room;
mod server;
mod table;

use ch01_listen::Socket;
use ch06_select::{Connection, Frames, each_turn};

pub use app::{App, Echo, Outbox};
pub use observer::{Observer, Terminal};
pub use page::start;
pub use program::run;
pub use room::Room;
pub use server::Server;
pub use table::Table;

// ANCHOR: serve
/// One room for everybody, and its page.
pub fn serve(listener: &Socket) -> ! {
    serve_app(listener, Box::new(Room::default()))
}

/// An app for everybody, and the page of the room.
pub fn serve_app(listener: &Socket, app: Box<dyn App>) -> ! {
    let connect = || Connection::Opening(Vec::new(), start::<Frames>);
    each_turn(listener, Server::new(app, Terminal, connect))
}
// ANCHOR_END: serve
