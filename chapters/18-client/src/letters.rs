//! What reaches the program from its other threads.

use std::io::{self, BufRead, Read};
use std::net::TcpStream;
use std::sync::mpsc::{self, SyncSender};
use std::thread;

use ch09_stream::LONGEST;

// ANCHOR: letters
/// What one of the threads has to say.
pub enum Letter {
    /// Bytes have come on the connection with this number: if none, the server has said its last word.
    Bytes(usize, io::Result<Vec<u8>>),
    /// A line was typed.
    Line(Vec<u8>),
    /// No other one will be.
    EndOfInput,
    /// Ctrl-C.
    Stop,
}

/// How many letters may wait.
pub const LETTERS: usize = 256;

/// Reads what a server sends.
pub fn read_socket(number: usize, mut socket: TcpStream, letters: SyncSender<Letter>) {
    thread::spawn(move || {
        loop {
            let mut bytes = vec![0; 64 * 1024];
            let read = socket.read(&mut bytes).map(|count| bytes.truncate(count));
            let is_last = read.is_err() || bytes.is_empty();
            if letters.send(Letter::Bytes(number, read.map(|()| bytes))).is_err() || is_last {
                return;
            }
        }
    });
}

/// Reads a line whenever one is wanted: so no more is read than can be sent.
pub fn read_lines(letters: SyncSender<Letter>) -> SyncSender<()> {
    let (want, wanted) = mpsc::sync_channel(1);
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        for () in wanted {
            let letter = match read_line(&mut input) {
                Ok(line) if !line.is_empty() => Letter::Line(line),
                _ => Letter::EndOfInput,
            };
            if letters.send(letter).is_err() {
                return;
            }
        }
    });
    want
}

/// A line with its end, if it has one. Of one that is longer than any message, only the beginning is kept.
fn read_line(input: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    input.by_ref().take(LONGEST as u64 + 1).read_until(b'\n', &mut line)?;
    if line.len() > LONGEST && !line.ends_with(b"\n") {
        input.skip_until(b'\n')?;
    }
    Ok(line)
}
// ANCHOR_END: letters
