//! Runs the server of chapter 15: `cargo run -p ch15-pressure`, and `-- --help` for what it can be told.

use std::process::ExitCode;

fn main() -> ExitCode {
    ch15_pressure::run(ch15_pressure::serve)
}
