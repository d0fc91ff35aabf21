//! The heads that `src/probes/heads` keeps are those that real clients send today.
//!
//! `RECORD_HEADS=1 cargo test --test course heads` writes them anew.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};
use std::{fs, thread};

use ch00_wire::RFC_KEY;

use crate::common::{self, PATIENCE, course};

/// The address that stands in each kept head, whatever port the client was sent to.
const ADDRESS: &str = "127.0.0.1:4000";
/// The key that stands in each. The client's own is random.
const KEY: &str = "Sec-WebSocket-Key";
/// Fields whose value changes with the client's version or the desk's language. Whether they are there,
/// where, and how their name is written is compared all the same.
const CHANGES: [&str; 3] = ["User-Agent", "Accept-Language", "Accept-Encoding"];

#[test]
fn chromium_sends_the_head_that_is_kept() {
    let Some(browser) = common::browser("the head of Chromium") else { return };
    is_kept("chromium", |listener| echo(browser, "echo-browser.mjs", listener, &[page(listener)]));
}

#[test]
fn firefox_sends_the_head_that_is_kept() {
    let Some(mut firefox) = common::firefox("the head of Firefox") else { return };
    let profile = tempfile::tempdir().expect("a folder");
    is_kept("firefox", |listener| {
        // It leaves when it has the picture.
        firefox.args(["--headless", "--no-remote", "--profile"]).arg(profile.path());
        firefox.arg("--screenshot").arg(profile.path().join("page.png")).arg(page(listener));
        firefox
    });
}

#[test]
fn npm_ws_sends_the_head_that_is_kept() {
    let Some(node) = common::node("the head of npm ws") else { return };
    is_kept("ws", |listener| echo(node, "echo-ws.mjs", listener, &[]));
}

#[test]
fn python_websockets_sends_the_head_that_is_kept() {
    let Some(python) = common::python("the head of Python websockets") else { return };
    is_kept("websockets", |listener| echo(python, "echo_websockets.py", listener, &[]));
}

#[test]
fn node_sends_the_head_that_is_kept() {
    let Some(mut node) = common::node("the head of Node's own WebSocket") else { return };
    is_kept("node", |listener| {
        let script = format!("new WebSocket('{}')", socket(listener));
        node.args(["--no-warnings", "--experimental-websocket", "--eval", &script]);
        node
    });
}

#[test]
fn curl_sends_the_head_that_is_kept() {
    let Some(mut curl) = common::curl("the head of curl") else { return };
    is_kept("curl", |listener| {
        curl.args(["--http1.1", "--silent", "--no-buffer"]);
        let fields = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
        for field in fields.map(str::to_owned).into_iter().chain([format!("{KEY}: {RFC_KEY}")]) {
            curl.args(["--header", &field]);
        }
        curl.arg(format!("http://{listener}/chat"));
        curl
    });
}

/// One of the scripts of `tests/clients`, told where to connect.
fn echo(mut client: Command, script: &str, listener: SocketAddr, before: &[String]) -> Command {
    client.arg(course().join("tests/clients").join(script)).args(before).arg(socket(listener));
    client
}

fn page(listener: SocketAddr) -> String {
    format!("http://{listener}/")
}

fn socket(listener: SocketAddr) -> String {
    format!("ws://{listener}/chat")
}

/// Lets a client connect, and compares its head with the one that is kept.
fn is_kept(name: &str, client: impl FnOnce(SocketAddr) -> Command) {
    let (listener, heads) = listen();
    let mut command = client(listener);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn().expect("the client starts");
    let head = heads.recv_timeout(PATIENCE);
    end(child);
    let head = evened_out(&head.expect("the client asks for a WebSocket"), listener);
    let file = file(name);
    if std::env::var_os("RECORD_HEADS").is_some() {
        return fs::write(file, head).expect("the head is written");
    }
    let kept = fs::read_to_string(file).expect("a head that is kept");
    assert_eq!(lasting(&head), lasting(&kept), "{name} sends another head now:\n{head}");
}

fn file(name: &str) -> PathBuf {
    course().join("src/probes/heads").join(name).with_extension("txt")
}

/// A listener that sends a page to whoever asks for one, and hands on the heads that ask for more.
fn listen() -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let (heads, received) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let heads = heads.clone();
            // A browser opens connections that it may never use.
            thread::spawn(move || answer(stream, address, &heads));
        }
    });
    (address, received)
}

fn answer(mut stream: TcpStream, address: SocketAddr, heads: &Sender<String>) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.extend(byte);
    }
    let head = String::from_utf8(head).ok()?;
    if head.lines().any(|line| is_field(line, KEY)) {
        return heads.send(head).ok();
    }
    let page =
        format!("<title>A page</title><script>new WebSocket('{}')</script>", socket(address));
    let fields = "Content-Type: text/html\r\nConnection: close";
    let length = page.len();
    let answer = format!("HTTP/1.1 200 OK\r\n{fields}\r\nContent-Length: {length}\r\n\r\n{page}");
    stream.write_all(answer.as_bytes()).ok()
}

/// Waits until a client that lost its server has ended; one that goes on is ended.
fn end(mut child: Child) {
    let deadline = Instant::now() + PATIENCE;
    while child.try_wait().expect("a child").is_none() {
        if Instant::now() > deadline {
            child.kill().expect("it ends");
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// A head with the course's address and key, its lines ended by `\n`.
fn evened_out(head: &str, listener: SocketAddr) -> String {
    assert!(!head.replace("\r\n", "").contains(['\r', '\n']), "every line ends with \\r\\n");
    let head = head.replace("\r\n", "\n").replace(&listener.to_string(), ADDRESS);
    let evened = head.lines().map(|line| match line.split_once(": ") {
        Some((name, _)) if is_field(line, KEY) => format!("{name}: {RFC_KEY}\n"),
        _ => format!("{line}\n"),
    });
    evened.collect()
}

/// Whether a line is the field of this name, in whatever case.
fn is_field(line: &str, name: &str) -> bool {
    line.split_once(':').is_some_and(|(field, _)| field.eq_ignore_ascii_case(name))
}

/// What of a head is the same for another version of its client.
fn lasting(head: &str) -> Vec<&str> {
    let lasting = head.lines().map(|line| match line.split_once(':') {
        Some((name, _)) if CHANGES.iter().any(|field| is_field(line, field)) => name,
        _ => line,
    });
    lasting.collect()
}
