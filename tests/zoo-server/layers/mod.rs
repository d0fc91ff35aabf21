//! The servers of Part III: the course's own, with a mistake between two of its layers.

mod control;
mod deflate;
mod door;
mod messages;
mod pieces;
mod rules;

use std::net::TcpListener;
use std::rc::Rc;
use std::sync::OnceLock;

use ch06_select::{Connection, Emit, each_turn};
use ch07_room::{App, Echo, Room, Server, Terminal};
use ch10_control::Control;
use ch11_messages::Messages;
use ch12_strict::Strict;
use ch13_door::Door;
use ch14_deflate::Inflated;

use control::{Controls, Reads};
use deflate::{Bits, Inflates};
use messages::{Between, Parts};
use pieces::Pieces;
use rules::Rules;

/// What is spoken with a client, and where a mistake may be: in front of the rules, of the control frames, of what is
/// inflated, and of the messages.
type Layers = Bits<Rules<Strict<Between<Controls<Control<Inflates<Inflated<Parts<Messages>>>>>>>>>;

static MISTAKE: OnceLock<&'static str> = OnceLock::new();

/// Whether this is the mistake to make.
fn makes(name: &str) -> bool {
    MISTAKE.get().is_some_and(|mistake| *mistake == name)
}

/// Serves with this mistake, or with none.
pub fn serve(mistake: &'static str, is_echo: bool, listener: TcpListener) -> ! {
    MISTAKE.get_or_init(|| mistake);
    let app: Box<dyn App> = if is_echo { Box::new(Echo) } else { Box::new(Room::default()) };
    let origins = std::env::var("ORIGINS").unwrap_or_default();
    let origins = origins.split_whitespace().map(str::to_owned).collect();
    let door = Rc::new(Door { origins });
    let connect = move || {
        let door = Rc::clone(&door);
        let start = move |head: &[u8], emit: Emit<'_>| door::start(&door, head, emit);
        Pieces::new(Reads::new(Connection::Opening(Vec::new(), start)))
    };
    each_turn(&listener.into(), Server::new(app, Terminal, connect))
}
