//! Runs the server of chapter 17: `cargo run -p ch17-secret -- --self-signed target/lab`, and `-- --help` for
//! what it can be told.

use std::process::ExitCode;

fn main() -> ExitCode {
    ch15_pressure::run_prepared(ch17_secret::Settings::prepare, ch17_secret::serve)
}
