//! Measures each technique of chapter 16, before and after: `cargo run --release -p ch16-speed --example steps`.
//! With `-- --json` it says so in the form that the book reads, `measured/steps.json`.

use std::collections::HashMap;
use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use ch05_reply::{TEXT, encode, encode_header};
use ch06_select::ClientId;
use ch07_room::Table;
use ch09_stream::unmask;

/// How often each is measured; the median counts.
const ROUNDS: usize = 51;

/// How many messages a client has sent at once.
const MESSAGES: usize = 64;

/// Its name, what is measured, and that done in two ways.
type Step<'a> = (&'a str, &'a str, [&'a mut dyn FnMut() -> Duration; 2]);

fn main() {
    let steps: [Step; 7] = [
        ("reads", "64 KiB from a socket", [&mut reads(4 * 1024), &mut reads(256 * 1024)]),
        ("writes", "64 short answers to a socket", [&mut writes(1), &mut writes(MESSAGES)]),
        ("memory", "64 short answers into one buffer", [&mut frames_of_their_own, &mut in_place]),
        ("mask", "16 KiB unmasked", [&mut unmasked(byte_by_byte), &mut unmasked(unmask)]),
        (
            "ascii",
            "16 KiB of English judged",
            [&mut judged("Li Jing ", std), &mut judged("Li Jing ", simd)],
        ),
        (
            "chinese",
            "16 KiB of Chinese judged",
            [&mut judged("李静，", std), &mut judged("李静，", simd)],
        ),
        ("tables", "1,000 clients found", [&mut hashed(), &mut in_order()]),
    ];
    let json = std::env::args().any(|argument| argument == "--json");
    let lines = steps.map(|(name, what, [before, after])| {
        let [before, after] = interleaved(before, after).map(|time| time.as_nanos());
        match json {
            true => format!(r#"  {{ "name": "{name}", "what": "{what}", "before": {before}, "after": {after} }}"#),
            false => format!("{what:34} {before:>9} ns {after:>9} ns {:>6.1} ×", before as f64 / after as f64),
        }
    });
    match json {
        true => println!("[\n{}\n]", lines.join(",\n")),
        false => println!("{:34} {:>12} {:>12}\n{}", "", "before", "after", lines.join("\n")),
    }
}

/// The medians of two, which take turns, so that what else the machine does falls on both.
fn interleaved(
    one: &mut dyn FnMut() -> Duration,
    other: &mut dyn FnMut() -> Duration,
) -> [Duration; 2] {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        times[0].push(one());
        times[1].push(other());
    }
    times.map(|mut times| {
        times.sort();
        times[ROUNDS / 2]
    })
}

fn timed(act: impl FnOnce()) -> Duration {
    let start = Instant::now();
    act();
    start.elapsed()
}

fn connected() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let client =
        TcpStream::connect(listener.local_addr().expect("it has one")).expect("it listens");
    let (server, _) = listener.accept().expect("somebody waits");
    (client, server)
}

fn reads(size: usize) -> impl FnMut() -> Duration {
    let ((mut client, mut server), mut buffer) = (connected(), vec![0; size]);
    move || {
        client.write_all(&[b'x'; 64 * 1024]).expect("it is taken");
        timed(|| {
            let mut left = 64 * 1024;
            while left > 0 {
                left -= server.read(&mut buffer).expect("it comes");
            }
        })
    }
}

fn writes(at_once: usize) -> impl FnMut() -> Duration {
    let ((mut client, mut server), mut heard) = (connected(), vec![0; 34 * MESSAGES]);
    server.set_nodelay(true).expect("it is a socket");
    let answers = encode(TEXT, &[b'x'; 32]).repeat(MESSAGES);
    move || {
        let time = timed(|| {
            let pieces = answers.chunks(34 * at_once);
            pieces.for_each(|piece| server.write_all(piece).expect("it is taken"));
        });
        client.read_exact(&mut heard).expect("it comes");
        time
    }
}

fn frames_of_their_own() -> Duration {
    let mut out = Vec::with_capacity(34 * MESSAGES);
    timed(|| (0..MESSAGES).for_each(|_| out.extend(encode(TEXT, black_box(&[b'x'; 32])))))
}

fn in_place() -> Duration {
    let mut out = Vec::with_capacity(34 * MESSAGES);
    timed(|| {
        for _ in 0..MESSAGES {
            let payload = black_box(&[b'x'; 32]);
            encode_header(TEXT, payload.len(), &mut out);
            out.extend_from_slice(payload);
        }
    })
}

fn unmasked(unmask: fn(&mut [u8], [u8; 4], u64)) -> impl FnMut() -> Duration {
    let mut payload = vec![b'x'; 16 * 1024];
    move || timed(|| unmask(black_box(&mut payload), [0x37, 0xfa, 0x21, 0x3d], 0))
}

/// As in chapter 04: the key's bytes in turn.
fn byte_by_byte(payload: &mut [u8], key: [u8; 4], came: u64) {
    for (at, byte) in payload.iter_mut().enumerate() {
        *byte ^= key[(at + came as usize) % 4];
    }
}

fn judged(text: &str, is_utf8: fn(&[u8]) -> bool) -> impl FnMut() -> Duration {
    let text = text.repeat(16 * 1024 / text.len()).into_bytes();
    move || timed(|| assert!(is_utf8(black_box(&text))))
}

fn std(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_ok()
}

fn simd(bytes: &[u8]) -> bool {
    simdutf8::compat::from_utf8(bytes).is_ok()
}

fn hashed() -> impl FnMut() -> Duration {
    let map: HashMap<ClientId, usize> =
        (1..=1_000).map(|number| (ClientId(number), number)).collect();
    move || {
        timed(|| {
            (1..=1_000).for_each(|number| assert!(map.contains_key(&black_box(ClientId(number)))))
        })
    }
}

fn in_order() -> impl FnMut() -> Duration {
    let mut table = Table::default();
    (1..=1_000).for_each(|number| table.insert(ClientId(number), number));
    move || {
        timed(|| {
            (1..=1_000).for_each(|number| assert!(table.get(black_box(ClientId(number))).is_some()))
        })
    }
}
