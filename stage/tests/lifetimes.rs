//! Whatever a server starts ends with it, and it is said how a server ended.

#![cfg(unix)]

use std::process::Command;
use std::time::{Duration, Instant};

use ch00_wire::Recorder;
use stage::{Program, Server, StartError};

/// How long something may take that has to come.
const PATIENCE: Duration = Duration::from_secs(60);

fn sh(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

fn announced(script: &str) -> Result<Server, StartError> {
    Server::announced(sh(script), &Recorder::new(), PATIENCE)
}

/// Whether a process lives. One that has ended, and that nobody has asked about yet, is a zombie.
fn lives(process: &str) -> bool {
    let output = Command::new("ps").args(["-o", "stat=", "-p", process]).output();
    let state = String::from_utf8_lossy(&output.expect("ps runs").stdout).trim().to_owned();
    !state.is_empty() && !state.starts_with('Z')
}

#[test]
fn what_a_server_has_started_ends_with_it() {
    let script = "sleep 1000 & echo $!; echo ws://127.0.0.1:1; wait";
    let server = announced(script).expect("it starts");
    let child = server.lines_from(0).swap_remove(0);
    assert!(lives(&child));
    assert!(server.end(), "its outputs have ended, so that nobody holds them");
    assert!(!lives(&child));
}

#[test]
fn what_it_has_started_ends_also_where_it_has_ended_itself() {
    let server = announced("sleep 1000 & echo $!; echo ws://127.0.0.1:1").expect("it starts");
    let child = server.lines_from(0).swap_remove(0);
    let deadline = Instant::now() + PATIENCE;
    while !server.has_ended() {
        assert!(Instant::now() < deadline, "the server goes on");
        std::thread::yield_now();
    }
    assert!(lives(&child));
    assert!(server.end());
    assert!(!lives(&child));
}

#[test]
fn an_end_is_named_and_says_who_ended_it() {
    let ended = |script| match announced(script) {
        Err(StartError::Ended(exit, _)) => exit,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it started"),
    };
    let exit = ended("exit 3");
    assert_eq!((exit.to_string().as_str(), exit.by_us), ("exit code 3", false));
    let exit = ended("kill -SEGV $$");
    assert_eq!((exit.to_string().as_str(), exit.by_us), ("signal SIGSEGV", false));
    assert_eq!(exit.signal(), Some("SIGSEGV"));

    let program = Program::start(sh("sleep 1000")).expect("it starts");
    assert_eq!(program.exit(), None);
    program.end();
    let exit = program.exit().expect("it has ended");
    assert_eq!((exit.to_string().as_str(), exit.by_us), ("signal SIGKILL", true));
}

#[test]
fn a_program_that_is_asked_to_end_ends_as_it_likes() {
    let server =
        announced("trap 'exit 7' TERM; echo ws://127.0.0.1:1; sleep 1000 >/dev/null 2>&1 & wait");
    let server = server.expect("it starts");
    assert!(server.ask_to_end());
    assert!(server.wait_for_end(PATIENCE));
    let exit = server.exit().expect("it has ended");
    assert_eq!((exit.to_string().as_str(), exit.by_us), ("exit code 7", false));
    assert!(!server.ask_to_end(), "nobody is there any more");

    let server = announced("echo ws://127.0.0.1:1; exec sleep 1000").expect("it starts");
    assert!(server.ask_to_end());
    assert!(server.wait_for_end(PATIENCE));
    assert_eq!(server.exit().and_then(|exit| exit.signal()), Some("SIGTERM"));
}

#[test]
fn a_start_that_takes_long_is_told() {
    let mut told = 0;
    let server = Server::announced_telling(
        sh("sleep 2; echo ws://127.0.0.1:1; sleep 1000"),
        &Recorder::new(),
        PATIENCE,
        &mut |_| told += 1,
    );
    assert!(server.is_ok());
    assert!(told > 0);
}

#[test]
fn both_outputs_of_a_command_are_read_to_their_ends() {
    let script = "seq 100000; seq 100000 >&2; exit 1";
    let output = Program::output(sh(script)).expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, output.stderr);
    assert!(output.stdout.ends_with(b"100000\n"));
}

#[test]
fn a_free_port_is_no_port_that_a_system_gives_away() {
    for _ in 0..100 {
        let at = Server::free_address().expect("a port");
        assert!((20_000..32_000).contains(&at.port()), "{at}");
    }
}
