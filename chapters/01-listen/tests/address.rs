//! Where the program listens, and what it says where it cannot.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::process::{Command, Output};

use ch01_listen::{AddressError, address, explain, listen};

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
        address(argument.map(str::to_owned), port.map(str::to_owned))
            .map_err(|error| error.to_string())
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
fn what_is_not_one_address_says_so_in_one_line() {
    let found = |arguments: &[&str]| {
        let arguments = arguments.iter().map(|&argument| argument.to_owned());
        address(arguments, None).expect_err("these are too many, or something else")
    };
    let option = || AddressError::NoOption("--app".to_owned());
    assert_eq!(found(&["--app", "echo"]), option());
    assert_eq!(found(&["127.0.0.1:4100", "--app"]), option());
    let one_too_many = AddressError::OneTooMany("127.0.0.1:4200".to_owned());
    assert_eq!(found(&["127.0.0.1:4100", "127.0.0.1:4200"]), one_too_many);
    insta::assert_debug_snapshot!([option().to_string(), one_too_many.to_string()]);
}

#[test]
fn before_chapter_07_there_is_no_app_to_choose() {
    let said = says("--app");
    assert_eq!(said.trim_end(), AddressError::NoOption("--app".to_owned()).to_string());
}
