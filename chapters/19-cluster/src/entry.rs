//! What a room has heard, and its place in the room's order.

use std::fmt;
use std::str::FromStr;

use ch06_select::Message;

// ANCHOR: id
/// A message's place in its room. Numbers count from 1, without a gap; a room that has lost its memory
/// begins a new era, which is greater than the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    era: u64,
    number: u64,
}

impl Id {
    /// Whether nothing was said between the two.
    pub fn is_followed_by(self, next: Id) -> bool {
        // YOURS: Which place comes right after this one, and which is the first of all?
        (self == Id::default() || self.era == next.era) && next.number == self.number + 1
        // YOURS_END
    }
}
// ANCHOR_END: id

// ANCHOR: text
impl fmt::Display for Id {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{}", self.era, self.number)
    }
}

impl FromStr for Id {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (era, number) = text.split_once('-').unwrap_or((text, "0"));
        match (era.parse(), number.parse()) {
            (Ok(era), Ok(number)) if number < u64::MAX => Ok(Id { era, number }),
            _ => Err("an id is two numbers, as in 1764262800000000-7"),
        }
    }
}
// ANCHOR_END: text

// ANCHOR: entry
/// What was said in a room.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its place.
    pub id: Id,
    /// The message.
    pub message: Message<'static>,
}

impl Entry {
    /// The message behind its place, for those who ask for places.
    pub fn with_id(&self) -> Message<'_> {
        let payload = [format!("{} ", self.id).as_bytes(), &self.message.payload].concat();
        Message { opcode: self.message.opcode, payload: payload.into() }
    }
}
// ANCHOR_END: entry
