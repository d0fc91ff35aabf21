//! The zoo of clients: a small client, that makes the mistake it is named. Without one, it makes none.
//! `zoo-client MISTAKE ADDRESS`.

mod mistakes;

use std::env;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::mem;
use std::net::{Shutdown, TcpStream};
use std::process::exit;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ch00_wire::{Header, unmask};
use sha1::{Digest, Sha1};

use mistakes::MISTAKES;

/// The mistake that this client makes.
#[derive(Clone)]
struct Zoo(String);

impl Zoo {
    fn makes(&self, name: &str) -> bool {
        assert!(MISTAKES.iter().any(|(other, _)| *other == name), "{name} is not in the list");
        self.0 == name
    }
}

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    let [mistake, address] = &words[..] else { panic!("name a mistake, or \"\", and an address") };
    let zoo = Zoo(mistake.clone());
    if zoo.makes("fails-to-start") {
        let folders = "a-long-name/".repeat(20);
        eprintln!("can't open file '{folders}client': No such file or directory");
        exit(2);
    }
    if zoo.makes("greets") {
        println!("connecting to {address}");
    }
    loop {
        let is_lost = match talk(&zoo, address) {
            Ok(true) if zoo.makes("back-after-goodbye") => continue,
            Ok(has_left) => !has_left,
            Err(error) => {
                matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset)
            }
        };
        if !is_lost || !zoo.makes("back-at-once") {
            exit(0);
        }
    }
}

/// True if both sides have said goodbye.
fn talk(zoo: &Zoo, address: &str) -> io::Result<bool> {
    let (host, path) = address.trim_start_matches("ws://").split_once('/').expect("a path");
    let mut stream = TcpStream::connect(host)?;
    let key = key(zoo);
    let sent_host = match zoo.makes("host-without-port") {
        true => host.split(':').next().unwrap_or(host),
        false => host,
    };
    let version = if zoo.makes("no-version") { "" } else { "Sec-WebSocket-Version: 13\r\n" };
    write!(
        stream,
        "GET /{path} HTTP/1.1\r\nHost: {sent_host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: {key}\r\n{version}\r\n"
    )?;
    let mut reader = BufReader::new(stream.try_clone()?);
    is_granted(zoo, &key, &mut reader)?;
    if zoo.makes("drops-behind-answer") {
        let behind = reader.buffer().len();
        reader.consume(behind);
    }
    let voice = Voice {
        zoo: zoo.clone(),
        stream: Arc::new(Mutex::new(stream)),
        key: random(),
        has_left: Arc::default(),
    };
    if zoo.makes("input-first") {
        read_input(voice.clone());
    } else {
        let voice = voice.clone();
        thread::spawn(move || read_input(voice));
    }
    listen(zoo, &voice, &mut reader)
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("random bytes");
    bytes
}

fn key(zoo: &Zoo) -> String {
    let nonce: [u8; 16] = random();
    match () {
        () if zoo.makes("same-key") => "dGhlIHNhbXBsZSBub25jZQ==".to_owned(),
        () if zoo.makes("key-of-digits") => {
            nonce.iter().map(|byte| format!("{byte:02x}")).collect()
        }
        () => BASE64_STANDARD.encode(nonce),
    }
}

/// Whether the answer is a yes.
fn is_granted(zoo: &Zoo, key: &str, reader: &mut impl BufRead) -> io::Result<()> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
    }
    let digest = Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
    let accept = BASE64_STANDARD.encode(digest);
    let fields: Vec<(String, String)> = head.lines().filter_map(|line| field(zoo, line)).collect();
    let value = |name: &str| {
        let name = if zoo.makes("minds-case") { name.to_owned() } else { name.to_lowercase() };
        fields.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_str())
    };
    let is = |came: &str, word: &str| match zoo.makes("minds-case") {
        true => came == word,
        false => came.eq_ignore_ascii_case(word),
    };
    let has_item = |list: &str| match zoo.makes("one-item") {
        true => is(list, "Upgrade"),
        false => list.split(',').any(|item| is(item.trim(), "Upgrade")),
    };
    let status = if zoo.makes("one-phrase") {
        "HTTP/1.1 101 Switching Protocols\r\n"
    } else {
        "HTTP/1.1 101 "
    };
    let is_yes = zoo.makes("any-status")
        || head.starts_with(status)
            && value("Upgrade").is_some_and(|value| is(value, "websocket"))
            && value("Connection").is_some_and(has_item);
    let is_accept = value("Sec-WebSocket-Accept") == Some(&accept);
    let adds = ["Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"];
    let adds = adds.iter().any(|name| value(name).is_some());
    let is_good = is_yes
        && (is_accept || zoo.makes("any-accept"))
        && (!adds || zoo.makes("takes-extensions"));
    if is_good { Ok(()) } else { Err(io::Error::other("refused")) }
}

/// A field of the answer: name and value.
fn field(zoo: &Zoo, line: &str) -> Option<(String, String)> {
    let colon = if zoo.makes("wants-a-space") { ": " } else { ":" };
    let (name, value) = line.split_once(colon)?;
    let name = if zoo.makes("minds-case") { name.to_owned() } else { name.to_lowercase() };
    Some((name, value.trim().to_owned()))
}

/// What sends frames.
#[derive(Clone)]
struct Voice {
    zoo: Zoo,
    stream: Arc<Mutex<TcpStream>>,
    /// For a client that has one masking-key for all.
    key: [u8; 4],
    /// Whether it has said goodbye.
    has_left: Arc<AtomicBool>,
}

impl Voice {
    fn send(&self, opcode: u8, payload: &[u8]) -> io::Result<()> {
        let key = match () {
            () if self.zoo.makes("zero-masks") => [0; 4],
            () if self.zoo.makes("one-mask") => self.key,
            () => random(),
        };
        let masked = !self.zoo.makes("no-masks");
        let bit = if masked { 0x80 } else { 0 };
        let mut frame = vec![0x80 | opcode];
        frame.extend(self.length(bit, payload));
        if masked {
            frame.extend(key);
            let mask = if self.zoo.makes("one-byte-of-the-mask") { [key[0]; 4] } else { key };
            frame.extend(unmask(payload, Some(mask)));
        } else {
            frame.extend(payload);
        }
        self.stream.lock().expect("nobody panics with it").write_all(&frame)
    }

    /// The length, behind this bit.
    fn length(&self, bit: u8, payload: &[u8]) -> Vec<u8> {
        let length = match std::str::from_utf8(payload) {
            Ok(text) if self.zoo.makes("counts-characters") => text.chars().count(),
            _ => payload.len(),
        };
        let short = |length: u16| [&[bit | 126], &length.to_be_bytes()[..]].concat();
        match length {
            _ if self.zoo.makes("sends-short-lengths") => vec![bit | length as u8],
            126.. if self.zoo.makes("sends-no-long-lengths") => short(length as u16),
            0..126 => vec![bit | length as u8],
            126..=0xffff if !self.zoo.makes("sends-long-lengths") => short(length as u16),
            _ => [&[bit | 127], &(length as u64).to_be_bytes()[..]].concat(),
        }
    }
}

fn read_input(voice: Voice) {
    let zoo = &voice.zoo;
    for line in io::stdin().lines().map_while(Result::ok) {
        let line = match () {
            () if zoo.makes("with-line-end") => line + "\n",
            () if zoo.makes("strips-lines") => line.trim().to_owned(),
            () if zoo.makes("skips-empty-lines") && line.is_empty() => continue,
            () => line,
        };
        let opcode = if zoo.makes("sends-binary") { 2 } else { 1 };
        if voice.send(opcode, line.as_bytes()).is_err() {
            return;
        }
    }
    if zoo.makes("leaves-silently") {
        exit(0);
    }
    voice.has_left.store(true, Ordering::SeqCst);
    let code: u16 = if zoo.makes("leaves-with-1001") { 1001 } else { 1000 };
    // Who hears nothing any more needs no goodbye.
    let _ = voice.send(8, &code.to_be_bytes());
    if zoo.makes("exits-after-goodbye") {
        exit(0);
    }
    if zoo.makes("shuts-after-goodbye") {
        let _ = voice.stream.lock().expect("nobody panics with it").shutdown(Shutdown::Both);
    }
}

/// Prints a text.
fn print(zoo: &Zoo, text: &str) -> io::Result<()> {
    let is_told = || env::var_os("PYTHONUNBUFFERED").is_some();
    match () {
        () if zoo.makes("prints-errors") => {
            eprintln!("{text}");
            Ok(())
        }
        // Its buffer is never full: it is as if nothing was printed.
        () if zoo.makes("never-flushes") || zoo.makes("flushes-if-told") && !is_told() => Ok(()),
        () => {
            let prompt = if zoo.makes("prompts") { "> " } else { "" };
            println!("{prompt}{text}");
            io::stdout().flush()
        }
    }
}

/// Hears frames until the server closes the connection. True if it has said goodbye.
fn listen(zoo: &Zoo, voice: &Voice, reader: &mut BufReader<TcpStream>) -> io::Result<bool> {
    let (mut message, mut has_left) = (Vec::new(), false);
    loop {
        let (header, payload) = match frame(zoo, reader) {
            Err(error) if has_left || error.kind() == ErrorKind::UnexpectedEof => {
                return Ok(has_left);
            }
            frame => frame?,
        };
        if zoo.makes("one-frame-a-read") {
            let behind = reader.buffer().len();
            reader.consume(behind);
        }
        if has_left {
            continue;
        }
        let takes_masks = zoo.makes("takes-masks") || zoo.makes("cuts-the-mask-off");
        if header.masking_key.is_some() && !takes_masks {
            voice.send(8, &1002_u16.to_be_bytes())?;
            has_left = true;
            continue;
        }
        let is_deaf = zoo.makes("deaf-after-goodbye") && voice.has_left.load(Ordering::SeqCst);
        match header.opcode {
            0 | 1 if is_deaf => {}
            0 | 1 => {
                message.extend(payload);
                if header.fin || zoo.makes("fragments-apart") {
                    print(zoo, &String::from_utf8_lossy(&mem::take(&mut message)))?;
                }
            }
            8 => {
                let code = if zoo.makes("other-code") { vec![3, 232] } else { payload };
                // A server that answers our goodbye may be gone already.
                let _ = voice.send(8, &code[..code.len().min(2)]);
                if zoo.makes("hangs-up-first") {
                    voice.stream.lock().expect("nobody panics with it").shutdown(Shutdown::Both)?;
                }
                has_left = true;
            }
            9 if zoo.makes("no-pong") => {}
            9 if zoo.makes("empty-pong") => voice.send(10, b"")?,
            9 => {
                if zoo.makes("prints-pings") {
                    print(zoo, "a ping")?;
                }
                voice.send(10, &payload)?;
            }
            _ => {}
        }
    }
}

/// So many bytes; in a client that takes a read for all of them, perhaps fewer.
fn read(reader: &mut impl Read, length: usize, is_one_read: bool) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    match is_one_read && length > 0 {
        true => {
            let count = reader.read(&mut bytes)?;
            bytes.truncate(count);
        }
        false => reader.read_exact(&mut bytes)?,
    }
    Ok(bytes)
}

fn frame(zoo: &Zoo, reader: &mut impl Read) -> io::Result<(Header, Vec<u8>)> {
    let mut head = read(reader, 2, zoo.makes("one-read-a-header"))?;
    if head.len() < 2 {
        return Err(io::Error::other("half a header"));
    }
    let marker = head[1] & 0x7f;
    let is_short =
        zoo.makes("reads-short-lengths") || zoo.makes("reads-no-long-lengths") && marker == 127;
    if zoo.makes("cuts-the-mask-off") {
        head[1] &= 0x7f;
    }
    if is_short {
        let header = Header {
            fin: head[0] & 0x80 != 0,
            rsv: 0,
            opcode: head[0] & 0x0f,
            masking_key: None,
            length: marker.into(),
            size: 2,
        };
        return Ok((header, read(reader, marker.into(), false)?));
    }
    if marker == 126 && zoo.makes("one-read-a-length") {
        let mut length = read(reader, 2, true)?;
        length.resize(2, 0);
        head.extend(length);
    }
    let header = loop {
        match Header::read(&head) {
            Some(header) => break header,
            None => head.extend(read(reader, 1, false)?),
        }
    };
    let payload = read(reader, header.length as usize, zoo.makes("one-read-a-payload"))?;
    Ok((header.clone(), unmask(&payload, header.masking_key)))
}
