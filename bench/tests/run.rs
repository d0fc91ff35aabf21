//! The whole program, with the kernel's floor in the place of servers: it needs nothing that has to be built.

use std::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_frame-by-frame-bench");

/// What it prints, on both streams.
fn run(arguments: &[&str]) -> String {
    let mut command = Command::new(PROGRAM);
    command.args(["--apart", "--no-build", "--quick"]).args(arguments);
    let output = command.args(["--rounds", "1", "--seconds", "0.05"]).output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text") + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn every_kind_of_mode_can_be_played() {
    let server = format!("--server=one={PROGRAM} --floor {{port}} --mode {{mode}}");
    let modes = [
        "echo-32x1",
        "echo-32x64",
        "crowd-32x2",
        "echo-1mx2",
        "chinese-1kx16",
        "deflate-1kx4",
        "room-9x3",
    ];
    let told = run(&["--mode", &modes.join(","), &server]);
    assert!(!told.contains("not counted"), "{told}");
    assert_eq!(told.matches("\n  one ").count(), modes.len(), "{told}");
}

#[test]
fn who_answers_other_bytes_is_not_counted() {
    let server = format!("--server=wrong={PROGRAM} --floor {{port}} --mode chinese-32x1");
    let told = run(&["--mode", "echo-32x1", &server]);
    assert!(told.contains("not counted: an answer has other bytes than it should"), "{told}");
}

#[test]
fn who_is_not_there_is_left_out_aloud() {
    let server = format!("--server=one={PROGRAM} --floor {{port}} --mode {{mode}}");
    let told = run(&["--mode", "echo-32x1", &server, "--server=nobody=/nowhere/at-all"]);
    assert!(told.contains("nobody is left out"), "{told}");
}
