//! The page of the room: one port serves it, and the socket that it opens.

use ch02_key::Request;
use ch06_select::{Emit, End};

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
/// Answers a whole head: with a file, if one is asked for, and otherwise as in chapter 06.
pub fn start<F: Default>(head: &[u8], emit: Emit<'_>) -> Result<F, End> {
    match file_for(head) {
        None => ch06_select::start(head, emit),
        Some((_, content_type, body)) => {
            Err(End { last: ok(content_type, body).into(), why: "the file is sent".to_owned() })
        }
    }
}

/// The file that a request asks for. A request that wants to upgrade does not ask for one.
fn file_for(head: &[u8]) -> Option<(&str, &str, &str)> {
    // YOURS: Which request asks for which file?
    let request = Request::parse(head).ok().filter(|request| request.field("Upgrade").is_none())?;
    FILES.into_iter().find(|(target, ..)| *target == request.target)
    // YOURS_END
}
// ANCHOR_END: start
