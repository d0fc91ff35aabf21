//! Runs the server of chapter 19: `cargo run -p ch19-cluster`, and `-- --help` for what it can be told.

use std::process::ExitCode;

fn main() -> ExitCode {
    ch15_pressure::run_prepared(
        |settings: &ch19_cluster::Settings| settings.secret.prepare(),
        ch19_cluster::serve,
    )
}
