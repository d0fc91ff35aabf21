//! The servers from Part III on: the course's own, with a mistake between two of its layers, or between its roles.

mod altered;
mod control;
mod deflate;
mod door;
mod machines;
mod messages;
mod pieces;
mod pressure;
mod rules;
mod secret;
mod speed;

use std::net::TcpListener;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::OnceLock;
use std::time::Duration;

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

use super::mistakes::Mistake;

/// What is spoken with a client, and where a mistake may be: in front of the rules, of the control frames, of what is
/// inflated, and of the messages.
type Layers = Bits<Rules<Strict<Between<Controls<Control<Inflates<Inflated<Parts<Messages>>>>>>>>>;

/// Longer than anybody looks.
const FOR_EVER: Duration = Duration::from_secs(1_000_000);

static MISTAKE: OnceLock<&'static str> = OnceLock::new();

/// Whether this is the mistake to make.
fn makes(name: &str) -> bool {
    MISTAKE.get().is_some_and(|mistake| *mistake == name)
}

/// The last chapter whose mistakes are between layers, and the last whose are between the loop and the host.
const LAST_OF_LAYERS: u8 = 14;
const UNDER_PRESSURE: u8 = 15;
const SPEED: u8 = 16;
const SECRET: u8 = 17;

/// Serves with this mistake, or with none.
pub fn serve(mistake: Option<&Mistake>, is_echo: bool, listener: TcpListener) -> ExitCode {
    MISTAKE.get_or_init(|| mistake.map_or("", |mistake| mistake.name));
    match mistake {
        Some(mistake) if mistake.chapter <= LAST_OF_LAYERS => serve_layers(is_echo, listener),
        Some(mistake) if mistake.chapter == UNDER_PRESSURE => pressure::serve(is_echo, listener),
        Some(mistake) if mistake.chapter == SPEED => speed::serve(is_echo, listener),
        Some(mistake) if mistake.chapter == SECRET => secret::serve(is_echo, listener),
        _ => machines::serve(is_echo, listener),
    }
}

fn serve_layers(is_echo: bool, listener: TcpListener) -> ! {
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
