//! What a client asks for with the target of its request: a room, and where to go on.

use std::fmt;
use std::sync::Arc;

use ch02_key::Request;
use ch06_select::End;

use crate::Id;

// ANCHOR: asked
/// A room's name. The room of chapter 07 has the empty one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RoomName(Arc<str>);

/// What a client asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The room that it wants to be in.
    pub room: RoomName,
    /// The last message that it has heard, or 0. It wants to hear what came after, and the id of each.
    pub after: Option<Id>,
}

/// The longest name of a room.
const LONGEST_NAME: usize = 32;
// ANCHOR_END: asked

// ANCHOR: read
impl Asked {
    /// Reads the target: `/room/NAME` is a room, and any other path the room of chapter 07.
    pub fn read(head: &[u8]) -> Result<Asked, End> {
        // The door says what is wrong with a malformed request.
        let Ok(request) = Request::parse(head) else { return Ok(Asked::default()) };
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let name = path.strip_prefix("/room/");
        if name.is_some_and(|name| !is_name(name)) {
            return Err(refusal("404 Not Found", "a room's name is 1 to 32 of a-z, 0-9 and -"));
        }
        let after = query.split('&').find_map(|field| field.strip_prefix("after="));
        let after = after.map(str::parse).transpose();
        let after = after.map_err(|why| refusal("400 Bad Request", why))?;
        Ok(Asked { room: RoomName(name.unwrap_or("").into()), after })
    }
}

fn is_name(name: &str) -> bool {
    let is_usual = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(is_usual)
}

fn refusal(status: &str, why: &str) -> End {
    let length = why.len() + 1;
    let last = format!(
        "HTTP/1.1 {status}\r\n\
         Content-Type: text/plain\r\n\
         Content-Length: {length}\r\n\
         Connection: close\r\n\
         \r\n\
         {why}\n"
    );
    End { last: last.into(), why: format!("{}: {why}", &status[..3]) }
}

impl fmt::Display for RoomName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl From<&str> for RoomName {
    fn from(name: &str) -> Self {
        RoomName(name.into())
    }
}
// ANCHOR_END: read
