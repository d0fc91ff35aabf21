//! Chapter 01, Listen: a socket that clients can reach, and a loop that takes them one by one.

mod program;
mod terminal;

use std::io::{self, Read};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use socket2::{Domain, Protocol, Type};

pub use program::{AddressError, address, explain, run};
pub use socket2::Socket;
pub use terminal::{on_one_line, printable};

// ANCHOR: limits
/// How many clients may wait in the queue while the server talks to another.
const BACKLOG: i32 = 128;

/// How much one read takes at most, in bytes.
pub const READ_SIZE: usize = 4096;
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
                println!("a client could not be accepted: {error}");
                thread::sleep(Duration::from_millis(100));
                continue;
            }
        };
        println!("a client connects");
        match talk(&client) {
            Ok(()) => println!("the connection is closed"),
            Err(error) => println!("the connection is lost: {error}"),
        }
    }
    // YOURS_END
}
// ANCHOR_END: each_client

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
        println!("  {line}");
    }
    Ok(())
    // YOURS_END
}
// ANCHOR_END: serve
