//! Whatever a server does, a client comes back: in bounded time, with bounded bytes, out of bounded memory.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use ch00_wire::{Event, Recorder};
use stage::{Client, Trouble};

/// How long a client waits where time is not what ends it, and what nothing here may take.
const LONG: Duration = Duration::from_secs(60);
/// How long a client waits where it is.
const SHORT: Duration = Duration::from_millis(300);

const SWITCHING: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
const FRAME: &[u8] = b"\x81\x07Li Jing";
const ENDLESS_FRAME: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\
    \x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff";

/// Does the same to every client, until that one has left.
fn server(answer: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let _ = client.set_nodelay(true);
            // The client leaves some time, and a write fails.
            let _ = answer(&mut client);
        }
    });
    address
}

/// Says one thing, and then another without end.
fn endless(first: &'static [u8], then: &'static [u8]) -> SocketAddr {
    let many = then.repeat(16 * 1024 / then.len() + 1);
    server(move |client| {
        client.write_all(first)?;
        loop {
            client.write_all(&many)?;
        }
    })
}

/// The same, a byte at a time.
fn trickle(first: &'static [u8], then: &'static [u8]) -> SocketAddr {
    server(move |client| {
        client.write_all(first)?;
        for byte in then.iter().cycle() {
            client.write_all(&[*byte])?;
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    })
}

fn connect(at: SocketAddr, recorder: &Recorder, patience: Duration) -> Client {
    Client::connect(at, recorder, patience).expect("connected")
}

/// What takes no longer than it may.
fn in_time<T>(what: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let came = what();
    assert!(start.elapsed() < LONG, "it took {:?}", start.elapsed());
    came
}

/// Every answer without an end that a client can wait for the end of.
fn floods() -> [(&'static str, &'static [u8], &'static [u8]); 5] {
    [
        ("frames", SWITCHING, FRAME),
        ("a head", b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"),
        ("a body", b"HTTP/1.1 200 OK\r\n\r\n", b"<p>Li Jing</p>\n"),
        ("a frame", ENDLESS_FRAME, b"Li Jing "),
        ("no head", b"Li Jing", b" Li Jing"),
    ]
}

#[test]
fn a_flood_is_taken_up_to_a_limit() {
    for (name, first, then) in floods() {
        let recorder = Recorder::new();
        let mut client = connect(endless(first, then), &recorder, LONG).at_most(256 * 1024);
        let trouble = in_time(|| client.ended()).expect_err(name);
        assert!(matches!(trouble, Trouble::TooMuch { .. }), "{name}: {trouble}");
        let kept = recorder.recording(name).events.len();
        assert!(kept < 300, "{name}: {kept} events are kept");
    }
}

#[test]
fn a_flood_is_looked_at_for_a_time() {
    for (name, first, then) in floods() {
        let mut client = connect(endless(first, then), &Recorder::new(), SHORT).at_most(usize::MAX);
        in_time(|| client.ended()).expect_err(name);
    }
}

#[test]
fn a_trickle_is_looked_at_for_a_time() {
    for (name, first, then) in floods() {
        let mut client = connect(trickle(first, then), &Recorder::new(), SHORT);
        let trouble = in_time(|| client.ended()).expect_err(name);
        assert!(matches!(trouble, Trouble::Silent(..)), "{name}: {trouble}");
    }
    let mut client = connect(trickle(b"HTTP/1.1 200", b"A"), &Recorder::new(), SHORT);
    let trouble = in_time(|| client.unit()).expect_err("a head without an end");
    assert!(matches!(trouble, Trouble::Silent(_, Some(_))), "{trouble}");
}

#[test]
fn a_conversation_as_a_whole_ends_at_its_moment() {
    let until = Instant::now() + SHORT;
    let at = trickle(SWITCHING, FRAME);
    let mut client = connect(at, &Recorder::new(), LONG).until(until);
    let trouble = in_time(|| {
        loop {
            if let Err(trouble) = client.unit() {
                return trouble;
            }
        }
    });
    assert!(matches!(trouble, Trouble::OutOfTime(_)), "{trouble}");
    assert!(Instant::now() >= until);
}

#[test]
fn what_came_before_the_deadline_counts_although_nobody_looked() {
    let (sender, sent) = mpsc::channel();
    let at = server(move |client| {
        client.write_all(SWITCHING)?;
        // Nobody waits for it any more where the test has failed.
        let _ = sender.send(());
        client.read(&mut [0]).map(drop)
    });
    let client = connect(at, &Recorder::new(), LONG);
    sent.recv().expect("the server has answered");
    client.until(Instant::now()).unit().expect("the head, which is here");
}

#[test]
fn whoever_does_not_read_holds_up_nobody() {
    let deaf = server(|_| {
        loop {
            thread::park();
        }
    });
    let sips = server(|client| {
        loop {
            client.read_exact(&mut [0])?;
            thread::sleep(Duration::from_millis(1));
        }
    });
    for at in [deaf, sips] {
        let mut client = connect(at, &Recorder::new(), SHORT);
        let trouble = in_time(|| client.send(&vec![b'a'; 64_000_000])).expect_err("not taken");
        assert!(matches!(trouble, Trouble::Silent(..)), "{trouble}");
    }
}

#[test]
fn the_beginning_and_the_end_of_a_flood_are_kept() {
    let recorder = Recorder::new();
    let at = server(|client| {
        client.write_all(SWITCHING)?;
        (0..1_000).try_for_each(|i| client.write_all(format!("\x02\x03{i:03}").as_bytes()))
    });
    let mut client = connect(at, &recorder, LONG);
    client.ended().expect("the end");
    let recording = recorder.recording("a flood");
    let left_out = recording.events.iter().find_map(|event| match event {
        Event::LeftOut { events } => Some(*events),
        _ => None,
    });
    let events = recording.events.len();
    // A head, a thousand frames, and the end.
    assert_eq!(left_out.map(|left_out| left_out + events - 1), Some(1_002));
    let shown = recording.to_string();
    assert!(shown.contains("30 30 30") && shown.contains("39 39 39"), "{shown}");
    assert!(shown.contains("more, which are left out"), "{shown}");
}

/// The end of what a server says is not the end of the connection.
#[test]
fn a_client_sees_when_nobody_is_there_any_more() {
    let (let_go, waits) = mpsc::channel();
    let at = server(move |client| {
        client.shutdown(Shutdown::Write)?;
        // Nobody reads what the client sends: the system takes it.
        let _ = waits.recv();
        Ok(())
    });
    let mut client = connect(at, &Recorder::new(), SHORT);
    client.ended().expect("the server has said its last word");
    assert!(!client.is_dropped());
    let mut other =
        Client::connect_from(Some(at.ip()), at, &Recorder::new(), LONG).expect("connected");
    let_go.send(()).expect("the server waits");
    let start = Instant::now();
    while !client.is_dropped() {
        assert!(start.elapsed() < LONG, "the server holds it");
    }
    drop(let_go);
    assert!(other.is_dropped());
}
