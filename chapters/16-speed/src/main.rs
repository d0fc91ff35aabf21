//! Runs the server of chapter 16: `cargo run --release -p ch16-speed`, and `-- --help` for what it can be told.

use std::process::ExitCode;

fn main() -> ExitCode {
    ch15_pressure::run(ch16_speed::serve)
}
