//! A chapter's program whose terminal nobody reads, or of which the reader has gone.

// Each test that shares this uses a part of it.
#![allow(dead_code, missing_docs)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// How long an answer may take.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// More than a pipe holds, and the program's own queue behind it: the lines of so many messages.
pub const MESSAGES: usize = 500;
/// Two of these fill a read nearly, so that each takes one.
const LONG: usize = 4_000;

pub struct Program {
    child: Child,
    pub address: SocketAddr,
    terminal: Option<BufReader<ChildStdout>>,
}

impl Program {
    /// Starts a program, and reads its first line.
    pub fn start(path: &str) -> Program {
        let mut command = Command::new(path);
        let mut child =
            command.arg("127.0.0.1:0").stdout(Stdio::piped()).spawn().expect("it starts");
        let mut terminal = BufReader::with_capacity(64, child.stdout.take().expect("its terminal"));
        let mut line = String::new();
        terminal.read_line(&mut line).expect("its first line");
        let address = line.trim().rsplit('/').next().and_then(|at| at.parse().ok());
        Program { child, address: address.expect("an address"), terminal: Some(terminal) }
    }

    /// The reader of its terminal goes.
    pub fn close_terminal(&mut self) {
        self.terminal = None;
    }

    /// Reads the terminal up to the line that says how many are left out: the numbers of the messages
    /// that were shown, and of the lines that were not.
    pub fn shown_and_left_out(&mut self) -> (Vec<usize>, usize) {
        let mut shown = Vec::new();
        for line in self.terminal.as_mut().expect("a terminal").lines() {
            let line = line.expect("text");
            if let Some((count, _)) = line.split_once(" lines are left out") {
                return (shown, count.trim_start_matches('(').parse().expect("a number"));
            }
            let number = line.split_once("message ").and_then(|(_, rest)| rest.split(' ').next());
            shown.extend(number.and_then(|number| number.parse::<usize>().ok()));
        }
        panic!("the terminal has ended");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn connect(address: SocketAddr) -> TcpStream {
    let client = TcpStream::connect(address).expect("a client connects");
    client.set_nodelay(true).expect("a socket");
    client.set_read_timeout(Some(PATIENCE)).expect("a socket");
    client
}

/// A long text with a number.
pub fn message(number: usize) -> String {
    let mut text = format!("message {number} ");
    text.extend(std::iter::repeat_n('x', LONG - text.len()));
    text
}

/// One client says so many messages, and hears each of them back.
pub fn talk(address: SocketAddr, messages: usize) {
    let mut client = connect(address);
    client.write_all(&ch00_wire::rfc_request()).expect("sent");
    client.read_exact(&mut [0; 129]).expect("a 101");
    for number in 0..messages {
        let text = message(number);
        client.write_all(&ch00_wire::masked_frame(1, text.as_bytes())).expect("sent");
        let mut reply = vec![0; 4 + text.len()];
        client.read_exact(&mut reply).expect("a reply, whether or not somebody reads the terminal");
        assert!(reply.ends_with(text.as_bytes()));
    }
}

/// What every server that sends messages back has to bear.
pub fn nobody_reads(path: &str) {
    let mut program = Program::start(path);
    talk(program.address, MESSAGES);
    let (shown, left_out) = program.shown_and_left_out();
    assert_eq!(shown, (0..shown.len()).collect::<Vec<_>>(), "in order, up to where it was full");
    assert!(left_out > 0 && shown.len() + left_out >= MESSAGES, "{} and {left_out}", shown.len());
}

/// The same, when the terminal is closed.
pub fn the_reader_goes(path: &str) {
    let mut program = Program::start(path);
    program.close_terminal();
    talk(program.address, MESSAGES);
    talk(program.address, 1);
}
