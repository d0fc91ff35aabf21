//! The program `ws`, as somebody uses it: lines in, lines out, an exit code.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{ChildStdin, Command};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ch00_wire::{Recorder, unmasked_frame};
use ch01_listen::listen;
use ch03_accept::switching_protocols;
use ch06_select::{Connection, Event, Protocol};
use ch07_room::Echo;
use ch09_stream::Stream;
use ch10_control::Control;
use ch11_messages::Messages;
use ch12_strict::Strict;
use ch13_door::Door;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use stage::{Client, Server};

const PATIENCE: Duration = Duration::from_secs(60);

/// `ws`, with what it is told to say.
struct Ws {
    program: Server,
    input: Option<ChildStdin>,
}

impl Ws {
    fn start(arguments: &[&str]) -> Ws {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ws"));
        command.args(arguments);
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let (program, input) =
            Server::calling(nowhere, command, &Recorder::new()).expect("it starts");
        Ws { program, input }
    }

    fn types(&mut self, text: &str) {
        self.input.as_mut().expect("an input").write_all(text.as_bytes()).expect("typed");
    }

    fn says(&self, text: &str) -> String {
        let line = self.program.wait_for(0, PATIENCE, |line| line.contains(text));
        line.unwrap_or_else(|| panic!("{text:?} did not come: {:#?}", self.program.lines_from(0)))
    }

    /// Ends its input, and waits for its end: its exit code, and all that it has said.
    fn ends(mut self) -> (Option<i32>, Vec<String>) {
        drop(self.input.take());
        assert!(self.program.wait_for_end(PATIENCE), "{:#?}", self.program.lines_from(0));
        (self.program.exit().and_then(|exit| exit.status.code()), self.program.lines_from(0))
    }
}

/// The echo of chapter 14.
fn echo() -> String {
    let listener = listen(([127, 0, 0, 1], 0).into()).expect("it listens");
    let at = listener.local_addr().ok().and_then(|at| at.as_socket()).expect("an address");
    thread::spawn(move || ch14_deflate::serve_app(&listener, Box::new(Echo), Door::default()));
    format!("ws://localhost:{}", at.port())
}

/// Listens for the script of a server.
fn server() -> (TcpListener, String) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("bound");
    let at = listener.local_addr().expect("an address");
    (listener, format!("ws://{at}"))
}

/// The next connection, opened.
fn opened(listener: &TcpListener) -> Client {
    let (stream, _) = listener.accept().expect("a connection");
    let mut client = Client::accepted(stream, &Recorder::new(), PATIENCE);
    let request = client.unit().expect("a request");
    let key = request.value("Sec-WebSocket-Key").expect("a key");
    client.send(switching_protocols(key).as_bytes()).expect("sent");
    client
}

/// The next message of a client.
fn text(client: &mut Client) -> String {
    let unit = client.unit().expect("a message");
    assert!(unit.faults.is_empty(), "{:?}", unit.faults);
    unit.text.unwrap_or(unit.title)
}

#[test]
fn in_a_pipe_it_waits_for_the_answers_and_says_goodbye() {
    let mut ws = Ws::start(&["--quiet", &echo()]);
    let long = "Li Jing, ".repeat(7_000);
    ws.types(&format!("Li Jing\r\n\n漢字\n{long}\nlast"));
    let (code, lines) = ws.ends();
    assert_eq!(
        (code, lines),
        (Some(0), ["Li Jing", "", "漢字", &long, "last"].map(String::from).to_vec())
    );
}

#[test]
fn a_file_is_a_binary_message_and_a_line_that_is_not_a_text_is_not_sent() {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(&[0xde, 0xad, 0x00]).expect("written");
    let path = file.path().display().to_string();
    let mut ws = Ws::start(&["--quiet", "--uncompressed", "--binary", &path, &echo()]);
    ws.says("binary dead00");
    ws.input.as_mut().expect("an input").write_all(b"\xff\xfe\n").expect("typed");
    ws.says("not sent, as it is not UTF-8");
    assert_eq!(ws.program.stdout_count(), 0, "standard output has texts and nothing else");
    assert_eq!(ws.ends().0, Some(0));
}

#[test]
fn what_it_asks_for_is_in_its_request() {
    let (listener, at) = server();
    let at = format!("{at}/chat?room=1");
    let arguments =
        ["--subprotocol", "chat", "--origin", "http://a.example", "--header", "Cookie: a=b", &at];
    let ws = Ws::start(&arguments);
    let (stream, _) = listener.accept().expect("a connection");
    let mut client = Client::accepted(stream, &Recorder::new(), PATIENCE);
    let request = client.unit().expect("a request");
    let line = |name| request.value(name).unwrap_or_default().to_owned();
    assert_eq!(line("request line"), "GET /chat?room=1 HTTP/1.1");
    assert_eq!(line("Host"), listener.local_addr().expect("an address").to_string());
    assert_eq!(line("Sec-WebSocket-Protocol"), "chat");
    assert_eq!(line("Origin"), "http://a.example");
    assert_eq!(line("Cookie"), "a=b");
    client.send(b"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:9/\r\n\r\n").expect("sent");
    let (code, lines) = ws.ends();
    assert_eq!(code, Some(1), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("302") && line.contains("ws://127.0.0.1:9/")));
}

#[test]
fn arguments_that_are_wrong_are_said_in_words() {
    for arguments in [
        &["http://127.0.0.1"][..],
        &["ws://127.0.0.1", "--header", "Host: a"],
        &["ws://127.0.0.1", "--header", "a: b\r\nc: d"],
        &["ws://127.0.0.1", "--subprotocol", "a b"],
        &["ws://127.0.0.1", "--resend"],
        &[],
    ] {
        assert_eq!(Ws::start(arguments).ends().0, Some(2), "{arguments:?}");
    }
}

#[test]
fn a_server_that_is_not_there_or_breaks_a_rule_has_a_code_of_its_own() {
    let (listener, at) = server();
    let ws = Ws::start(&[&at]);
    let mut client = opened(&listener);
    client.send(&[0x83, 0x00]).expect("sent");
    assert!(client.unit().expect("a goodbye").bytes.starts_with(&[0x88]));
    drop(client);
    assert_eq!(ws.ends().0, Some(4));

    let ws = Ws::start(&[&at]);
    drop(opened(&listener));
    ws.says("the connection is lost");
    assert_eq!(ws.ends().0, Some(3));

    let ws = Ws::start(&[&at]);
    let mut client = opened(&listener);
    client.send(&unmasked_frame(8, &4000_u16.to_be_bytes())).expect("sent");
    client.unit().expect("the answer");
    drop(client);
    assert_eq!(ws.ends().0, Some(4));

    drop(listener);
    assert_eq!(Ws::start(&[&at]).ends().0, Some(1));
}

/// It comes back, says what has perhaps not arrived, and sends it again only if it is told to.
#[test]
fn what_has_perhaps_not_arrived_is_named_or_sent_again() {
    let (listener, at) = server();
    let mut ws = Ws::start(&["--reconnect", &at]);
    let mut client = opened(&listener);
    ws.types("Li Jing\n");
    assert_eq!(text(&mut client), "Li Jing");
    drop(client);
    ws.says("connecting again in ");
    ws.says("has perhaps not arrived: Li Jing");
    let mut client = opened(&listener);
    ws.types("again\n");
    assert_eq!(text(&mut client), "again");

    let mut other = Ws::start(&["--reconnect", "--resend", &at]);
    let mut client = opened(&listener);
    other.types("one\n");
    assert_eq!(text(&mut client), "one");
    let ping = client.unit().expect("a ping").frame.expect("a frame");
    assert_eq!(ping.header.opcode, 9);
    client.send(&unmasked_frame(10, &ping.payload)).expect("sent");
    other.types("two\n");
    assert_eq!(text(&mut client), "two");
    drop(client);
    let mut client = opened(&listener);
    assert_eq!(text(&mut client), "two", "what the pong has not spoken for");
    assert!(!other.program.lines_from(0).iter().any(|line| line.contains("perhaps")));
}

#[cfg(unix)]
#[test]
fn ctrl_c_says_goodbye_and_waits_for_the_answer() {
    let (listener, at) = server();
    let ws = Ws::start(&[&at]);
    let mut client = opened(&listener);
    ws.says("connected");
    let process = ws.program.id().to_string();
    let sent = Command::new("kill").args(["-INT", &process]).status().expect("kill runs");
    assert!(sent.success());
    let goodbye = client.unit().expect("a goodbye").frame.expect("a frame");
    assert_eq!(goodbye.payload, 1001_u16.to_be_bytes());
    assert!(!ws.program.has_ended(), "it waits for the answer");
    client.send(&unmasked_frame(8, &goodbye.payload)).expect("sent");
    drop(client);
    assert_eq!(ws.ends().0, Some(0));
}

/// A certificate for localhost, its file, and a server's settings.
fn certificate() -> (tempfile::NamedTempFile, Arc<ServerConfig>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("made");
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(made.cert.pem().as_bytes()).expect("written");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider);
    let config = config.with_safe_default_protocol_versions().expect("versions");
    let config = config.with_no_client_auth().with_single_cert(vec![made.cert.into()], key);
    (file, Arc::new(config.expect("a configuration")))
}

/// An echo over TLS, for one client.
fn secret_echo(stream: TcpStream, config: Arc<ServerConfig>) -> Option<()> {
    type Layers = Stream<Strict<Control<Messages>>>;
    let mut stream = StreamOwned::new(ServerConnection::new(config).ok()?, stream);
    let mut connection = Connection::Opening(Vec::new(), ch06_select::start::<Layers>);
    let (mut writer, mut bytes) = (None, vec![0; 4096]);
    loop {
        let count = stream.read(&mut bytes).ok().filter(|count| *count > 0)?;
        let mut out = Vec::new();
        let result = connection.receive(&mut bytes[..count], &mut |event| match event {
            Event::Send(frame) => out.extend_from_slice(frame),
            Event::Opened(opened) => writer = Some(opened),
            Event::Message(message) => {
                writer.as_mut().expect("open").write(&message, &mut out);
            }
            Event::Head(_) => {}
        });
        let is_over = result.is_err();
        result.unwrap_or_else(|end| out.extend(end.last));
        stream.write_all(&out).ok()?;
        if is_over {
            stream.conn.send_close_notify();
            return stream.flush().ok();
        }
    }
}

#[test]
fn over_tls_it_trusts_whom_it_is_told_to() {
    let (file, config) = certificate();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("bound");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            secret_echo(stream.expect("a connection"), Arc::clone(&config));
        }
    });
    let ca = file.path().display().to_string();
    let at = format!("wss://localhost:{port}/chat");
    let mut ws = Ws::start(&["--quiet", "--ca", &ca, &at]);
    ws.types("Li Jing\n");
    assert_eq!(ws.ends(), (Some(0), vec!["Li Jing".to_owned()]));

    let (other, _) = certificate();
    let other = other.path().display().to_string();
    let (code, lines) = Ws::start(&["--ca", &other, &at]).ends();
    assert_eq!(code, Some(1), "a stranger's certificate: {lines:?}");
    let by_number = format!("wss://127.0.0.1:{port}/chat");
    let (code, lines) = Ws::start(&["--ca", &ca, &by_number]).ends();
    assert_eq!(code, Some(1), "a certificate for another name: {lines:?}");
}
