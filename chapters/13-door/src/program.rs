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
    let (mut origins, mut others) = (Vec::new(), Vec::new());
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match argument.strip_prefix("--origin") {
            Some("") => origins.push(arguments.next().unwrap_or_default()),
            Some(rest) if rest.starts_with('=') => origins.push(rest[1..].to_owned()),
            _ => others.push(argument),
        }
    }
    if origins.is_empty() {
        let variable = std::env::var("ORIGINS").unwrap_or_default();
        origins.extend(variable.split_whitespace().map(str::to_owned));
    }
    if let Some(other) = origins.iter().find(|origin| !is_origin(origin)) {
        let like = "say scheme, host and port, like --origin http://localhost:8000";
        eprintln!("{other:?} is not an origin: {like}");
        return ExitCode::FAILURE;
    }
    ch07_room::run(others, |listener, app| serve(listener, app, Door { origins }))
}
// ANCHOR_END: run

// ANCHOR: is_origin
/// Whether a browser may say this: a scheme and a host, without a path behind them. Of a page without an
/// origin it says `null`.
pub fn is_origin(text: &str) -> bool {
    let host = text.split_once("://").map(|(_, host)| host);
    text == "null" || host.is_some_and(|host| !host.is_empty() && !host.contains('/'))
}
// ANCHOR_END: is_origin
