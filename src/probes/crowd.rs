//! A crowd: many clients at once, which know text frames and nothing else. The instrument would name
//! every byte for each of them, and take too long over it.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use ch00_wire::{Side, Stream, masked_frame, rfc_request};
use socket2::{Domain, Socket, Type};

use super::missed::{Failure, beginning};
use super::promises::Sight;
use super::session::Session;
use super::system::{self, Ends};

/// No head of an answer is longer, in bytes.
const LONGEST_HEAD: u64 = 64 * 1024;
/// What the system is asked to keep for a member that does not read, in bytes.
const KEPT: usize = 4 * 1024;
/// And the size of its packets, in bytes: the smallest that every system allows.
#[cfg(unix)]
const PACKET: u32 = 536;
/// No message of a crowd is longer, in bytes: a header that says so is none.
const LONGEST: usize = 2 * 1024 * 1024;

/// How long nothing is taken from a client until the server is asked for: does it rest?
const STUCK: Duration = Duration::from_millis(500);
/// How long a knock at the door may take, for which there may be no room on the way.
const KNOCK: Duration = Duration::from_millis(10);

/// So many clients no server has room for by a number of its own: a system's limits begin here.
const MANY: usize = 200;

/// What frames look like that two writers have written at once.
const MIXED: &str = "the frames of two messages are mixed into one another: two threads write to one client at the same \
                     time, and nothing makes one wait for the other";

/// One of a crowd, whose connection is open.
pub(super) struct Member<'s> {
    session: &'s Session<'s>,
    stream: BufReader<TcpStream>,
    /// The text that came last.
    last: Vec<u8>,
    /// How many bytes of payload pings and pongs have brought.
    aside: usize,
}

/// A crowd of so many.
pub(super) fn gather<'s>(
    session: &'s Session<'s>,
    count: usize,
) -> Result<Vec<Member<'s>>, Failure> {
    // Where not even one connection opens, the instrument says best why.
    session.member()?.leave();
    let open = |number| {
        connect(session, number, |_| true)
            .and_then(|(stream, _)| Member::open(session, stream, number))
            .map_err(|failure| failure.step(if number < MANY { "few" } else { "many" }))
    };
    (1..=count).map(open).collect()
}

/// A crowd of two: one that listens, and one that is not going to read. Also whether the system keeps little for that
/// one: less than a megabyte.
pub(super) fn one_and_a_slow_one<'s>(
    session: &'s Session<'s>,
) -> Result<(Member<'s>, Member<'s>, bool), Failure> {
    session.member()?.leave();
    let one = Member::open(session, connect(session, 1, |_| true)?.0, 1)?;
    let (stream, is_little) = connect(session, 2, keep_little)?;
    let slow = Member::open(session, stream, 2)?;
    Ok((one, slow, is_little))
}

/// One that the instrument does not name the bytes of, because they are too many, or because many come after it.
pub(super) fn one<'s>(session: &'s Session<'s>) -> Result<Member<'s>, Failure> {
    Member::open(session, connect(session, 1, |_| true)?.0, 1)
}

/// Asks the system to keep little on the way to a socket that has not connected: small buffers, and small packets, as it
/// keeps so many of those. Whether it does.
fn keep_little(socket: &Socket) -> bool {
    let buffers =
        socket.set_recv_buffer_size(KEPT).and_then(|()| socket.set_send_buffer_size(KEPT));
    #[cfg(unix)]
    let packets = socket.set_tcp_mss(PACKET);
    #[cfg(not(unix))]
    let packets = Err(ErrorKind::Unsupported);
    buffers.is_ok() && packets.is_ok()
}

/// One that reads late, and for which the system keeps little.
pub(super) fn late_one<'s>(session: &'s Session<'s>) -> Result<Member<'s>, Failure> {
    session.member()?.leave();
    Member::open(session, connect(session, 1, keep_little)?.0, 1)
}

/// A connection, and what `prepare` says of its socket. A server that was told its port may still have to listen: the
/// first client waits for that.
fn connect(
    session: &Session,
    number: usize,
    prepare: impl FnOnce(&Socket) -> bool,
) -> Result<(TcpStream, bool), Failure> {
    if !session.was_reached() {
        session.visitor()?.leave();
    }
    let address = session.address();
    let connected =
        Socket::new(Domain::for_address(address), Type::STREAM, None).and_then(|socket| {
            let prepared = prepare(&socket);
            socket.connect_timeout(&address.into(), session.patience())?;
            let stream = TcpStream::from(socket);
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(session.patience()))?;
            stream.set_write_timeout(Some(session.patience()))?;
            Ok((stream, prepared))
        });
    connected.map_err(|error| {
        session.missed(Failure::missed(
            format!("the connection of client {number} to be taken"),
            Sight::Refused,
            format!("could not connect: {}", error.kind()),
        ))
    })
}

impl<'s> Member<'s> {
    fn open(
        session: &'s Session<'s>,
        stream: TcpStream,
        number: usize,
    ) -> Result<Member<'s>, Failure> {
        let expected = format!("a 101 for client {number}");
        let stream = BufReader::new(stream);
        let mut member = Member { session, stream, last: Vec::new(), aside: 0 };
        let head = member.head().map_err(|error| member.missed(&expected, &error))?;
        match head.starts_with(b"HTTP/1.1 101 ") {
            true => Ok(member),
            false => {
                let came = beginning(&String::from_utf8_lossy(&head));
                Err(session.missed(Failure::missed(expected, Sight::Status, came)))
            }
        }
    }

    fn head(&mut self) -> std::io::Result<Vec<u8>> {
        self.stream.get_mut().write_all(&rfc_request())?;
        let mut head = Vec::new();
        let mut reader = self.stream.by_ref().take(LONGEST_HEAD);
        while !head.ends_with(b"\r\n\r\n") && reader.limit() > 0 {
            if reader.read_until(b'\n', &mut head)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(head)
    }

    /// Says something. False where the server does not take it: it is busy, or has cut us off.
    pub(super) fn say(&mut self, text: &str) -> bool {
        self.send(&masked_frame(1, text.as_bytes()))
    }

    /// Sends bytes. False as above.
    pub(super) fn send(&mut self, bytes: &[u8]) -> bool {
        self.stream.get_mut().write_all(bytes).is_ok()
    }

    /// Sends bytes, and waits until the server's program has read them. False as above.
    pub(super) fn send_alone(&mut self, bytes: &[u8]) -> bool {
        let is_taken = self.send(bytes);
        let was_read =
            self.ends().and_then(|ends| system::wait_until_read(ends, self.session.patience()));
        if was_read.is_none() {
            std::thread::sleep(self.session.listening());
        }
        is_taken
    }

    /// Sends bytes for as long as they are taken: what is left of them when nothing is taken any more, and the server's
    /// program rests. Fails if the connection ends.
    pub(super) fn send_until_stuck<'b>(
        &mut self,
        bytes: &'b [u8],
        wanted: &str,
    ) -> Result<&'b [u8], Failure> {
        let mut rest = bytes;
        // A busy machine may only just have let it read: what counts is that nothing is taken from then on.
        let mut has_rested = false;
        let _ = self.stream.get_ref().set_write_timeout(Some(STUCK));
        while !rest.is_empty() {
            match self.stream.get_ref().write(rest) {
                Ok(count) => (rest, has_rested) = (&rest[count..], false),
                Err(error) if !is_timeout(&error) => return Err(self.missed(wanted, &error)),
                Err(_) if has_rested || self.session.is_over() => break,
                Err(_) => has_rested = self.session.wait_until_rest() != Some(false),
            }
        }
        let _ = self.stream.get_ref().set_write_timeout(Some(self.session.patience()));
        Ok(rest)
    }

    /// Whether the server has let go of the connection: the system answers a knock with a reset then, and the next one
    /// hears of it. A pong that nobody asked for says nothing.
    pub(super) fn knocks_in_vain(&mut self) -> bool {
        let mut stream = self.stream.get_ref();
        let _ = stream.set_write_timeout(Some(KNOCK));
        let knocked = stream.write(&masked_frame(0xa, b""));
        let _ = stream.set_write_timeout(Some(self.session.patience()));
        knocked.is_err_and(|error| !is_timeout(&error))
    }

    /// Whether the server has ended the connection.
    pub(super) fn is_cut_off(&self) -> bool {
        !matches!(self.stream.get_ref().take_error(), Ok(None))
    }

    /// Whether the server's program has read all that was said. `None`: the system does not say.
    pub(super) fn was_read(&self) -> Option<bool> {
        system::has_read(self.ends()?)
    }

    /// The two ends of its connection, if it has them still.
    fn ends(&self) -> Option<Ends> {
        let stream = self.stream.get_ref();
        Some(Ends { client: stream.local_addr().ok()?, server: stream.peer_addr().ok()? })
    }

    /// What comes next, which has to be a text. `expected` is for the failure.
    pub(super) fn hear(&mut self, expected: &str) -> Result<String, Failure> {
        let came = match self.text() {
            Ok(Some(text)) => return Ok(text),
            Ok(None) => Failure::missed(
                expected,
                Sight::Other,
                "something came that is not a text frame in the shortest form",
            ),
            Err(error) => return Err(self.missed(expected, &error)),
        };
        // A frame of another message has begun inside of the last one.
        let mixed = self.last.windows(2).any(|two| two[0] == 0x81 && two[1] < 127);
        Err(self.session.missed(if mixed { came.because(MIXED) } else { came }))
    }

    /// Waits for a text, among whatever else is said.
    pub(super) fn hear_among(&mut self, text: &str) -> Result<(), Failure> {
        let expected = format!("the text {text:?}");
        while self.hear(&expected)? != text {
            if self.session.is_over() {
                let came = "other texts came without end";
                return Err(self.session.missed(Failure::missed(expected, Sight::Extra, came)));
            }
        }
        Ok(())
    }

    /// The text of the next frame; `None` if it is something else. A ping or a pong
    /// answers nothing. Bytes that are no text are kept apart from every text: a room may pass on what a server
    /// that takes one read for one frame made of two.
    fn text(&mut self) -> std::io::Result<Option<String>> {
        loop {
            let mut header = [0; 2];
            self.stream.read_exact(&mut header)?;
            let [first @ (0x81 | 0x89 | 0x8a), short @ 0..=127] = header else { return Ok(None) };
            let mut length = [0; 8];
            let (from, shortest) = match short {
                126 => (6, 126),
                127 => (0, 65_536),
                short => {
                    length[7] = short;
                    (8, 0)
                }
            };
            self.stream.read_exact(&mut length[from..])?;
            let length = usize::try_from(u64::from_be_bytes(length)).unwrap_or(usize::MAX);
            if !(shortest..=LONGEST).contains(&length) {
                return Ok(None);
            }
            let mut payload = Vec::new();
            while payload.len() < length {
                // A server that sends a byte now and then could hold us up for ever.
                if self.session.is_over() {
                    return Err(ErrorKind::TimedOut.into());
                }
                let here = self.stream.fill_buf()?;
                let taken = here.len().min(length - payload.len());
                if taken == 0 {
                    return Err(ErrorKind::UnexpectedEof.into());
                }
                payload.extend_from_slice(&here[..taken]);
                self.stream.consume(taken);
            }
            if first != 0x81 {
                self.aside += payload.len();
            } else {
                self.last.clone_from(&payload);
                return Ok(Some(String::from_utf8_lossy(&payload).into_owned()));
            }
        }
    }

    /// How many bytes of payload pings and pongs have brought so far.
    pub(super) fn aside(&self) -> usize {
        self.aside
    }

    /// One whose bytes are not recorded, because they are too many.
    pub(super) fn alone(session: &'s Session<'s>) -> Result<Member<'s>, Failure> {
        session.member()?.leave();
        one(session)
    }

    /// Sends a fragment, and then others, so many times: `what` that is, in all. Sees the server end the connection over
    /// it, with a Close frame or without, and say nothing else before that.
    pub(super) fn gives_up(
        &mut self,
        first: &[u8],
        others: &[u8],
        times: usize,
        what: &str,
    ) -> Result<(), Failure> {
        let wanted =
            format!("a Close frame, or the end of the connection, after {what} at the latest");
        let mut came = Vec::new();
        for bytes in std::iter::once(first).chain(std::iter::repeat_n(others, times)) {
            let mut rest = bytes;
            while !rest.is_empty() {
                match self.stream.get_ref().write(rest) {
                    Ok(count) => rest = &rest[count..],
                    Err(error) if is_timeout(&error) => {
                        self.is_at_work(&wanted, "it takes no more")?
                    }
                    Err(_) => return Ok(()),
                }
            }
            if self.has_ended(&mut came, &wanted)? {
                return Ok(());
            }
        }
        loop {
            // Blocks until something comes, or for as long as patience lasts.
            let is_waited_for =
                self.stream.get_ref().peek(&mut [0]).is_err_and(|error| is_timeout(&error));
            if self.has_ended(&mut came, &wanted)? {
                return Ok(());
            }
            if is_waited_for {
                self.is_at_work(&wanted, &format!("it took {what}, and waits for more"))?;
            }
        }
    }

    /// Sees the server still at work, where it has neither taken nor sent anything in time.
    fn is_at_work(&self, wanted: &str, came: &str) -> Result<(), Failure> {
        match self.session.wait_until_rest() == Some(false) && !self.session.is_over() {
            true => Ok(()),
            false => {
                let came = format!("{came}, and the connection stays open");
                Err(self.session.missed(Failure::missed(wanted, Sight::Open, came)))
            }
        }
    }

    /// Whether a Close frame has come by now, or the end. Pings are answered. `came` has what came of a frame that is not
    /// all here.
    fn has_ended(&mut self, came: &mut Vec<u8>, wanted: &str) -> Result<bool, Failure> {
        let mut stream = self.stream.get_ref();
        let mut buffer = [0; 1024];
        let _ = stream.set_nonblocking(true);
        let read = stream.read(&mut buffer);
        let _ = stream.set_nonblocking(false);
        match read {
            Ok(0) => return Ok(true),
            Ok(count) => came.extend_from_slice(&buffer[..count]),
            Err(error) if is_timeout(&error) => {}
            Err(_) => return Ok(true),
        }
        let mut taken = 0;
        for unit in Stream::of_frames(Side::Server).feed(came) {
            match unit.bytes[0] & 0x0f {
                0x8 => return Ok(true),
                // Without an answer, a server may end the connection for another reason than the one that is looked for.
                0x9 if unit.complete => {
                    let payload = unit.frame.as_ref().map(|frame| frame.payload.as_slice());
                    let _ = stream.write_all(&masked_frame(0xa, payload.unwrap_or_default()));
                }
                0x9..=0xf => {}
                _ => {
                    let failure = Failure::wrong(wanted, Sight::Extra, &unit);
                    return Err(self.session.missed(failure));
                }
            }
            taken = if unit.complete { unit.end } else { taken };
        }
        came.drain(..taken);
        Ok(false)
    }

    fn missed(&self, expected: &str, error: &std::io::Error) -> Failure {
        let (sight, came) = match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                (Sight::Silent, "nothing came".to_owned())
            }
            ErrorKind::UnexpectedEof => {
                (Sight::Closed, "the server closed the connection".to_owned())
            }
            _ => (Sight::Closed, format!("the connection is broken: {}", error.kind())),
        };
        self.session.missed(Failure::missed(expected, sight, came))
    }
}

/// Whether nothing could be read or written in time.
fn is_timeout(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}
