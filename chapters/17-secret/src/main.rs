//! Runs the server of chapter 17: `cargo run -p ch17-secret -- --self-signed target/lab`, and `-- --help` for
//! what it can be told.

use std::process::ExitCode;

use ch17_secret::{Settings, serve};
use clap::Parser;

fn main() -> ExitCode {
    let settings = Settings::parse();
    match settings.rules() {
        Ok(rules) => {
            ch15_pressure::run(settings.pressure.address(), |listener| serve(listener, &settings, rules))
        }
        Err(line) => {
            eprintln!("{line}");
            ExitCode::FAILURE
        }
    }
}
