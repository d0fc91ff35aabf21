//! Runs the server of chapter 16: `cargo run --release -p ch16-speed`, and `-- --help` for what it can be told.

use std::process::ExitCode;

use ch16_speed::{Settings, serve};
use clap::Parser;

fn main() -> ExitCode {
    let settings = Settings::parse();
    ch15_pressure::run(settings.pressure.address(), |listener| serve(listener, &settings))
}
