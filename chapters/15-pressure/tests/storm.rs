//! The storm: clients that come, talk, flood, reset, half-close, vanish, drip bytes, and never read; and
//! a quiet pair among them that is not harmed. `STORM=600` lets it last for ten minutes.
#![cfg(unix)]

use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use ch00_wire::{Recorder, masked_frame, request, rfc_key_line, rfc_request};
use ch01_listen::Socket;
use stage::Server;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch15-pressure");
const PATIENCE: Duration = Duration::from_secs(20);

/// Short times, so that a short storm has all of them in it. There is not always room for everybody.
const SETTINGS: [(&str, &str); 7] = [
    ("HANDSHAKE_TIMEOUT", "2"),
    ("PING_AFTER", "4"),
    ("SLOW_TIMEOUT", "4"),
    ("GOODBYE_TIMEOUT", "1"),
    ("MAX_CLIENTS", "200"),
    ("MAX_UNSENT", "262144"),
    ("RUST_LOG", "warn"),
];

/// Who is sent away or cut off, by the numbers of the server.
const ALL_KINDS: [&str; 3] =
    ["ws_slow_total", "ws_ends_total{code=\"1008\"}", "ws_ends_total{code=\"408\"}"];

/// How many play at a time, and how many connections each of them keeps for nothing.
const PLAYERS: usize = 12;
const KEPT: usize = 15;

/// A connection that understands frames, and answers pings.
struct Member(BufReader<TcpStream>);

impl Member {
    /// One whose handshake has succeeded. `None`: there was no room.
    fn open(server: SocketAddr, request: &[u8]) -> io::Result<Option<Member>> {
        let mut socket = TcpStream::connect(server)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.write_all(request)?;
        let mut member = Member(BufReader::new(socket));
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            member.0.read_exact(&mut byte)?;
            head.extend(byte);
        }
        Ok(head.starts_with(b"HTTP/1.1 101 ").then_some(member))
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.get_mut().write_all(bytes)
    }

    fn say(&mut self, text: &str) -> io::Result<()> {
        self.send(&masked_frame(1, text.as_bytes()))
    }

    /// The opcode and the payload of the next frame.
    fn frame(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let mut head = [0; 2];
        self.0.read_exact(&mut head)?;
        let mut length = u64::from(head[1]);
        let extended = [0, 2, 8][(head[1] as usize).saturating_sub(125)];
        if extended > 0 {
            let mut long = [0; 8];
            self.0.read_exact(&mut long[8 - extended..])?;
            length = u64::from_be_bytes(long);
        }
        let mut payload = vec![0; length as usize];
        self.0.read_exact(&mut payload)?;
        if head[0] & 0x0f == 9 {
            self.send(&masked_frame(0xa, &payload))?;
        }
        Ok((head[0] & 0x0f, payload))
    }

    /// Hears what others say, until there is a text that begins like this.
    fn hear(&mut self, beginning: &str) -> io::Result<String> {
        loop {
            let (opcode, payload) = self.frame()?;
            if opcode == 1 && payload.starts_with(beginning.as_bytes()) {
                return Ok(String::from_utf8_lossy(&payload).into_owned());
            }
            if opcode == 8 {
                let code = payload.first_chunk().copied().map(u16::from_be_bytes);
                return Err(io::Error::other(format!("the server says goodbye: {code:?}")));
            }
        }
    }

    fn socket(self) -> TcpStream {
        self.0.into_inner()
    }
}

/// What a player keeps of those who do not leave by themselves.
enum Kept {
    /// It reads nothing, so it does not see when it is cut off: long after that it goes by itself.
    Deaf(Instant, #[expect(dead_code, reason = "it is only there")] TcpStream),
    /// It reads, and says nothing, not even a pong.
    Mute(TcpStream),
    /// It sends a byte now and then, of a request or of a frame.
    Drip(TcpStream, usize),
}

impl Kept {
    /// A moment of its life. `false`: it is over.
    fn lives(&mut self) -> bool {
        let blocks = |error: io::Error| error.kind() == ErrorKind::WouldBlock;
        match self {
            Kept::Deaf(since, _) => since.elapsed() < Duration::from_secs(15),
            Kept::Mute(socket) => loop {
                match socket.read(&mut [0; 64 * 1024]) {
                    Ok(0) => return false,
                    Ok(_) => {}
                    Err(error) => return blocks(error),
                }
            },
            Kept::Drip(socket, at) => {
                *at += 1;
                let byte = rfc_request().get(*at).copied().unwrap_or(b'.');
                socket.write(&[byte]).map_or_else(blocks, |_| true)
            }
        }
    }
}

fn reset(socket: TcpStream) {
    let socket = Socket::from(socket);
    // Without it the connection still ends, only politely.
    let _ = socket.set_linger(Some(Duration::ZERO));
}

/// Those who come and go, one after another, until the storm is over.
struct Player {
    server: SocketAddr,
    name: usize,
    dice: u64,
    kept: Vec<Kept>,
    lives: usize,
    talked: usize,
}

/// How many ways there are to live, and which of them end in being kept.
const WAYS: usize = 12;
const KEEPERS: [usize; 4] = [4, 6, 7, 9];

impl Player {
    fn play(mut self, is_over: &AtomicBool) -> Player {
        while !is_over.load(Relaxed) {
            // Each way once, and then as it comes.
            let way = if self.lives < WAYS { self.lives } else { self.roll(WAYS) };
            self.lives += 1;
            if KEEPERS.contains(&way) && self.kept.len() >= KEPT {
                self.kept.retain_mut(Kept::lives);
                continue;
            }
            match self.live(way) {
                Ok(()) => {}
                // One of those who break the rules is cut off, sooner or later.
                Err(error) if way > 2 => drop(error),
                Err(error) => panic!("player {}, way {way}: {error}", self.name),
            }
            self.kept.retain_mut(Kept::lives);
        }
        self.kept.clear();
        self
    }

    fn roll(&mut self, sides: usize) -> usize {
        self.dice = self.dice.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.dice >> 33) as usize % sides
    }

    fn live(&mut self, way: usize) -> io::Result<()> {
        if way < 9 {
            let request = match way {
                1 => request(
                    &(rfc_key_line()
                        + "\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover"),
                ),
                _ => rfc_request(),
            };
            let Some(member) = Member::open(self.server, &request)? else { return Ok(()) };
            return self.live_open(way, member);
        }
        let mut socket = TcpStream::connect(self.server)?;
        match way {
            9 => {
                socket.write_all(&rfc_request()[..1])?;
                socket.set_nonblocking(true)?;
                self.kept.push(Kept::Drip(socket, 0));
            }
            10 => socket.write_all(b"\x16\x03\x01\0\x05\r\n\r\n")?,
            _ => reset(socket),
        }
        Ok(())
    }

    fn live_open(&mut self, way: usize, mut member: Member) -> io::Result<()> {
        match way {
            // It talks, hears itself, and says goodbye. Of these nobody may be harmed.
            0 => {
                for number in 0..3 {
                    let text =
                        format!("player {} says {number} in life {}.", self.name, self.lives);
                    member.say(&text)?;
                    member.hear(&text)?;
                    self.talked += 1;
                }
                member.send(&masked_frame(8, b"\x03\xe8"))?;
                while member.frame()?.0 != 8 {}
            }
            // It offers to compress, and hears what others say in this way.
            1 => {
                member.send(&masked_frame(9, b"Li Jing"))?;
                while member.frame()?.0 != 0xa {}
            }
            // It says its last word, and still hears the answer.
            2 => {
                let text = format!("player {} half-closes in life {}.", self.name, self.lives);
                member.say(&text)?;
                member.0.get_ref().shutdown(Shutdown::Write)?;
                member.hear(&text)?;
            }
            // It floods the room. Sometimes it is gone before anybody has heard it.
            3 => {
                let text = "flood ".repeat(1000);
                for _ in 0..16 {
                    member.say(&text)?;
                }
                if !self.lives.is_multiple_of(4) {
                    member.hear("flood ")?;
                }
                reset(member.socket());
            }
            // It floods the server with pings, and reads none of the pongs: until it is not read from.
            4 => {
                member.0.get_ref().set_write_timeout(Some(Duration::from_millis(500)))?;
                let _ = member.send(&masked_frame(9, &[b'.'; 125]).repeat(40_000));
                self.kept.push(Kept::Deaf(Instant::now(), member.socket()));
            }
            // It breaks off in the middle of a frame.
            5 => {
                member.send(&masked_frame(2, &[0; 1000])[..500])?;
                reset(member.socket());
            }
            6 => self.kept.push(Kept::Deaf(Instant::now(), member.socket())),
            7 => {
                let socket = member.socket();
                socket.set_nonblocking(true)?;
                self.kept.push(Kept::Mute(socket));
            }
            // It breaks a rule.
            _ => {
                member.send(&[0x81, 0x02, b'L', b'i'])?;
                while member.frame()?.0 != 8 {}
            }
        }
        Ok(())
    }
}

/// What one says, both hear: every message, in order. How long each took.
fn talk(pair: &mut [Member; 2], is_over: &AtomicBool) -> Vec<Duration> {
    let mut took = Vec::new();
    while !is_over.load(Relaxed) {
        let number = took.len();
        let text = format!("pair {number}.");
        let begin = Instant::now();
        pair[number % 2].say(&text).expect("the pair is heard");
        for member in &mut *pair {
            assert_eq!(member.hear("pair ").expect("the pair hears"), text);
        }
        took.push(begin.elapsed());
    }
    took
}

/// The numbers of the server's report whose names begin like this, added up.
fn metric(server: SocketAddr, name: &str) -> u64 {
    let report = || {
        let mut socket = TcpStream::connect(server)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.write_all(b"GET /metrics HTTP/1.1\r\nHost: example.com\r\n\r\n")?;
        let mut report = String::new();
        socket.read_to_string(&mut report).map(|_| report)
    };
    // In the middle of the storm there may be no room for us.
    let reports = (0..1000).map(|_| report().expect("a report"));
    let mut reports = reports.filter(|report| report.starts_with("HTTP/1.1 200 "));
    let report = reports.next().expect("room for one who asks");
    let values = report.lines().filter(|line| line.starts_with(name));
    values
        .map(|line| line.rsplit(' ').next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0))
        .sum()
}

/// Open descriptors and resident memory of the server's process, in KiB, where the system tells.
fn taken(server: &Server) -> Option<(usize, u64)> {
    Some((stage::descriptors(server.id())?, stage::memory(server.id())? / 1024))
}

/// Asks again until it is so: nobody tells when a server has forgotten somebody.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
#[ignore = "long"]
fn the_storm() {
    let seconds = std::env::var("STORM").ok().and_then(|text| text.parse().ok()).unwrap_or(15);
    let mut command = Command::new(PROGRAM);
    command.arg("127.0.0.1:0").envs(SETTINGS);
    let server = Server::announced(command, &Recorder::new(), PATIENCE).expect("it starts");
    let at = server.address();
    let open = || Member::open(at, &rfc_request()).expect("connected").expect("there is room");
    let mut pair = [open(), open()];
    let warm = storm(at, &mut pair, 5);
    let quiet = || metric(at, "ws_clients ") == 3;
    until("all but the pair and we have left", quiet);
    let before = taken(&server);
    let played = storm(at, &mut pair, seconds);
    until("all but the pair and we have left", quiet);
    let mut after = taken(&server);
    if let Some((descriptors, before)) = before {
        until("the descriptors are free again", || {
            after = taken(&server);
            after.is_some_and(|(now, _)| now <= descriptors)
        });
        let now = after.map_or(0, |(_, now)| now);
        println!("memory: {before} KiB before, {now} KiB after; {descriptors} descriptors");
        assert!(now < before + before / 2 + 8 * 1024, "{before} KiB have become {now} KiB");
    }
    println!("{} lives, {} messages of those who talk", warm.lives + played.lives, played.talked);
    let [middle, most] = [played.took[played.took.len() / 2], played.took[played.took.len() - 1]];
    println!("{} messages of the pair: {middle:?}, at most {most:?}", played.took.len());
    for name in ALL_KINDS {
        let count = metric(at, name);
        println!("{name} {count}");
        assert!(count > 0, "the storm is to have some of these, too");
    }
    assert_eq!(
        metric(at, "ws_connected_total "),
        metric(at, "ws_ends_total") + 2,
        "all but the pair have had one end, and we who have asked first"
    );
    let lines = server.lines_from(1);
    assert!(lines.is_empty(), "nothing is worth a warning: {lines:#?}");
    let status = Command::new("kill").arg(server.id().to_string()).status();
    assert!(status.expect("kill is there").success());
    for member in &mut pair {
        let error = member.hear("pair ").expect_err("a goodbye");
        assert_eq!(error.to_string(), "the server says goodbye: Some(1001)");
    }
    drop(pair);
    assert!(server.wait_for_end(PATIENCE), "the server goes on");
    assert_eq!(server.exit().and_then(|exit| exit.status.code()), Some(0));
}

/// Ends the storm, also if something panics.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

struct Played {
    lives: usize,
    talked: usize,
    took: Vec<Duration>,
}

fn storm(server: SocketAddr, pair: &mut [Member; 2], seconds: u64) -> Played {
    static SEED: AtomicUsize = AtomicUsize::new(0);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let players: Vec<_> = (0..PLAYERS)
            .map(|name| {
                let dice = SEED.fetch_add(1, Relaxed) as u64;
                let player = Player { server, name, dice, kept: Vec::new(), lives: 0, talked: 0 };
                scope.spawn(|| player.play(&is_over))
            })
            .collect();
        let talking = scope.spawn(|| talk(pair, &is_over));
        let over = Over(&is_over);
        thread::sleep(Duration::from_secs(seconds));
        // A busy machine takes longer until there was everything.
        let deadline = Instant::now() + 2 * PATIENCE;
        let all_seen = || ALL_KINDS.iter().all(|name| metric(server, name) > 0);
        while seconds >= 10 && Instant::now() < deadline && !all_seen() {
            thread::sleep(Duration::from_millis(200));
        }
        drop(over);
        let mut took = talking.join().expect("the pair is not harmed");
        took.sort();
        let players: Vec<Player> =
            players.into_iter().map(|one| one.join().expect("nobody is harmed")).collect();
        let lives = players.iter().map(|one| one.lives).sum();
        let talked = players.iter().map(|one| one.talked).sum();
        assert!(players.iter().all(|one| one.lives >= WAYS), "each way to live was tried");
        Played { lives, talked, took }
    })
}
