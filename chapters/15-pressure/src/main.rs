//! Runs the server of chapter 15: `cargo run -p ch15-pressure`, and `-- --help` for what it can be told.

use std::process::ExitCode;

use ch15_pressure::{Settings, run, serve};
use clap::Parser;

fn main() -> ExitCode {
    let settings = Settings::parse();
    run(settings.address(), |listener| serve(listener, &settings))
}
