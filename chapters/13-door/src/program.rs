//! The program's arguments from this chapter on: who may come in, and then what they said before.

use std::process::ExitCode;

use ch01_listen::Socket;
use ch07_room::App;

use crate::Door;

// ANCHOR: run
/// Runs the app that the arguments name, for pages of the origins that they name: `--origin` and an
/// origin, as often as there are some, or the variable `ORIGINS` with spaces between them.
pub fn run<Never>(
    arguments: impl IntoIterator<Item = String>,
    serve: impl FnOnce(&Socket, Box<dyn App>, Door) -> Never,
) -> ExitCode {
    match door(arguments, std::env::var("ORIGINS").unwrap_or_default()) {
        Ok((door, others)) => ch07_room::run(others, |listener, app| serve(listener, app, door)),
        Err(line) => {
            eprintln!("{line}");
            ExitCode::FAILURE
        }
    }
}
// ANCHOR_END: run

// ANCHOR: choose
/// The origins that may come in, and the arguments that are left.
fn door(
    arguments: impl IntoIterator<Item = String>,
    variable: String,
) -> Result<(Door, Vec<String>), String> {
    let (mut named, mut others) = (Vec::new(), Vec::new());
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match argument.strip_prefix("--origin") {
            Some("") => named.push(arguments.next().unwrap_or_default()),
            Some(rest) if rest.starts_with('=') => named.push(rest[1..].to_owned()),
            _ => others.push(argument),
        }
    }
    if named.is_empty() {
        named = variable.split_whitespace().map(str::to_owned).collect();
    }
    match named.iter().find(|origin| !is_origin(origin)) {
        None => Ok((Door { origins: named }, others)),
        Some(other) => Err(format!(
            "{other:?} is not an origin: say scheme, host and port, like --origin http://localhost:8000"
        )),
    }
}

/// Whether a browser may say this: a scheme and a host, without a path behind them. Of a page without an
/// origin it says `null`.
fn is_origin(text: &str) -> bool {
    let host = text.split_once("://").map(|(_, host)| host);
    text == "null" || host.is_some_and(|host| !host.is_empty() && !host.contains('/'))
}
// ANCHOR_END: choose
