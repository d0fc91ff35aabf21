//! The room: an app in which everybody hears everybody.

use std::collections::HashMap;

use ch06_select::ClientId;

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
    fn joined(&mut self, _client: ClientId, _outbox: &mut Outbox<'_>) {}

    fn said(&mut self, client: ClientId, message: &[u8], outbox: &mut Outbox<'_>) {
        // YOURS: Who hears it, and under which name?
        // What is no UTF-8 would end the connection of everybody who hears it (section 8.1).
        let text = String::from_utf8_lossy(message);
        if let Some(name) = text.strip_prefix(NAME) {
            return self.name(client, name.trim(), outbox);
        }
        match self.names.get(&client) {
            Some(name) => outbox.send_to_all(format!("{name}: {text}").as_bytes()),
            None => outbox.send_to_all(text.as_bytes()),
        }
        // YOURS_END
    }

    fn left(&mut self, client: ClientId, outbox: &mut Outbox<'_>) {
        if let Some(name) = self.names.remove(&client) {
            outbox.send_to_all(format!("* {name} leaves").as_bytes());
        }
    }
}
// ANCHOR_END: room

// ANCHOR: name
impl Room {
    fn name(&mut self, client: ClientId, name: &str, outbox: &mut Outbox<'_>) {
        if !is_name(name) {
            let rule = format!("* a name has 1 to {LONGEST_NAME} characters, and no colon in it");
            return outbox.send(client, rule.as_bytes());
        }
        let news = match self.names.insert(client, name.to_owned()) {
            None => format!("* {name} joins"),
            Some(before) if before == name => return,
            Some(before) => format!("* {before} is {name} now"),
        };
        outbox.send_to_all(news.as_bytes());
    }
}

/// A name stands before a colon, on one line.
fn is_name(name: &str) -> bool {
    let length = name.chars().count();
    (1..=LONGEST_NAME).contains(&length) && !name.contains(|c: char| c == ':' || c.is_control())
}
// ANCHOR_END: name
