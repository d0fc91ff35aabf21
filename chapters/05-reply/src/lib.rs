//! Chapter 05, Reply: a frame back. The server is an echo now.

use std::io::{self, BufReader, Write};
use std::net::TcpStream;

use ch01_listen::{Socket, each_client};
use ch03_accept::opening_handshake;
use ch04_decode::{Opcode, each_frame, print_message};

// ANCHOR: text
/// The opcode of a text frame (RFC 6455, section 5.2).
pub const TEXT: Opcode = Opcode(0x1);
// ANCHOR_END: text

// ANCHOR: encode
/// A whole message in one frame.
pub fn encode(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    encode_header(opcode, payload.len(), &mut frame);
    frame.extend(payload);
    frame
}

/// The header of a whole message in one frame, behind what is in `out`: its payload length in the shortest
/// form, and no mask: a server's frames never have one (RFC 6455, section 5.1).
pub fn encode_header(opcode: Opcode, length: usize, out: &mut Vec<u8>) {
    // YOURS: Which bytes stand in front of the payload, for each length?
    let fin = 0x80;
    let first = fin | opcode.0;
    match length {
        0..=125 => out.extend_from_slice(&[first, length as u8]),
        126..=65_535 => {
            let [high, low] = (length as u16).to_be_bytes();
            out.extend_from_slice(&[first, 126, high, low]);
        }
        _ => {
            out.extend_from_slice(&[first, 127]);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    // YOURS_END
}
// ANCHOR_END: encode

// ANCHOR: serve
/// Sends each client what it says back to it.
pub fn serve(listener: &Socket) -> ! {
    each_client(listener, echo)
}

fn echo(mut client: &TcpStream) -> io::Result<()> {
    // YOURS: What is printed, what goes back, and to whom?
    let mut reader = BufReader::new(client);
    if !opening_handshake(&mut reader, client)? {
        return Ok(());
    }
    each_frame(reader, |frame| {
        print_message(&frame);
        client.write_all(&encode(TEXT, &frame.payload))
    })
    // YOURS_END
}
// ANCHOR_END: serve
