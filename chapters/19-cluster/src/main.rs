//! Runs the server of chapter 19: `cargo run -p ch19-cluster`, and `-- --help` for what it can be told.

use std::process::ExitCode;

use ch19_cluster::{Settings, serve};
use clap::Parser;

fn main() -> ExitCode {
    let settings = Settings::parse();
    ch15_pressure::run(settings.speed.pressure.address(), |listener| serve(listener, &settings))
}
