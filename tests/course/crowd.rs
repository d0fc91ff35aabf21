//! Many clients at the room of chapter 07: none is forgotten while it is there, and nothing is kept of
//! it when it has gone.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::common::{PATIENCE, chapter};
use ch00_wire::{masked_frame, rfc_request};
use frame_by_frame::probes;
use stage::Server;

const CLIENTS: usize = 1_000;
const BROADCASTS: usize = 20;
const DROPPED: usize = 100_000;
/// In how many parts they come. A leak grows in each of them; how many are there at once, and what room they leave to those that
/// come after them, depends on who is faster, the server or they.
const PARTS: usize = 4;

/// A connection whose opening handshake is over. The instrument would keep all that crosses.
fn open(server: SocketAddr) -> TcpStream {
    let mut client = TcpStream::connect(server).expect("a client connects");
    client.set_nodelay(true).expect("a socket");
    client.set_read_timeout(Some(PATIENCE)).expect("a socket");
    client.write_all(&rfc_request()).expect("sent");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).expect("a 101");
        head.extend(byte);
    }
    assert!(head.starts_with(b"HTTP/1.1 101 "));
    client
}

/// A server takes what is waiting before this answer comes back.
fn echo(client: &mut TcpStream, text: &str) {
    client.write_all(&masked_frame(1, text.as_bytes())).expect("sent");
    hears(client, text);
}

fn hears(client: &mut TcpStream, text: &str) {
    // A text in one frame, not masked, its length in one byte.
    let expected = [&[0x81, text.len() as u8], text.as_bytes()].concat();
    let mut came = vec![0; expected.len()];
    client.read_exact(&mut came).expect("a message");
    assert_eq!(came, expected);
}

/// Open descriptors and resident memory of the server's process, in bytes, where the system tells.
fn taken(server: &Server) -> Option<(usize, u64)> {
    Some((stage::descriptors(server.id())?, stage::memory(server.id())?))
}

#[test]
fn a_thousand_clients_hear_twenty_broadcasts() {
    probes::raise_file_limit();
    let server = chapter(7);
    // The first client of all pays for what is there once, such as the buffers of the terminal.
    drop(open(server.address()));
    let mut speaker = open(server.address());
    let before = taken(&server);
    let mut crowd: Vec<TcpStream> = (0..CLIENTS).map(|_| open(server.address())).collect();
    if let (Some((_, before)), Some((_, after))) = (before, taken(&server)) {
        let each = after.saturating_sub(before) / CLIENTS as u64;
        println!("{each} bytes of memory for each idle client");
        assert!(each < 4096, "an idle client takes {each} bytes: does it own a buffer?");
    }
    for i in 0..BROADCASTS {
        echo(&mut speaker, &format!("broadcast {i}"));
    }
    for client in &mut crowd {
        (0..BROADCASTS).for_each(|i| hears(client, &format!("broadcast {i}")));
    }
}

/// Lets so many connections open and drop, in each of four ways, and waits until the server has seen it.
fn drop_in_turn(server: &Server, stays: &mut TcpStream, count: usize) {
    for i in 0..count {
        let client = match i % 4 {
            0 => TcpStream::connect(server.address()).expect("a client connects"),
            1 => {
                let mut client = TcpStream::connect(server.address()).expect("a client connects");
                client.write_all(&rfc_request()[..90]).expect("half a head is sent");
                client
            }
            2 => open(server.address()),
            _ => {
                let mut client = open(server.address());
                client.write_all(&masked_frame(1, b"Li Jing")[..7]).expect("half a frame is sent");
                client
            }
        };
        // A port of a client that closes stays in TIME_WAIT, and a system has only so many. So most of
        // them are killed: with a reset, nothing stays.
        if (i / 4) % 20 != 0 {
            let _ = socket2::SockRef::from(&client).set_linger(Some(Duration::ZERO));
        }
        drop(client);
        if i % 100 == 99 {
            echo(stays, "Li Jing");
        }
    }
}

#[test]
#[ignore = "long"]
fn what_drops_leaves_nothing_behind() {
    probes::raise_file_limit();
    let server = chapter(7);
    let mut stays = open(server.address());
    drop_in_turn(&server, &mut stays, 2_000);
    let start = std::time::Instant::now();
    let mut part = || {
        let before = taken(&server);
        drop_in_turn(&server, &mut stays, DROPPED / PARTS);
        let ((files, memory), (files_now, memory_now)) = (before?, taken(&server)?);
        println!("{files} descriptors, {memory} bytes before, {files_now}, {memory_now} after");
        assert_eq!(files_now, files, "descriptors are left behind");
        Some(memory_now.saturating_sub(memory))
    };
    let grown = (0..PARTS).filter_map(|_| part()).min();
    println!("{:?}", start.elapsed());
    let most = 1024 * 1024 / PARTS as u64;
    assert!(grown.is_none_or(|grown| grown < most), "each part leaves {grown:?} bytes behind");
}
