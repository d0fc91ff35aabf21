//! Where the program listens, and what it says where it cannot.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::process::{Command, Output};

use ch01_listen::{address, explain, listen, printable};

fn program(argument: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ch01-listen"));
    command.arg(argument).output().expect("the program runs")
}

fn says(argument: &str) -> String {
    let output = program(argument);
    assert!(!output.status.success(), "it must fail");
    String::from_utf8(output.stderr).expect("UTF-8")
}

#[test]
fn argument_then_port_then_4000() {
    let found = |argument: Option<&str>, port: Option<&str>| {
        address(argument.map(str::to_owned), port.map(str::to_owned)).map_err(|e| e.to_string())
    };
    let at = |text: &str| Ok(text.parse::<SocketAddr>().expect("an address"));
    assert_eq!(found(None, None), at("127.0.0.1:4000"));
    assert_eq!(found(None, Some("4100")), at("127.0.0.1:4100"));
    assert_eq!(found(Some("127.0.0.1:4200"), Some("4100")), at("127.0.0.1:4200"));
    assert_eq!(found(Some("[::1]:4200"), None), at("[::1]:4200"));
    insta::assert_debug_snapshot!([
        found(Some("4100"), None),
        found(None, Some("70000")),
        found(None, Some("http")),
    ]);
}

#[test]
fn an_address_in_use_says_so_in_one_line() {
    let taken = listen(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
    let at = taken.local_addr().expect("bound").as_socket().expect("an address");
    let next = SocketAddr::new(at.ip(), at.port().wrapping_add(1));
    let said = says(&at.to_string()).replace(&next.to_string(), "127.0.0.1:4001");
    insta::assert_snapshot!(said.replace(&at.to_string(), "127.0.0.1:4000"));
}

#[test]
fn an_address_of_another_computer_says_so_in_one_line() {
    // 192.0.2.0/24 is reserved for documentation: no computer has it.
    insta::assert_snapshot!(says("192.0.2.1:4000"));
}

/// Not with a real port: the administrator may have any, and tests may run as one.
#[test]
fn a_forbidden_port_says_so_in_one_line() {
    let at = SocketAddr::from(([127, 0, 0, 1], 80));
    insta::assert_snapshot!(explain(at, &ErrorKind::PermissionDenied.into()));
}

#[test]
fn what_is_no_address_says_so_in_one_line() {
    insta::assert_snapshot!(says("localhost"));
}

#[test]
fn a_terminal_does_not_obey() {
    assert_eq!(printable(b"a\r\nb\x1b[2J\xff\0"), "a\nb\\u{1b}[2J\u{fffd}\\u{0}");
    assert_eq!(printable("李静".as_bytes()), "李静");
}
