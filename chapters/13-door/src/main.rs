//! Runs the server of chapter 13: `cargo run -p ch13-door`, `-- --app echo` for the other app,
//! `-- --origin http://localhost:8000` for pages of one origin, or `-- 127.0.0.1:4100` for another address.

use std::process::ExitCode;

fn main() -> ExitCode {
    ch13_door::run(std::env::args().skip(1), ch13_door::serve_app)
}
