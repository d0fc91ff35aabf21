//! The end of a connection: the server reads on, so that the client is not sent a reset.

#[path = "support/terminal.rs"]
mod terminal;

use std::io::{Read, Write};
use std::net::TcpStream;

use terminal::{Program, connect};

/// A client that says more than one read takes, and hears the end.
fn say(program: &Program, bytes: usize) -> TcpStream {
    let mut client = connect(program.address);
    client.write_all(&vec![b'x'; bytes]).expect("sent");
    assert_eq!(client.read(&mut [0]).expect("the server hangs up"), 0);
    client
}

#[test]
fn a_client_that_says_a_lot_is_not_reset() {
    let program = Program::start(env!("CARGO_BIN_EXE_ch01-listen"));
    let first = say(&program, 40_000);
    // One comes after the other: the first one's connection is closed when the second one is served.
    say(&program, 1);
    let error = first.take_error().expect("a socket");
    assert!(error.is_none(), "a reset could cost a client its answer: {error:?}");
}
