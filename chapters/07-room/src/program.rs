//! What a program does from this chapter on: choose its app, and then what every program does.

use std::fmt;
use std::process::ExitCode;

use ch01_listen::Socket;

use crate::{App, Echo, Room};

// ANCHOR: run
/// Runs the app that the arguments name. They say where to listen, too, as in chapter 01.
pub fn run<Never>(
    arguments: impl IntoIterator<Item = String>,
    serve: impl FnOnce(&Socket, Box<dyn App>) -> Never,
) -> ExitCode {
    match choose(arguments, std::env::var("APP").ok()) {
        Ok((app, others)) => ch01_listen::run(others, |listener| serve(listener, app)),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
// ANCHOR_END: run

// ANCHOR: choose
/// The app that follows `--app`, or else the one in `variable`, or else the room; and the arguments
/// that are left.
fn choose(
    arguments: impl IntoIterator<Item = String>,
    variable: Option<String>,
) -> Result<(Box<dyn App>, Vec<String>), NoApp> {
    let (mut name, mut others) = (variable, Vec::new());
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match argument.strip_prefix("--app") {
            Some("") => name = Some(arguments.next().ok_or(NoApp(None))?),
            Some(rest) if rest.starts_with('=') => name = Some(rest[1..].to_owned()),
            _ => others.push(argument),
        }
    }
    let app: Box<dyn App> = match name.as_deref() {
        Some("echo") => Box::new(Echo),
        Some("room") | None => Box::new(Room::default()),
        Some(_) => return Err(NoApp(name)),
    };
    Ok((app, others))
}
// ANCHOR_END: choose

// ANCHOR: no_app
/// The name that is not an app's, if there was one.
#[derive(Debug)]
struct NoApp(Option<String>);

impl fmt::Display for NoApp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(name) => write!(out, "there is no app {name:?}: choose echo or room"),
            None => out.write_str("--app needs a name after it: echo or room"),
        }
    }
}
// ANCHOR_END: no_app
