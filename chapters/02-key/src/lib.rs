//! Chapter 02, The key: the request's head, and the key in it.

mod head;

use std::fmt::Display;
use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;

use ch01_listen::{Socket, each_client, printable, show};

pub use head::{BadRequest, HeadEnd, MAX_HEAD, Request, read_head};

// ANCHOR: receive_key
/// Reads the request and hands back its key. Anything else is answered with 400.
/// `None`: there is nothing to answer any more, hang up.
pub fn receive_key(
    reader: &mut impl BufRead,
    mut writer: impl Write,
) -> io::Result<Option<String>> {
    // YOURS: What is read, printed, and answered if it is not a request?
    let mut head = Vec::new();
    read_head(reader, &mut head)?;
    if head.is_empty() {
        return Ok(None);
    }
    for line in printable(&head).lines() {
        show(format!("  {line}"));
    }
    match Request::parse(&head).and_then(|request| request.key()) {
        Ok(key) => Ok(Some(key)),
        Err(why) => {
            show(format!("400: {why}"));
            writer.write_all(bad_request(why).as_bytes())?;
            Ok(None)
        }
    }
    // YOURS_END
}

/// The whole answer to a bad request.
pub fn bad_request(why: impl Display) -> String {
    let body = format!("{why}\n");
    format!(
        "HTTP/1.1 400 Bad Request\r\n\
         Content-Type: text/plain\r\n\
         Content-Length: {}\r\n\
         Connection: close\r\n\
         \r\n\
         {body}",
        body.len()
    )
}
// ANCHOR_END: receive_key

// ANCHOR: serve
/// Prints each client's key, and says nothing: the client waits.
pub fn serve(listener: &Socket) -> ! {
    each_client(listener, print_key)
}

fn print_key(client: &TcpStream) -> io::Result<()> {
    // YOURS: What is done with the key, and when does the client leave?
    let mut reader = BufReader::new(client);
    if let Some(key) = receive_key(&mut reader, client)? {
        show(format!("the key is {}", printable(key.as_bytes())));
        wait_until_it_leaves(&mut reader)?;
    }
    Ok(())
    // YOURS_END
}

/// Reads and forgets, until the client has no more to say.
fn wait_until_it_leaves(reader: &mut impl BufRead) -> io::Result<()> {
    io::copy(reader, &mut io::sink())?;
    Ok(())
}
// ANCHOR_END: serve
