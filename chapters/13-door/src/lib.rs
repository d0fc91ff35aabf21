//! Chapter 13, Who may come in: the opening handshake to the letter, and an Origin that is looked at.

mod door;
mod head;
mod opening;
mod program;
mod refusal;

use std::rc::Rc;

use ch01_listen::Socket;
use ch02_key::Request;
use ch06_select::{Connection, Emit, each_turn};
use ch07_room::{App, Room, Server, Terminal};
use ch09_stream::Layer;
use ch10_control::Control;
use ch11_messages::Messages;
use ch12_strict::Strict;

pub use door::{Door, Spoken, start};
pub use head::{MAX_FIELDS, read};
pub use opening::{Opening, SUBPROTOCOLS, lists};
pub use program::{is_origin, run};
pub use refusal::{Refusal, answer};

// ANCHOR: serve
/// One room, for pages of any origin.
pub fn serve(listener: &Socket) -> ! {
    serve_app(listener, Box::new(Room::default()), Door::default())
}

/// An app, and who may come in.
pub fn serve_app(listener: &Socket, app: Box<dyn App>, door: Door) -> ! {
    type Layers = Strict<Control<Messages>>;
    serve_with(listener, app, door, Spoken::<Layers>::plain)
}
// ANCHOR_END: serve

// ANCHOR: serve_with
/// The same, where `agree` says what is spoken with a client.
pub fn serve_with<L: Layer + Default + 'static>(
    listener: &Socket,
    app: Box<dyn App>,
    door: Door,
    agree: fn(&Request) -> Spoken<L>,
) -> ! {
    let door = Rc::new(door);
    let connect = move || {
        let door = Rc::clone(&door);
        let start = move |head: &[u8], emit: Emit<'_>| start(&door, agree, head, emit);
        Connection::Opening(Vec::new(), start)
    };
    each_turn(listener, Server::new(app, Terminal, connect))
}
// ANCHOR_END: serve_with
