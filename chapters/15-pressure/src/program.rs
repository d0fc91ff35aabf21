//! What a program does from this chapter on: read its settings, listen, say so, serve until it is to end.

use std::error::Error;
use std::io;
use std::process::{self, ExitCode};

use ch01_listen::{LastLines, Socket, explain, listen, show};
use clap::Parser;
use clap::error::{ContextKind, ErrorKind};
use env_logger::Env;

use crate::Settings;
use crate::seen::TALK;

// ANCHOR: run
/// Reads the settings, listens, and serves. Every mistake is told in one line.
pub fn run<T: Parser + AsRef<Settings>>(
    serve: impl FnOnce(&Socket, &T) -> io::Result<()>,
) -> ExitCode {
    run_prepared(|_| Ok(("ws", ())), |listener, settings, ()| serve(listener, settings))
}

/// The same, where `prepare` has something to do before we listen. It also says how an address of this
/// server begins.
pub fn run_prepared<T: Parser + AsRef<Settings>, P>(
    prepare: impl FnOnce(&T) -> Result<(&'static str, P), String>,
    serve: impl FnOnce(&Socket, &T, P) -> io::Result<()>,
) -> ExitCode {
    let settings = match T::try_parse() {
        Ok(settings) => settings,
        Err(help) if !help.use_stderr() => {
            // Nobody sees the help if the terminal is closed.
            let _ = help.print();
            return ExitCode::SUCCESS;
        }
        Err(mistake) => {
            eprintln!("{}", in_one_line(&mistake));
            return ExitCode::from(2);
        }
    };
    let _last_lines = LastLines;
    log_to_terminal();
    let prepared = prepare(&settings);
    match prepared.and_then(|prepared| listen_and_serve(&settings, prepared, serve)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(line) => {
            eprintln!("{line}");
            ExitCode::FAILURE
        }
    }
}

fn listen_and_serve<T: AsRef<Settings>, P>(
    settings: &T,
    (scheme, prepared): (&str, P),
    serve: impl FnOnce(&Socket, &T, P) -> io::Result<()>,
) -> Result<(), String> {
    let at = settings.as_ref().address();
    let listener = listen(at).map_err(|error| explain(at, &error))?;
    let at = listener.local_addr().ok().and_then(|at| at.as_socket()).unwrap_or(at);
    show(format!("listening on {scheme}://{at}"));
    serve(&listener, settings, prepared)
        .map_err(|error| format!("the server cannot go on: {error}"))
}
// ANCHOR_END: run

// ANCHOR: mistakes
/// What is wrong with the settings, and what to do about it.
fn in_one_line(mistake: &clap::Error) -> String {
    let context = |kind| mistake.get(kind).map(ToString::to_string).unwrap_or_default();
    match (mistake.kind(), mistake.source()) {
        (ErrorKind::ValueValidation, Some(advice)) => {
            let (name, value) =
                (context(ContextKind::InvalidArg), context(ContextKind::InvalidValue));
            format!("{name} cannot be {value:?}: {advice}")
        }
        _ => {
            let text = mistake.to_string();
            let first = text.lines().next().unwrap_or_default();
            format!("{}: --help shows what there is", first.trim_start_matches("error: "))
        }
    }
}
// ANCHOR_END: mistakes

// ANCHOR: log
/// Shows lines of log without waiting for the terminal. Without `RUST_LOG`, somebody looks on who
/// wants to see all that clients say, as before.
pub fn log_to_terminal() {
    env_logger::Builder::from_env(Env::default().default_filter_or(format!("warn,{TALK}=debug")))
        .format(|_, record| {
            show(format!("{}: {}", record.level(), record.args()));
            Ok(())
        })
        .init();
}
// ANCHOR_END: log

// ANCHOR: on_stop
/// Has `stop` called when the program is to end: by Ctrl-C, or by TERM. The second time it ends at once.
pub fn on_stop(stop: impl Fn() + Send + 'static) -> io::Result<()> {
    let mut stopping = false;
    let handler = move || match std::mem::replace(&mut stopping, true) {
        false => stop(),
        true => process::exit(1),
    };
    ctrlc::set_handler(handler).map_err(io::Error::other)
}
// ANCHOR_END: on_stop
