//! Runs the server of chapter 09: `cargo run -p ch09-stream`, `-- --app echo` for the other app, or
//! `-- 127.0.0.1:4100` for another address.

use std::process::ExitCode;

fn main() -> ExitCode {
    ch07_room::run(std::env::args().skip(1), ch09_stream::serve_app)
}
