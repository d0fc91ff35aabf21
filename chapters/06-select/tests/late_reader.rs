//! A client that reads late, within the limit: what has waited for it arrives, all of it and in order.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use ch00_wire::{masked_frame, rfc_request};
use ch05_reply::{TEXT, encode};
use socket2::{Domain, Socket, Type};

/// Small buffers in the system, so that the server has to keep most of what is said here.
const SYSTEM: usize = 16 * 1024;
const MESSAGES: usize = 200;
const PATIENCE: Duration = Duration::from_secs(20);

/// Chapter 06's server, in this process, with small send buffers: accepted sockets inherit them.
fn server() -> SocketAddr {
    let listener = ch01_listen::listen(([127, 0, 0, 1], 0).into()).expect("a free port");
    listener.set_send_buffer_size(SYSTEM).expect("a socket");
    let at = listener.local_addr().expect("bound").as_socket().expect("an address");
    thread::spawn(move || ch06_select::serve(&listener));
    at
}

fn open(server: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(SYSTEM).expect("a socket");
    socket.connect(&server.into()).expect("connected");
    let mut client = TcpStream::from(socket);
    client.set_nodelay(true).expect("a socket");
    client.set_read_timeout(Some(PATIENCE)).expect("a socket");
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
    let server = server();
    let [mut late, mut other] = [open(server), open(server)];
    for i in 0..MESSAGES {
        says(&mut late, &text(i));
        // When this one is answered, the message has been read, and the next comes in its own read.
        says(&mut other, "Li Jing");
        hears(&mut other, "Li Jing");
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
