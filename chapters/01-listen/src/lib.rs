//! Chapter 01, Listen: a socket that clients can reach, and a loop that takes them one by one.

mod program;
mod terminal;

use std::io::{self, Read};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use socket2::{Domain, Protocol, Type};

pub use program::{AddressError, address, explain, run};
pub use socket2::Socket;
pub use terminal::{LastLines, on_one_line, printable, show};

// ANCHOR: limits
/// How many clients may wait in the queue while the server talks to another.
const BACKLOG: i32 = 128;

/// How much one read takes at most, in bytes.
pub const READ_SIZE: usize = 4096;

/// How long to wait where nothing else says when: for a client's end, or before another try.
const MOMENT: Duration = Duration::from_millis(100);
// ANCHOR_END: limits

// ANCHOR: listen
/// Makes a socket that listens on `address`, in the four calls that every language wraps.
pub fn listen(address: SocketAddr) -> io::Result<Socket> {
    // YOURS: Which four calls make a socket that listens on this address?
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // On Windows the same option means "share the port with whoever has it": not wanted there.
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket)
    // YOURS_END
}
// ANCHOR_END: listen

// ANCHOR: each_client
/// Takes one client after another, for ever, and lets `talk` talk to it. The connection is closed
/// when `talk` returns; an error ends this client's connection and no other.
pub fn each_client(listener: &Socket, talk: impl Fn(&TcpStream) -> io::Result<()>) -> ! {
    // YOURS: How does one client come after another, for ever, whatever goes wrong with one?
    loop {
        let client = match listener.accept() {
            Ok((socket, _address)) => TcpStream::from(socket),
            Err(error) => {
                show(format!("a client could not be accepted: {error}"));
                thread::sleep(MOMENT);
                continue;
            }
        };
        show("a client connects");
        match talk(&client) {
            Ok(()) => show("the connection is closed"),
            Err(error) => show(format!("the connection is lost: {error}")),
        }
        hang_up(&client);
    }
    // YOURS_END
}
// ANCHOR_END: each_client

// ANCHOR: hang_up
/// The most that is thrown away of a client that does not stop, in bytes.
const LEFTOVER: u64 = 64 * 1024;

/// Says that we have said our last word, and throws away what the client says until it has said its
/// own. A socket that is closed with unread bytes resets the connection, and then the client may lose
/// what it was sent (RFC 6455, section 7.1.1).
fn hang_up(client: &TcpStream) {
    // A connection that is gone already needs none of this.
    let _ = client.shutdown(Shutdown::Write);
    let _ = client.set_read_timeout(Some(MOMENT));
    let _ = io::copy(&mut client.take(LEFTOVER), &mut io::sink());
}
// ANCHOR_END: hang_up

// ANCHOR: serve
/// Prints what each client says first, and hangs up.
pub fn serve(listener: &Socket) -> ! {
    each_client(listener, print_request)
}

fn print_request(mut client: &TcpStream) -> io::Result<()> {
    // YOURS: What does one read bring? Print it, line by line.
    let mut buffer = [0; READ_SIZE];
    let count = client.read(&mut buffer)?;
    for line in printable(&buffer[..count]).lines() {
        show(format!("  {line}"));
    }
    Ok(())
    // YOURS_END
}
// ANCHOR_END: serve
