//! A terminal that is closed, or not read, neither ends nor stops a server.

#[path = "support/terminal.rs"]
mod terminal;

use std::io::{Read, Write};

use ch01_listen::{on_one_line, printable};
use terminal::{MESSAGES, Program, connect, message};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch01-listen");

/// A client that is heard, and hung up on.
fn say(program: &Program, number: usize) {
    let mut client = connect(program.address);
    client.write_all(message(number).as_bytes()).expect("sent");
    assert_eq!(client.read(&mut [0]).expect("the server hangs up"), 0);
}

#[test]
fn nobody_reads_it() {
    let mut program = Program::start(PROGRAM);
    (0..MESSAGES).for_each(|number| say(&program, number));
    let (shown, left_out) = program.shown_and_left_out();
    assert_eq!(shown, (0..shown.len()).collect::<Vec<_>>(), "in order, up to where it was full");
    assert!(shown.len() > 250, "a megabyte may wait: {}", shown.len());
    assert!(left_out > 0 && shown.len() + left_out >= MESSAGES, "{} and {left_out}", shown.len());
}

#[test]
fn its_reader_goes() {
    let mut program = Program::start(PROGRAM);
    program.close_terminal();
    (0..MESSAGES).for_each(|number| say(&program, number));
}

#[test]
fn it_does_not_obey() {
    assert_eq!(printable(b"a\r\nb\x1b[2J\xff\0\t"), "a\nb\\u{1b}[2J\u{fffd}\\u{0}\\t");
    assert_eq!(printable("李静".as_bytes()), "李静");
    assert_eq!(on_one_line(b"a\r\nb\nc"), "a\\nb\\nc");
}

#[test]
fn it_does_not_turn_around() {
    for c in ('\u{2028}'..='\u{2070}').filter(|c| !c.is_control()) {
        let turns =
            ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c);
        let shown = printable(c.to_string().as_bytes());
        assert_eq!(shown == c.escape_default().to_string(), turns, "{}", c.escape_default());
    }
}
