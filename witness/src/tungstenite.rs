//! tungstenite, without a socket.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};

use ch09_stream::LONGEST;
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};

use crate::outcome::Outcome;

/// A client, and what it is sent.
struct Client<'a> {
    reads: VecDeque<&'a [u8]>,
    sent: Vec<u8>,
}

impl Read for Client<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let next = self.reads.front_mut().ok_or(ErrorKind::WouldBlock)?;
        let count = next.read(buffer)?;
        if next.is_empty() {
            self.reads.pop_front();
        }
        Ok(count)
    }
}

impl Write for Client<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sent.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What tungstenite makes of these reads.
pub fn outcome(reads: &[&[u8]]) -> Outcome {
    let client = Client { reads: reads.iter().copied().collect(), sent: Vec::new() };
    let config = WebSocketConfig::default()
        .read_buffer_size(4096)
        .max_message_size(Some(LONGEST))
        .max_frame_size(Some(LONGEST));
    let mut server = WebSocket::from_raw_socket(client, Role::Server, Some(config));
    let mut outcome = Outcome::default();
    let code = loop {
        let read = server.read();
        // A Ping frame is answered with the next write.
        let _ = server.flush();
        match read {
            Ok(Message::Text(text)) => outcome.hear(true, text.as_bytes().to_vec()),
            Ok(Message::Binary(bytes)) => outcome.hear(false, bytes.to_vec()),
            Ok(_) => {}
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => break None,
            Err(Error::ConnectionClosed | Error::AlreadyClosed) => break None,
            // It leaves the Close frame to its caller.
            Err(Error::Protocol(_)) => break Some(1002),
            Err(Error::Utf8(_)) => break Some(1007),
            Err(Error::Capacity(_)) => break Some(1009),
            Err(error) => panic!("{error}"),
        }
    };
    outcome.send(&server.get_ref().sent);
    if !outcome.is_over() {
        outcome.close = code.map(Some);
    }
    outcome
}
