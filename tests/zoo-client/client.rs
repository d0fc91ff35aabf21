//! The zoo of clients: a small client, that makes the mistake it is named. Without one, it makes none.
//! `zoo-client MISTAKE ADDRESS`.

mod mistakes;

use std::env;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::exit;
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
    loop {
        let is_lost = match talk(&zoo, address) {
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
    let voice = Voice { zoo: zoo.clone(), stream: Arc::new(Mutex::new(stream)), key: random() };
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
    let accept = format!("sec-websocket-accept: {}", BASE64_STANDARD.encode(digest));
    let lower = head.to_ascii_lowercase();
    let has = |line: &str| lower.lines().any(|other| other == line);
    let is_accept = head.lines().any(|line| line.eq_ignore_ascii_case(&accept));
    let is_yes = zoo.makes("any-status")
        || head.starts_with("HTTP/1.1 101 ")
            && has("upgrade: websocket")
            && has("connection: upgrade");
    let adds =
        lower.contains("sec-websocket-extensions:") || lower.contains("sec-websocket-protocol:");
    let is_good = is_yes
        && (is_accept || zoo.makes("any-accept"))
        && (!adds || zoo.makes("takes-extensions"));
    if is_good { Ok(()) } else { Err(io::Error::other("refused")) }
}

/// What sends frames.
#[derive(Clone)]
struct Voice {
    zoo: Zoo,
    stream: Arc<Mutex<TcpStream>>,
    /// For a client that has one masking-key for all.
    key: [u8; 4],
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
        match payload.len() {
            length @ 0..126 => frame.push(bit | length as u8),
            length => {
                frame.push(bit | 126);
                frame.extend((length as u16).to_be_bytes());
            }
        }
        if masked {
            frame.extend(key);
            frame.extend(unmask(payload, Some(key)));
        } else {
            frame.extend(payload);
        }
        self.stream.lock().expect("nobody panics with it").write_all(&frame)
    }
}

fn read_input(voice: Voice) {
    for line in io::stdin().lines().map_while(Result::ok) {
        let line = if voice.zoo.makes("with-line-end") { line + "\n" } else { line };
        if voice.send(1, line.as_bytes()).is_err() {
            return;
        }
    }
    if voice.zoo.makes("leaves-silently") {
        exit(0);
    }
    // Who hears nothing any more needs no goodbye.
    let _ = voice.send(8, &1000_u16.to_be_bytes());
}

/// Hears frames until the server closes the connection. True if it has said goodbye.
fn listen(zoo: &Zoo, voice: &Voice, reader: &mut impl BufRead) -> io::Result<bool> {
    let (mut message, mut has_left) = (Vec::new(), false);
    loop {
        let (header, payload) = match frame(reader) {
            Err(error) if has_left || error.kind() == ErrorKind::UnexpectedEof => {
                return Ok(has_left);
            }
            frame => frame?,
        };
        if has_left {
            continue;
        }
        if header.masking_key.is_some() && !zoo.makes("takes-masks") {
            voice.send(8, &1002_u16.to_be_bytes())?;
            has_left = true;
            continue;
        }
        match header.opcode {
            0 | 1 => {
                message.extend(payload);
                if header.fin || zoo.makes("fragments-apart") {
                    println!("{}", String::from_utf8_lossy(&std::mem::take(&mut message)));
                    io::stdout().flush()?;
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
            9 => voice.send(10, &payload)?,
            _ => {}
        }
    }
}

fn frame(reader: &mut impl Read) -> io::Result<(Header, Vec<u8>)> {
    let mut head = Vec::new();
    let header = loop {
        let mut byte = [0];
        reader.read_exact(&mut byte)?;
        head.push(byte[0]);
        if let Some(header) = Header::read(&head) {
            break header;
        }
    };
    let mut payload = vec![0; header.length as usize];
    reader.read_exact(&mut payload)?;
    Ok((header.clone(), unmask(&payload, header.masking_key)))
}
