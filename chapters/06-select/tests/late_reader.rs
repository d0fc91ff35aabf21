//! A client that reads late, within the limit: what has waited for it arrives, all of it and in order.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use ch00_wire::{masked_frame, rfc_request};
use ch05_reply::{TEXT, encode};
use ch06_select::{ClientId, MAX_UNSENT, Service, Sink, each_turn};
use socket2::{Domain, Socket, Type};

/// Small buffers in the system, so that the server has to keep most of what is said here.
const SYSTEM: usize = 16 * 1024;
const MESSAGES: usize = 200;
const PATIENCE: Duration = Duration::from_secs(20);

/// A server of this process, with small send buffers: accepted sockets inherit them.
fn server(serve: impl FnOnce(&Socket) + Send + 'static) -> SocketAddr {
    let listener = ch01_listen::listen(([127, 0, 0, 1], 0).into()).expect("a free port");
    listener.set_send_buffer_size(SYSTEM).expect("a socket");
    let at = listener.local_addr().expect("bound").as_socket().expect("an address");
    thread::spawn(move || serve(&listener));
    at
}

fn connected(server: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(SYSTEM).expect("a socket");
    socket.connect(&server.into()).expect("connected");
    let client = TcpStream::from(socket);
    client.set_nodelay(true).expect("a socket");
    client.set_read_timeout(Some(PATIENCE)).expect("a socket");
    client
}

fn open(server: SocketAddr) -> TcpStream {
    let mut client = connected(server);
    client.write_all(&rfc_request()).expect("sent");
    let mut head = [0; 129];
    client.read_exact(&mut head).expect("a 101");
    client
}

fn says(client: &mut TcpStream, text: &str) {
    client.write_all(&masked_frame(1, text.as_bytes())).expect("sent");
}

fn hears(client: &mut TcpStream, text: &str) {
    let expected = encode(TEXT, text.as_bytes());
    let mut came = vec![0; expected.len()];
    client.read_exact(&mut came).expect("a message");
    assert!(came == expected, "not the message that was to come");
}

/// 200 messages of 3,000 bytes are more than the system holds, and less than the server's limit.
fn text(i: usize) -> String {
    format!("message {i:4} {}", "Li Jing ".repeat(373))
}

/// Two clients, of which the first has said a lot, and read nothing of what comes back.
fn said_and_not_read() -> [TcpStream; 2] {
    let server = server(|listener| ch06_select::serve(listener));
    let [mut late, mut other] = [open(server), open(server)];
    for i in 0..MESSAGES {
        says(&mut late, &text(i));
        // The server may have looked who is ready before the message came, and read from the other all the
        // same. When a second one is answered, it has looked again, and the next message comes in its own read.
        for _ in 0..2 {
            says(&mut other, "Li Jing");
            hears(&mut other, "Li Jing");
        }
    }
    [late, other]
}

#[test]
fn what_has_waited_arrives_in_order() {
    let [mut late, _other] = said_and_not_read();
    (0..MESSAGES).for_each(|i| hears(&mut late, &text(i)));
    says(&mut late, "Li Jing");
    hears(&mut late, "Li Jing");
}

#[test]
fn what_has_waited_arrives_after_the_last_word() {
    let [mut late, mut other] = said_and_not_read();
    late.shutdown(Shutdown::Write).expect("it has said its last word");
    says(&mut other, "Li Jing");
    hears(&mut other, "Li Jing");
    (0..MESSAGES).for_each(|i| hears(&mut late, &text(i)));
    assert_eq!(late.read(&mut [0]).expect("the end"), 0, "and then the server hangs up");
}

/// Answers whatever a client says with so many bytes, part by part, and tells how clients have left.
struct Parts(&'static [usize], Sender<Result<(), ErrorKind>>);

impl<S: Sink> Service<S> for Parts {
    fn connected(&mut self, _: ClientId, _: &mut S) {}

    fn received(&mut self, client: ClientId, _: &mut [u8], sink: &mut S) {
        for &part in self.0 {
            sink.fill(&[client], |out| out.resize(part, b'x'));
        }
    }

    fn left(&mut self, _: ClientId, why: io::Result<()>, _: &mut S) {
        // Not every test listens until the end.
        let _ = self.1.send(why.map_err(|error| error.kind()));
    }
}

/// A client that has said something to [`Parts`], and what is told of it.
fn answered_with(parts: &'static [usize]) -> (TcpStream, Receiver<Result<(), ErrorKind>>) {
    let (left, told) = channel();
    let mut client = connected(server(move |listener| each_turn(listener, Parts(parts, left))));
    client.write_all(b"?").expect("sent");
    (client, told)
}

/// The limit is for what waits already, and to be behind by just as much is not too much.
#[test]
fn what_is_new_may_be_longer_than_the_limit() {
    for parts in [&[4 * MAX_UNSENT][..], &[MAX_UNSENT, 4 * MAX_UNSENT]] {
        let (mut client, _told) = answered_with(parts);
        client.read_exact(&mut vec![0; parts.iter().sum()]).expect("all of it");
    }
}

/// Some fits into the system's buffers, though the turn is not over.
#[test]
fn a_client_that_makes_room_is_not_cut_off() {
    let (mut client, _told) = answered_with(&[MAX_UNSENT + 1, 1]);
    client.read_exact(&mut vec![0; MAX_UNSENT + 2]).expect("all of it");
}

#[test]
fn it_is_told_how_a_client_has_left() {
    let (mut client, told) = answered_with(&[1]);
    client.read_exact(&mut [0]).expect("an answer");
    drop(client);
    assert_eq!(told.recv_timeout(PATIENCE), Ok(Ok(())));
    let (mut client, told) = answered_with(&[1]);
    client.read_exact(&mut [0]).expect("an answer");
    // Closed so that the system resets the connection.
    let socket = Socket::from(client);
    socket.set_linger(Some(Duration::ZERO)).expect("a socket");
    drop(socket);
    assert_eq!(told.recv_timeout(PATIENCE), Ok(Err(ErrorKind::ConnectionReset)));
}
