//! A crowd: many clients at once, which know text frames and nothing else. The instrument would name
//! every byte for each of them, and take too long over it.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use ch00_wire::{masked_frame, rfc_request};

use super::bench::{Bench, Failure, cut};

/// How long the server may leave a member waiting that has something to say. Longer, and it is not going to
/// read.
pub(super) const HELD_UP: Duration = Duration::from_secs(5);

/// How long a member listens to others. In a large room, on a slow machine, these say much.
const OTHERS: Duration = Duration::from_secs(60);

/// No head of an answer is longer, in bytes.
const LONGEST_HEAD: u64 = 64 * 1024;

/// What the system is asked to keep for a member that does not read, in bytes.
const KEPT: usize = 64 * 1024;

/// One of a crowd, whose connection is open.
pub(super) struct Member(BufReader<TcpStream>);

/// A crowd of so many.
pub(super) fn gather(bench: &Bench, count: usize) -> Result<Vec<Member>, Failure> {
    // Where not even one connection opens, the instrument says best why.
    drop(bench.open()?);
    (1..=count).map(|number| open(bench, number)).collect()
}

/// A crowd of one.
pub(super) fn one(bench: &Bench) -> Result<Member, Failure> {
    drop(bench.open()?);
    open(bench, 1)
}

/// A member that is not going to read, for whom the system keeps little.
pub(super) fn slow(bench: &Bench) -> Result<Member, Failure> {
    let member = open(bench, 2)?;
    let socket = socket2::SockRef::from(member.0.get_ref());
    // Where a system does not let us choose, it keeps more, and the probe takes longer.
    let _ = socket.set_recv_buffer_size(KEPT);
    let _ = socket.set_send_buffer_size(KEPT);
    Ok(member)
}

fn open(bench: &Bench, number: usize) -> Result<Member, Failure> {
    let expected = format!("a 101 for client {number}");
    let failed = |error| missed(&expected, error);
    let stream = TcpStream::connect_timeout(&bench.address(), bench.patience()).map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    stream.set_read_timeout(Some(bench.patience())).map_err(failed)?;
    stream.set_write_timeout(Some(HELD_UP)).map_err(failed)?;
    let mut member = Member(BufReader::new(stream));
    member.0.get_mut().write_all(&rfc_request()).map_err(failed)?;
    let mut head = Vec::new();
    let mut reader = member.0.by_ref().take(LONGEST_HEAD);
    while !head.ends_with(b"\r\n\r\n") && reader.limit() > 0 {
        if reader.read_until(b'\n', &mut head).map_err(failed)? == 0 {
            return Err(missed(&expected, ErrorKind::UnexpectedEof.into()));
        }
    }
    match head.starts_with(b"HTTP/1.1 101 ") {
        true => Ok(member),
        false => Err(Failure::missed(expected, cut(&String::from_utf8_lossy(&head)))),
    }
}

impl Member {
    /// Says something. False where the server does not take it: it is busy, or has cut us off.
    pub(super) fn say(&mut self, text: &str) -> bool {
        self.0.get_mut().write_all(&masked_frame(1, text.as_bytes())).is_ok()
    }

    /// Whether the server has reset the connection.
    pub(super) fn is_cut_off(&self) -> bool {
        !matches!(self.0.get_ref().take_error(), Ok(None))
    }

    /// What comes next, which has to be a text. `expected` is for the failure.
    pub(super) fn hear(&mut self, expected: &str) -> Result<String, Failure> {
        self.text().map_err(|error| missed(expected, error))?.ok_or_else(|| {
            Failure::missed(expected, "something came that is no text frame of the shortest form")
        })
    }

    /// Waits for a text, among whatever else is said.
    pub(super) fn hear_among(&mut self, text: &str) -> Result<(), Failure> {
        let expected = format!("the text {text:?}");
        let deadline = Instant::now() + OTHERS;
        while self.hear(&expected)? != text {
            if Instant::now() > deadline {
                return Err(Failure::missed(expected, "other texts came without end"));
            }
        }
        Ok(())
    }

    /// The text of the next frame, in one of the two shorter forms; `None` if it is something else.
    /// Bytes that are no text are kept apart from every text: a room may pass on what a server that takes
    /// one read for one frame made of two.
    fn text(&mut self) -> std::io::Result<Option<String>> {
        let mut header = [0; 2];
        self.0.read_exact(&mut header)?;
        let length = match header {
            [0x81, length @ 0..=125] => usize::from(length),
            [0x81, 126] => {
                let mut length = [0; 2];
                self.0.read_exact(&mut length)?;
                usize::from(u16::from_be_bytes(length))
            }
            _ => return Ok(None),
        };
        let mut payload = vec![0; length];
        self.0.read_exact(&mut payload)?;
        Ok(Some(String::from_utf8_lossy(&payload).into_owned()))
    }
}

fn missed(expected: &str, error: std::io::Error) -> Failure {
    let came = match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => "nothing came".to_owned(),
        ErrorKind::UnexpectedEof => "the server closed the connection".to_owned(),
        _ => error.to_string(),
    };
    Failure::missed(expected, came)
}
