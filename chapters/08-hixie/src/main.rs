//! Runs the server of chapter 08: `cargo run -p ch08-hixie`, or `-- 127.0.0.1:4100` for another address.

use std::process::ExitCode;

fn main() -> ExitCode {
    ch01_listen::run(std::env::args().nth(1), ch08_hixie::serve)
}
