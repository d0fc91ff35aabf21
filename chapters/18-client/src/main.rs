//! Talks to a WebSocket server: `cargo run -p ch18-client -- ws://127.0.0.1:4000`, and `-- --help` for more.

use std::process::ExitCode;

use ch18_client::{Settings, run};
use clap::Parser;

fn main() -> ExitCode {
    let settings = Settings::parse();
    run(&settings).unwrap_or_else(|error| {
        eprintln!("ws: {error}");
        ExitCode::FAILURE
    })
}
