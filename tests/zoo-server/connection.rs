//! One client, from its first byte to its last.

use std::io::{self, Read, Write};
use std::mem;
use std::net::{Shutdown, TcpStream};
use std::process;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use super::Zoo;
use super::frames::decode;
use super::heads::{self, Head};
use super::room::Age;

/// The longest head, and the longest message of 2010, in bytes.
const LONGEST_HEAD: usize = 16 * 1024;
const LONGEST: usize = 64 * 1024;

/// How much of a head some servers read, and how much of it others look at, in bytes.
const SMALL: usize = 512;
const LITTLE: usize = 2048;

struct Connection<'z> {
    zoo: &'z Zoo,
    number: usize,
    stream: TcpStream,
    /// What has been read and not been taken.
    unread: Vec<u8>,
    /// Who waits for the head hears that this is dropped.
    asking: Option<Sender<()>>,
    /// The answer was 101.
    is_open: bool,
}

/// Talks to a client until one of the two has enough.
pub fn talk(zoo: &Zoo, number: usize, stream: TcpStream, asking: Sender<()>) {
    zoo.say(&format!("client {number} connects"));
    let _ = stream.set_nodelay(true);
    let mut connection = Connection {
        zoo,
        number,
        stream,
        unread: Vec::new(),
        asking: Some(asking),
        is_open: false,
    };
    if connection.run().is_err() && zoo.makes("ends-with-an-error") {
        process::exit(1);
    }
    while zoo.makes("each-until-it-leaves") && matches!(connection.stream.read(&mut [0]), Ok(1..)) {
    }
    // It asks who is ready, and a socket at its end always is.
    while zoo.makes("spins-at-an-end") && matches!(connection.stream.read(&mut [0]), Ok(0)) {}
    while zoo.makes("prints-without-end") && connection.is_open {
        zoo.say("nobody says anything");
    }
    zoo.room.leave(zoo, number);
    if zoo.makes("ends-with-the-last") && connection.is_open && zoo.room.count() == 0 {
        process::exit(0);
    }
    zoo.say(&format!("client {number} is gone"));
}

/// Leaves a connection as it is, and does nothing more about it.
fn forget() -> ! {
    loop {
        thread::park();
    }
}

impl Connection<'_> {
    fn run(&mut self) -> io::Result<()> {
        let mut head = self.head()?;
        if head.len() > LITTLE && self.zoo.makes("first-2048-bytes") {
            head.truncate(LITTLE);
            head.extend(b"\r\n\r\n");
        }
        self.asking = None;
        if head.is_empty() {
            return Ok(());
        }
        String::from_utf8_lossy(&head).lines().for_each(|line| self.zoo.say(&format!("  {line}")));
        let Some(head) = Head::parse(self.zoo, &head) else { return self.refuse() };
        let connection = head.field("Connection").is_none_or(|value| value == "Upgrade");
        if !connection && self.zoo.makes("connection-as-a-whole") {
            return self.refuse();
        }
        if head.target() == "/"
            && (head.field("Upgrade").is_none() || self.zoo.makes("page-for-every-slash"))
            && !self.zoo.makes("no-page")
        {
            return self.page();
        }
        if let Some(older) = heads::older(self.zoo, &head) {
            return self.older(&older);
        }
        match head.key(self.zoo) {
            Some(key) => self.newer(&head, &key),
            None => self.refuse(),
        }
    }

    /// Reads once more. False at the end.
    fn fill(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 4096];
        let count = self.stream.read(&mut buffer)?;
        self.unread.extend_from_slice(&buffer[..count]);
        Ok(count > 0)
    }

    /// The head, with its empty line if that came. Empty if the client left without a word.
    fn head(&mut self) -> io::Result<Vec<u8>> {
        loop {
            if self.unread.len() > SMALL && self.zoo.makes("head-of-512") {
                // What follows has no room in its buffer, and the empty line is never found.
                while self.unread.len() < LONGEST_HEAD && self.fill()? {}
                return Ok(Vec::new());
            }
            let end = self.unread.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(end) = end {
                return Ok(self.unread.drain(..end + 4).collect());
            }
            if self.unread.len() > LONGEST_HEAD && !self.zoo.makes("head-without-end") {
                return Ok(mem::take(&mut self.unread));
            }
            if !self.unread.is_empty() && self.zoo.makes("member-at-once") {
                self.zoo.room.join(self.number, &self.stream, Age::Newer, b"")?;
            }
            let more = self.fill()?;
            if !more && self.unread.is_empty() && self.zoo.makes("ends-with-a-client") {
                process::exit(0);
            }
            if !more && !self.unread.is_empty() && self.zoo.makes("half-a-head-ends-all") {
                process::exit(1);
            }
            if !more && !self.unread.is_empty() && self.zoo.makes("half-head-unanswered") {
                forget();
            }
            if !more || self.zoo.makes("head-in-one-read") {
                return Ok(mem::take(&mut self.unread));
            }
        }
    }

    fn refuse(&mut self) -> io::Result<()> {
        if self.zoo.makes("silence-for-what-is-none") {
            return Ok(());
        }
        let body = "this server speaks WebSocket\n";
        let length = body.len();
        let head = format!("HTTP/1.1 400 Bad Request\r\nContent-Length: {length}\r\n\r\n{body}");
        self.stream.write_all(head.as_bytes())?;
        while self.zoo.makes("stays-after-400") && self.fill()? {}
        if self.zoo.makes("spins-beside-the-refused") {
            // Its last word is said, and the client's is asked for again and again.
            self.stream.shutdown(Shutdown::Write)?;
            self.stream.set_nonblocking(true)?;
            while self.fill().is_err() {}
        }
        Ok(())
    }

    fn page(&mut self) -> io::Result<()> {
        let body = "<!doctype html><meta charset=\"utf-8\"><title>The room · 房間</title>";
        let kind = match self.zoo.makes("no-content-type") {
            true => "",
            false => "Content-Type: text/html\r\n",
        };
        let length = match self.zoo.makes("length-of-the-page-in-characters") {
            true => body.chars().count(),
            false => body.len(),
        };
        let head = format!("HTTP/1.1 200 OK\r\n{kind}Content-Length: {length}\r\n\r\n{body}");
        self.stream.write_all(head.as_bytes())?;
        while self.zoo.makes("page-stays-open") && self.fill()? {}
        Ok(())
    }

    fn newer(&mut self, head: &Head, key: &str) -> io::Result<()> {
        if self.zoo.makes("hundred-at-most") && self.zoo.room.count() >= 100 {
            return Ok(());
        }
        let mut answer = heads::answer(self.zoo, head, key);
        if self.zoo.makes("closes-after-101") {
            return self.stream.write_all(&answer);
        }
        if self.zoo.makes("member-too-late") {
            self.stream.write_all(&mem::take(&mut answer))?;
            // What is said until it speaks itself passes it by.
            self.fill()?;
        }
        self.zoo.room.join(self.number, &self.stream, Age::Newer, &answer)?;
        self.is_open = true;
        if self.zoo.makes("never-rests") && self.zoo.room.count() == 2 {
            thread::spawn(|| {
                loop {
                    std::hint::spin_loop();
                }
            });
        }
        loop {
            if self.unread.is_empty() && !self.fill()? {
                if self.zoo.makes("end-not-looked-at") {
                    forget();
                }
                while self.zoo.makes("spins-after-101") && !self.fill()? {}
                return Ok(());
            }
            let bytes = mem::take(&mut self.unread);
            let Some(text) = decode(self.zoo, &bytes) else {
                self.gives_up(&bytes);
                return Ok(());
            };
            match bytes[0] & 0x0f {
                0x8 if self.zoo.makes("goodbye-to-all") => {
                    self.zoo.room.tell(self.zoo, self.number, &text);
                    return Ok(());
                }
                0x8 if !self.zoo.makes("close-is-text") => return Ok(()),
                0x9 | 0xA if !self.zoo.makes("ping-is-text") => continue,
                _ => {}
            }
            if self.zoo.makes("no-text-ends-all") && std::str::from_utf8(&text).is_err() {
                process::exit(1);
            }
            if self.zoo.makes("101-for-each-read") {
                self.zoo.room.send_raw(self.number, &answer);
            }
            if !self.hears(&bytes, &text)? {
                return Ok(());
            }
        }
    }

    /// What has come is no frame, or half a one.
    fn gives_up(&mut self, bytes: &[u8]) {
        let half = bytes.get(1).is_none_or(|second| second & 0x80 != 0);
        if half && self.zoo.makes("half-a-frame-ends-all") {
            process::exit(1);
        }
        // It waits for the other half, and takes whatever happens then for its own end.
        if half && self.zoo.makes("reset-ends-all") && self.fill().is_err() {
            process::exit(1);
        }
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// A message of today. False where this was the last one.
    fn hears(&mut self, frame: &[u8], text: &[u8]) -> io::Result<bool> {
        let shown = match self.zoo.makes("bytes-for-characters") {
            true => text.iter().map(|&byte| char::from(byte)).collect(),
            false => String::from_utf8_lossy(text).into_owned(),
        };
        let shown = match () {
            _ if self.zoo.makes("terminal-obeys") => shown.replace('\n', "\\n"),
            // JSON writes out those below U+0020, and no others.
            _ if self.zoo.makes("half-of-the-controls") => shown.replace(['\n', '\u{1b}'], "?"),
            _ if self.zoo.makes("several-lines") => shown.replace(['\u{1b}', '\u{9b}'], "?"),
            _ => ch00_wire::visible(&shown),
        };
        self.zoo.say(&format!("client {} says: {shown}", self.number));
        if self.zoo.makes("last-word-ends-it") && self.goes_on_no_more()? {
            let _ = self.stream.shutdown(Shutdown::Both);
            return Ok(false);
        }
        match () {
            _ if text.is_empty() && self.zoo.makes("nothing-for-nothing") => {}
            _ if self.zoo.makes("sent-back-masked") => self.zoo.room.send_raw(self.number, frame),
            _ => self.zoo.room.tell(self.zoo, self.number, text),
        }
        while self.zoo.makes("end-overlooked") && self.goes_on_no_more()? {
            // Nothing wakes it any more.
            thread::park();
        }
        Ok(!self.zoo.makes("one-message-and-out"))
    }

    /// Looks, after a moment, whether the client has said its last word.
    fn goes_on_no_more(&self) -> io::Result<bool> {
        thread::sleep(Duration::from_millis(30));
        self.stream.set_nonblocking(true)?;
        let ended = matches!(self.stream.peek(&mut [0]), Ok(0));
        self.stream.set_nonblocking(false)?;
        Ok(ended)
    }

    fn older(&mut self, older: &heads::Older) -> io::Result<()> {
        let waits = self.zoo.makes("waits-for-eight-bytes") && older.parts.is_some();
        while waits && self.unread.len() < 8 {
            if !self.fill()? {
                return Ok(());
            }
        }
        self.stream.write_all(older.head.as_bytes())?;
        let mut answer = Vec::new();
        if let Some(parts) = older.parts {
            while self.unread.len() < 8 {
                if !self.fill()? {
                    return Ok(());
                }
            }
            let key3: Vec<u8> = self.unread.drain(..8).collect();
            let key3 = key3.try_into().expect("eight bytes");
            answer = heads::older_answer(self.zoo, parts, key3);
        }
        self.zoo.room.join(self.number, &self.stream, Age::Older, &answer)?;
        loop {
            while self.takes_older_frame()? {}
            let too_long = self.unread.len() > LONGEST && !self.zoo.makes("no-end-no-limit");
            if too_long && self.zoo.makes("no-end-ends-all") {
                process::exit(1);
            }
            if too_long || !self.fill()? {
                return self.stream.shutdown(Shutdown::Both);
            }
        }
    }

    /// Takes one frame of 2010. False where there is no whole one; an error where it is the last.
    fn takes_older_frame(&mut self) -> io::Result<bool> {
        let Some(&first) = self.unread.first() else { return Ok(false) };
        if self.zoo.makes("one-read-one-message") {
            let read = mem::take(&mut self.unread);
            let text = read.strip_prefix(&[0]).unwrap_or(&read);
            let text = text.strip_suffix(&[0xff]).unwrap_or(text);
            self.zoo.room.tell(self.zoo, self.number, text);
            return Ok(true);
        }
        if first & 0x80 == 0 || self.zoo.makes("length-is-text") {
            let Some(end) = self.unread.iter().position(|&byte| byte == 0xff) else {
                return Ok(false);
            };
            let frame: Vec<u8> = self.unread.drain(..=end).collect();
            let text = String::from_utf8_lossy(frame.get(1..end).unwrap_or_default());
            self.zoo.say(&format!("client {} says: {text}", self.number));
            self.zoo.room.tell(self.zoo, self.number, text.as_bytes());
            return Ok(true);
        }
        let Some(last) = self.unread.iter().skip(1).position(|byte| byte & 0x80 == 0) else {
            return Ok(false);
        };
        let bytes = &self.unread[1..=last + 1];
        let length = bytes.iter().fold(0usize, |sum, byte| {
            sum.saturating_mul(128).saturating_add(usize::from(byte & 0x7f))
        });
        if first == 0xff && length == 0 {
            if !self.zoo.makes("no-goodbye") {
                self.zoo.room.send_raw(self.number, &[0xff, 0x00]);
                // The queue is written, and then the connection ends.
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            self.unread.drain(..2);
            return Ok(true);
        }
        let end = last + 2 + length.min(LONGEST * 2);
        if self.unread.len() < end {
            return Ok(false);
        }
        self.unread.drain(..end);
        Ok(true)
    }
}
