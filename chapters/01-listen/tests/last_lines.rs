//! The end of a program: it waits for the terminal, a second at most, and no longer than that takes.

use std::process::{Command, Stdio, exit};
use std::time::{Duration, Instant};

use ch01_listen::{run, show};

/// A variable that is set for the program whose end is tested: this one, started by itself.
const ENDS: &str = "ENDS";
/// More than a pipe holds.
const LONG: usize = 8 * 1024 * 1024;

/// Shows a last line, and ends. How long that takes.
fn end(length: usize) -> Duration {
    let start = Instant::now();
    run(["127.0.0.1:0".to_owned()], |_| show("x".repeat(length)));
    start.elapsed()
}

#[test]
fn a_terminal_that_is_not_read_gets_a_second() {
    if std::env::var_os(ENDS).is_some() {
        exit(i32::from(end(LONG) < Duration::from_secs(1)));
    }
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", "a_terminal_that_is_not_read_gets_a_second", "--nocapture"]);
    let mut child = command.env(ENDS, "").stdout(Stdio::piped()).spawn().expect("it starts");
    // Held open, and not read.
    let _terminal = child.stdout.take();
    assert!(child.wait().expect("it ends").success(), "it does not wait for the terminal");
}

#[test]
fn nobody_waits_for_a_terminal_that_has_it_all() {
    let is_quick = |_| end(1) < Duration::from_secs(1);
    assert!((0..10).any(is_quick), "it waits for nothing");
}
