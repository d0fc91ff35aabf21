//! The page of the room: one port serves it, and the socket that it opens.

use ch02_key::Request;
use ch06_select::{End, Event, Take, start as start_frames};

// ANCHOR: files
/// What the server has for a browser: target, type, and the whole of it.
const FILES: [(&str, &str, &str); 3] = [
    ("/", "text/html; charset=utf-8", include_str!("page.html")),
    ("/page.css", "text/css", include_str!("page.css")),
    ("/page.js", "text/javascript", include_str!("page.js")),
];

fn ok(content_type: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\n\
         Content-Type: {content_type}\r\n\
         Content-Length: {}\r\n\
         Connection: close\r\n\
         \r\n\
         {body}",
        body.len()
    )
}
// ANCHOR_END: files

// ANCHOR: start
/// Answers a whole head: with a file, where one is asked for, and otherwise as in chapter 06.
pub fn start<F: Default>(head: &[u8], take: Take<'_>) -> Result<F, End> {
    let Some((_, content_type, body)) = file_for(head) else {
        return start_frames(head, take);
    };
    take(Event::Send(ok(content_type, body).as_bytes()));
    Err("the file is sent".into())
}

/// The file that a request asks for. Whoever wants to upgrade does not ask for one.
fn file_for(head: &[u8]) -> Option<(&str, &str, &str)> {
    // YOURS: Which request asks for which file?
    let request = Request::parse(head).ok().filter(|request| request.field("Upgrade").is_none())?;
    FILES.into_iter().find(|(target, ..)| *target == request.target)
    // YOURS_END
}
// ANCHOR_END: start
