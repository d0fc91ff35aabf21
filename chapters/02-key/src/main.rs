//! Runs the server of chapter 02: `cargo run -p ch02-key`, or `-- 127.0.0.1:4100` for another address.

use std::process::ExitCode;

fn main() -> ExitCode {
    ch01_listen::run(std::env::args().skip(1), ch02_key::serve)
}
