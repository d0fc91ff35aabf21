//! The modes: what is played on a server.

use std::fmt;
use std::str::FromStr;

use anyhow::{Result, bail};

/// What a server does with a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum App {
    /// It goes back to its speaker.
    Echo,
    /// Everybody hears it.
    Room,
}

impl App {
    pub fn name(self) -> &'static str {
        match self {
            App::Echo => "echo",
            App::Room => "room",
        }
    }
}

/// What a message is made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Content {
    Binary,
    Ascii,
    Chinese,
    /// Lines of JSON, compressed on the wire.
    Compressed,
}

/// What is played: so many clients, so many bytes a message, so many messages in flight.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mode {
    pub name: String,
    pub app: App,
    pub content: Content,
    pub size: usize,
    pub depth: usize,
    pub clients: usize,
    /// Over TLS.
    pub secret: bool,
}

const KIB: usize = 1024;

/// The modes of a whole run, in the order in which they are told.
pub const ALL: &[&str] = &[
    "echo-32x1",
    "echo-32x16",
    "echo-32x64",
    "crowd-32x1",
    "echo-1kx1",
    "echo-1kx16",
    "echo-1kx64",
    "echo-16kx1",
    "echo-16kx16",
    "echo-1mx1",
    "echo-1mx4",
    "echo-16mx1",
    "ascii-1kx16",
    "chinese-1kx16",
    "deflate-1kx16",
    "secret-32x64",
    "secret-1kx16",
    "secret-16kx16",
    "room-100x1",
    "room-100x16",
    "room-1000x1",
    "room-1000x16",
];

/// Those that are played on two cores, too: with one client, a second thread has nothing to do. No room is among them:
/// a member whose handshake is answered by one thread may be in the room only after another one has sent a message to all.
const ON_TWO_CORES: &[&str] = &["crowd-32x1", "crowd-32x16"];

pub fn all() -> Vec<Mode> {
    modes(ALL)
}

pub fn on_two_cores() -> Vec<Mode> {
    modes(ON_TWO_CORES)
}

fn modes(names: &[&str]) -> Vec<Mode> {
    names.iter().map(|name| name.parse().expect("a mode")).collect()
}

/// How many clients a crowd has.
const CROWD: usize = 64;

impl FromStr for Mode {
    type Err = anyhow::Error;

    /// `WHAT-SIZExDEPTH`; of a room, the size is that of the room, and a message is a line of chat.
    fn from_str(name: &str) -> Result<Mode> {
        let Some((what, rest)) = name.split_once('-') else { bail!("{name:?} is not a mode") };
        let Some((size, depth)) = rest.split_once('x') else { bail!("{name:?} is not a mode") };
        let Some(size) = number(size) else { bail!("{name:?} has no size") };
        let Some(depth) = number(depth) else { bail!("{name:?} has no depth") };
        let (what, secret) = if what == "secret" { ("echo", true) } else { (what, false) };
        let (app, content, clients, size) = match what {
            // The messages of a chat are short, and text.
            "echo" if size < 126 => (App::Echo, Content::Ascii, 1, size),
            "echo" => (App::Echo, Content::Binary, 1, size),
            "crowd" => (App::Echo, Content::Ascii, CROWD, size),
            "ascii" => (App::Echo, Content::Ascii, 1, size),
            "chinese" => (App::Echo, Content::Chinese, 1, size),
            "deflate" => (App::Echo, Content::Compressed, 1, size),
            "room" => (App::Room, Content::Ascii, size, 32),
            _ => bail!(
                "{name:?} is not a mode: there are echo, crowd, ascii, chinese, room, deflate, secret"
            ),
        };
        if size == 0 || depth == 0 || clients == 0 {
            bail!("{name:?} has nothing to do");
        }
        Ok(Mode { name: name.to_owned(), app, content, size, depth, clients, secret })
    }
}

/// `32`, `16k`, `1m`.
fn number(text: &str) -> Option<usize> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let unit = match &text[split..] {
        "" => 1,
        "k" => KIB,
        "m" => KIB * KIB,
        _ => return None,
    };
    text[..split].parse::<usize>().ok()?.checked_mul(unit)
}

impl fmt::Display for Mode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.name)
    }
}
