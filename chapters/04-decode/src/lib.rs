//! Chapter 04, Decode: a client's frame, unmasked.

mod frame;

use std::io::{self, BufReader, Read};
use std::net::TcpStream;

use ch01_listen::{READ_SIZE, Socket, each_client, on_one_line, show};
use ch03_accept::opening_handshake;

pub use frame::{DecodeError, Frame, Opcode, decode, unmask};

// ANCHOR: each_frame
/// Hands every frame that the client sends to `take`, until it leaves. One read is taken for one
/// frame: if it is not one, the connection is failed (RFC 6455, section 7.1.7).
pub fn each_frame(
    mut reader: impl Read,
    mut take: impl FnMut(Frame) -> io::Result<()>,
) -> io::Result<()> {
    // YOURS: What is done with a read: a frame, the end, or no frame at all?
    let mut buffer = [0; READ_SIZE];
    loop {
        let count = reader.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        match decode(&buffer[..count]) {
            Ok(frame) => take(frame)?,
            Err(why) => {
                show(format!("not a frame: {why}"));
                return Ok(());
            }
        }
    }
    // YOURS_END
}
// ANCHOR_END: each_frame

// ANCHOR: serve
/// Prints what each client says.
pub fn serve(listener: &Socket) -> ! {
    each_client(listener, print_frames)
}

fn print_frames(client: &TcpStream) -> io::Result<()> {
    let mut reader = BufReader::new(client);
    if !opening_handshake(&mut reader, client)? {
        return Ok(());
    }
    each_frame(reader, |frame| {
        print_message(&frame);
        Ok(())
    })
}

/// Shows a frame's payload as text.
pub fn print_message(frame: &Frame) {
    show(format!("the client says: {}", on_one_line(&frame.payload)));
}
// ANCHOR_END: serve
