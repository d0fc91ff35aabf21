//! Runs the server of chapter 12: `cargo run -p ch12-strict`, `-- --app echo` for the other app, or
//! `-- 127.0.0.1:4100` for another address.

use std::process::ExitCode;

fn main() -> ExitCode {
    ch07_room::run(std::env::args().skip(1), ch12_strict::serve_app)
}
