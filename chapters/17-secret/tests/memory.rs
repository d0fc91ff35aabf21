//! What a client costs that says nothing, after its handshake.

#![cfg(target_os = "linux")]

mod support;

use std::io::Write;
use std::net::TcpStream;
use std::process::Command;

use ch00_wire::{Recorder, rfc_request};
use rustls::version::TLS13;
use stage::{Server, memory};
use support::{Lab, PATIENCE, head};

/// What is in use before is not counted: code that runs for the first time takes memory too.
const BEFORE: usize = 500;
const CLIENTS: usize = 500;
const KIB_4: u64 = 4 * 1024;

#[test]
fn tls_costs_less_than_4_kib_for_a_client_that_says_nothing() {
    // The clients are here, and in the server.
    rlimit::increase_nofile_limit(8_192).expect("so many files");
    let lab = Lab::start(&[]);
    let secret = each(lab.server.id(), || lab.member(&[&TLS13]));
    let mut command = Command::new(env!("CARGO_BIN_EXE_ch17-secret"));
    command.arg("127.0.0.1:0");
    let server = Server::announced(command, &Recorder::new(), PATIENCE).expect("it starts");
    let plain = each(server.id(), || {
        let mut client = TcpStream::connect(server.address()).expect("connected");
        client.write_all(&rfc_request()).expect("sent");
        head(&mut client);
        client
    });
    println!("a client by TLS: {secret} bytes; without: {plain} bytes");
    assert!(secret < KIB_4, "a client by TLS: {secret} bytes; without: {plain} bytes");
}

/// How much memory the server takes for each client: the least of three times, since what else it does at that moment can
/// only add to it.
fn each<Client>(server: u32, client: impl Fn() -> Client) -> u64 {
    let mut clients: Vec<Client> = (0..BEFORE).map(|_| client()).collect();
    let mut more = || {
        let before = memory(server).expect("Linux says it");
        clients.extend((0..CLIENTS).map(|_| client()));
        memory(server).expect("Linux says it").saturating_sub(before) / CLIENTS as u64
    };
    [more(), more(), more()].into_iter().min().expect("three times")
}
