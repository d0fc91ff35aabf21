//! The room: an app in which everybody hears everybody.

use std::collections::HashMap;

use ch05_reply::TEXT;
use ch06_select::{ClientId, Message};

use crate::{App, Outbox};

// ANCHOR: room
/// Sends what one says to all, and lets each have a name.
#[derive(Default)]
pub struct Room {
    names: HashMap<ClientId, String>,
}

/// How a client says its name: `/name Li Jing`.
const NAME: &str = "/name ";

/// The longest name, in characters.
const LONGEST_NAME: usize = 40;

impl App for Room {
    fn said(&mut self, client: ClientId, message: Message<'_>, outbox: &mut dyn Outbox) {
        // YOURS: Who hears it, and under which name?
        if message.opcode != TEXT {
            return outbox.send(&[client], &text("* this room is for text: nobody has heard that"));
        }
        // Invalid UTF-8 would end the connection of everybody who hears it (section 8.1).
        let said = String::from_utf8_lossy(&message.payload);
        if let Some(name) = said.strip_prefix(NAME) {
            return self.name(client, name.trim(), outbox);
        }
        let heard = match self.names.get(&client) {
            Some(name) => signed(name, &said, most(message.payload.len())),
            None => said.into_owned(),
        };
        outbox.send_to_all(&text(&heard));
        // YOURS_END
    }

    fn left(&mut self, client: ClientId, outbox: &mut dyn Outbox) {
        if let Some(name) = self.names.remove(&client) {
            outbox.send_to_all(&text(&format!("* {name} leaves")));
        }
    }
}

fn text(words: &str) -> Message<'_> {
    Message { opcode: TEXT, payload: words.as_bytes().into() }
}
// ANCHOR_END: room

// ANCHOR: name
impl Room {
    fn name(&mut self, client: ClientId, name: &str, outbox: &mut dyn Outbox) {
        if !is_name(name) {
            let rule = format!("* a name has 1 to {LONGEST_NAME} characters, and no colon in it");
            return outbox.send(&[client], &text(&rule));
        }
        let news = match self.names.insert(client, name.to_owned()) {
            None => format!("* {name} joins"),
            Some(before) if before == name => return,
            Some(before) => format!("* {before} is {name} now"),
        };
        outbox.send_to_all(&text(&news));
    }
}

/// A name is followed by a colon, on one line.
fn is_name(name: &str) -> bool {
    let length = name.chars().count();
    (1..=LONGEST_NAME).contains(&length) && !name.contains(|c: char| c == ':' || c.is_control())
}
// ANCHOR_END: name

// ANCHOR: signed
/// What each member gets of a message is at most so many times as long as what its speaker has sent.
const GROWTH: usize = 8;

/// The longest text that a payload of so many bytes may become. It came with two bytes around it at
/// least, and leaves behind a header of four at most.
fn most(payload: usize) -> usize {
    GROWTH * (payload + 2) - 4
}

/// A text behind the name of its speaker, of which as much is left as `most` bytes have room for.
fn signed(name: &str, said: &str, most: usize) -> String {
    let room = most.saturating_sub(": ".len() + said.len());
    if name.len() <= room {
        return format!("{name}: {said}");
    }
    let Some(room) = room.checked_sub("…".len()) else { return said.to_owned() };
    let fits = |(at, c): &(usize, char)| at + c.len_utf8() <= room;
    let short: String = name.char_indices().take_while(fits).map(|(_, c)| c).collect();
    format!("{short}…: {said}")
}
// ANCHOR_END: signed
