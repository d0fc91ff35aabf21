//! The settings, and what is said of mistakes in them.

use std::process::{Command, Output};
use std::time::Duration;

use ch15_pressure::Settings;
use clap::Parser;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch15-pressure");

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).envs(variables.iter().copied());
    command.output().expect("the program runs")
}

/// What it says, in one line, before it has listened.
fn mistake(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let output = run(arguments, variables);
    assert_eq!(output.status.code(), Some(2), "{arguments:?} {variables:?}");
    assert!(output.stdout.is_empty(), "{arguments:?} {variables:?}");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(said.matches('\n').count(), 1, "one line: {said}");
    said.trim_end().to_owned()
}

#[test]
fn each_mistake_has_one_line() {
    insta::assert_debug_snapshot!([
        mistake(&["nowhere"], &[]),
        mistake(&["127.0.0.1:4000", "127.0.0.1:4001"], &[]),
        mistake(&["--port", "65536"], &[]),
        mistake(&[], &[("PORT", "")]),
        mistake(&["--app", "chat"], &[]),
        mistake(&["--origin", "http://localhost:8000/"], &[]),
        mistake(&[], &[("ORIGINS", "http://localhost:8000 *")]),
        mistake(&["--ping-after", "0"], &[]),
        mistake(&["--ping-after", "-1"], &[]),
        mistake(&["--goodbye-timeout", "1e300"], &[]),
        mistake(&[], &[("SLOW_TIMEOUT", "NaN")]),
        mistake(&[], &[("MAX_CLIENTS", "0")]),
        mistake(&["--max-unsent", "1 MB"], &[]),
        mistake(&["--max-unsent", "1\n2"], &[]),
        mistake(&["--max-clients-per-address"], &[]),
        mistake(&["--pings"], &[]),
    ]);
}

#[test]
fn an_argument_counts_more_than_a_variable() {
    let output = run(&["--port", "1"], &[("PORT", "nothing"), ("MAX_CLIENTS", "many")]);
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(said.starts_with("--max-clients <MAX_CLIENTS> "), "{said}");
}

#[test]
fn a_port_in_use() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = taken.local_addr().expect("bound").to_string();
    let output = run(&[&at], &[]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(said.starts_with(&format!("{at} is in use: ")), "{said}");
    assert_eq!(said.matches('\n').count(), 1, "{said}");
}

#[test]
fn what_is_usual() {
    let settings = Settings::parse_from(["ch15-pressure"]);
    assert_eq!(settings.address().to_string(), "127.0.0.1:4000");
    assert!(settings.is_room() && settings.door().origins.is_empty());
    assert_eq!(settings.limits.ping_after, Duration::from_secs(20));
    let settings = Settings::parse_from(["x", "[::1]:5", "--slow-timeout=0.25", "--app=echo"]);
    assert_eq!(settings.address().to_string(), "[::1]:5");
    assert_eq!(settings.patience.slow_timeout, Duration::from_millis(250));
    assert!(!settings.is_room());
}

#[test]
fn origins_are_a_list() {
    let origins = |arguments: &[&str]| Settings::parse_from(arguments).door().origins;
    assert_eq!(origins(&["x", "--origin", "http://a.example", "--origin=null"]).len(), 2);
    assert_eq!(origins(&["x", "--origin", " http://a.example  http://b.example "]).len(), 2);
    assert!(origins(&["x", "--origin", ""]).is_empty());
}

#[test]
fn help() {
    let output = Command::new(PROGRAM).arg("--help").env_remove("PORT").env_remove("APP").output();
    let output = output.expect("the program runs");
    assert!(output.status.success());
    let help = String::from_utf8(output.stdout).expect("UTF-8");
    // The program has another name on Windows.
    insta::assert_snapshot!(help.replace("ch15-pressure.exe", "ch15-pressure"));
}
