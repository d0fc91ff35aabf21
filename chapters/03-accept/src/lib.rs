//! Chapter 03, Accept: the answer that opens the connection.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ch01_listen::{READ_SIZE, Socket, each_client, on_one_line, show};
use ch02_key::receive_key;
use sha1::{Digest, Sha1};

// ANCHOR: accept_key
/// The string that RFC 6455, section 1.3, chose because nobody would send it by chance.
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// What `Sec-WebSocket-Accept` must say to this key (RFC 6455, section 4.2.2).
pub fn accept_key(key: &str) -> String {
    // YOURS: What is hashed, and how is the digest written?
    let digest = Sha1::digest(format!("{key}{GUID}"));
    BASE64_STANDARD.encode(digest)
    // YOURS_END
}
// ANCHOR_END: accept_key

// ANCHOR: switching_protocols
/// The server's opening handshake. Whatever follows its empty line is already a frame.
pub fn switching_protocols(key: &str) -> String {
    // YOURS: Which lines say yes, and what ends them?
    format!(
        "HTTP/1.1 101 Switching Protocols\r\n\
         Upgrade: websocket\r\n\
         Connection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n\
         \r\n",
        accept_key(key)
    )
    // YOURS_END
}
// ANCHOR_END: switching_protocols

// ANCHOR: opening_handshake
/// Reads the client's opening handshake and answers it. True if the connection is open now.
pub fn opening_handshake(reader: &mut impl BufRead, mut writer: impl Write) -> io::Result<bool> {
    // YOURS: What is read, and what is sent?
    let Some(key) = receive_key(reader, &mut writer)? else {
        return Ok(false);
    };
    writer.write_all(switching_protocols(&key).as_bytes())?;
    show("handshake successful");
    Ok(true)
    // YOURS_END
}
// ANCHOR_END: opening_handshake

// ANCHOR: serve
/// Opens a connection with each client, and prints the bytes that come then, as they are.
pub fn serve(listener: &Socket) -> ! {
    each_client(listener, open)
}

fn open(client: &TcpStream) -> io::Result<()> {
    let mut reader = BufReader::new(client);
    if opening_handshake(&mut reader, client)? {
        print_bytes(reader)?;
    }
    Ok(())
}

fn print_bytes(mut reader: impl Read) -> io::Result<()> {
    // YOURS: What comes after the handshake, until the client leaves? Print it.
    let mut buffer = [0; READ_SIZE];
    loop {
        let count = reader.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        show(format!("{count} bytes came: {}", on_one_line(&buffer[..count])));
    }
    // YOURS_END
}
// ANCHOR_END: serve
