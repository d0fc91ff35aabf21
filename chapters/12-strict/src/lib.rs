//! Chapter 12, No mercy: one table of rules, and a close code for each.

mod rules;
mod strict;

use ch01_listen::Socket;
use ch06_select::{Connection, each_turn};
use ch07_room::{App, Room, Server, Terminal};
use ch08_hixie::start;
use ch09_stream::Stream;
use ch10_control::Control;
use ch11_messages::Messages;

pub use rules::{Frame, RULES, Rule};
pub use strict::Strict;

// ANCHOR: serve
/// One room, whose clients keep the rules.
pub fn serve(listener: &Socket) -> ! {
    serve_app(listener, Box::new(Room::default()))
}

/// An app whose clients keep the rules.
pub fn serve_app(listener: &Socket, app: Box<dyn App>) -> ! {
    let connect = || Connection::Opening(Vec::new(), start::<Stream<Strict<Control<Messages>>>>);
    each_turn(listener, Server::new(app, Terminal, connect))
}
// ANCHOR_END: serve
