//! Measures what servers cost: the same work on each, round by round, and every byte of every reply compared.

mod floor;
mod idle;
mod load;
mod machine;
mod measure;
mod mode;
mod process;
mod recipe;
mod results;
mod script;
mod secret;
mod servers;
mod table;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;

use crate::machine::Apart;
use crate::measure::Measure;
use crate::mode::Mode;
use crate::results::Results;
use crate::secret::Trust;
use crate::servers::Server;

/// Measures what a message costs each server: its processor's time, beside the others' and beside the kernel's floor.
/// Without arguments it builds and measures everything, in about half an hour, and writes bench/results.json, which the
/// book's page The numbers is made from.
#[derive(Parser)]
#[command(name = "bench/run")]
struct Arguments {
    /// Three short rounds: for while you work on something
    #[arg(long)]
    quick: bool,
    /// What to play, for example echo-32x64: 32 bytes, 64 messages in flight
    #[arg(long = "mode", value_delimiter = ',', value_name = "MODE")]
    modes: Vec<Mode>,
    /// Which servers: chapters, as in ch14, and peers; the others are compared with the first
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    servers: Vec<String>,
    /// Another server; {port} and {app} in its command are replaced, PORT and APP are set in its environment
    #[arg(long = "server", value_parser = servers::named, value_name = "NAME=COMMAND")]
    others: Vec<Server>,
    /// How often each server plays each mode
    #[arg(long)]
    rounds: Option<usize>,
    /// How long it plays each time, in seconds
    #[arg(long)]
    seconds: Option<f64>,
    /// After how many minutes no other round begins
    #[arg(long, default_value_t = 25)]
    minutes: u64,
    /// How many cores a server has
    #[arg(long, default_value_t = 1)]
    cores: usize,
    /// How many clients that do nothing a server gets, to see how much memory it takes for them
    #[arg(long, value_name = "CLIENTS")]
    idle: Option<usize>,
    /// Where to write the results, if it is not everything that is measured
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Build nothing: what there is was built before
    #[arg(long)]
    no_build: bool,
    /// Say which modes and servers there are
    #[arg(long)]
    list: bool,
    /// Be the kernel's floor, on this port
    #[arg(long, hide = true)]
    floor: Option<u16>,
    /// In a network of its own already, and everything is built, except these
    #[arg(long, hide = true)]
    apart: bool,
    #[arg(long, hide = true)]
    failed: Vec<String>,
}

/// How many clients do nothing, in a whole run, and how many of them over TLS.
const IDLE: usize = 10_000;
const SECRET: usize = 1_000;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<ExitCode> {
    if let Some(port) = arguments.floor {
        floor::serve(port, arguments.modes.first().context("a floor needs a mode")?)?;
    }
    let course = course();
    let available = servers::all(&course)?;
    if arguments.list {
        let names: Vec<&str> = available.iter().map(|server| &server.name[..]).collect();
        let list = format!("modes: {}\nservers: {}", mode::ALL.join(" "), names.join(" "));
        // Nobody may be there any more to read it.
        let _ = writeln!(io::stdout(), "{list}");
        return Ok(ExitCode::SUCCESS);
    }
    let chosen = chosen(arguments, &available)?;
    let mut failed = arguments.failed.clone();
    if !arguments.apart {
        if !arguments.no_build {
            for (server, error) in recipe::build(&course, &chosen) {
                eprintln!("{server} is left out, because it cannot be built: {error:#}");
                failed.push(server);
            }
        }
        if let Apart::Was(code) = machine::apart(&failed)? {
            return Ok(code);
        }
    }
    measure(arguments, &course, chosen, &failed)?;
    Ok(ExitCode::SUCCESS)
}

/// The course's folder: the one above this package's.
fn course() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a folder above").to_owned()
}

/// Those that are named; without names, all.
fn chosen(arguments: &Arguments, available: &[Server]) -> Result<Vec<Server>> {
    let mut chosen = Vec::new();
    for name in &arguments.servers {
        let server = available.iter().find(|server| server.name == *name);
        chosen.push(server.with_context(|| format!("no server is called {name:?}"))?.clone());
    }
    if arguments.servers.is_empty() && arguments.others.is_empty() {
        chosen.extend(available.iter().cloned());
    }
    chosen.extend(arguments.others.iter().cloned());
    Ok(chosen)
}

fn measure(
    arguments: &Arguments,
    course: &Path,
    servers: Vec<Server>,
    failed: &[String],
) -> Result<()> {
    let whole = arguments.modes.is_empty() && arguments.idle.is_none();
    let mut results = Results { machine: machine::describe(course)?, ..Results::default() };
    let (mut there, missing): (Vec<Server>, Vec<Server>) =
        servers.into_iter().partition(|server| server.is_there() && !failed.contains(&server.name));
    for server in missing {
        eprintln!("{} is left out: it is not there", server.name);
        results.missing.insert(server.name.clone(), "it could not be built here".to_owned());
    }
    for server in &there {
        results.servers.insert(server.name.clone(), server.version(course)?);
    }
    there.push(servers::floor()?);
    let measure = Measure {
        rounds: arguments.rounds.unwrap_or(if arguments.quick { 3 } else { 5 }),
        time: Duration::from_secs_f64(arguments.seconds.unwrap_or(0.3)),
        limit: Duration::from_secs(60 * arguments.minutes),
        trust: Trust::make(&servers::secret(course))?,
    };
    machine::pin()?;
    let (modes, idle) = match whole {
        true => (mode::all(), Some(IDLE)),
        false => (arguments.modes.clone(), arguments.idle),
    };
    let mut modes: Vec<(Mode, usize)> =
        modes.into_iter().map(|mode| (mode, arguments.cores)).collect();
    if whole && machine::cores() > 1 {
        modes.extend(mode::on_two_cores().into_iter().map(|mode| (mode, 2)));
    }
    let save = match (&arguments.save, whole) {
        (None, true) => Some(course.join("bench/results.json")),
        (file, _) => file.clone(),
    };
    results.modes = measure.play(&modes, &there)?;
    results.modes.iter().for_each(|played| print!("{}", table::played(played)));
    if let Some(clients) = idle {
        results.idle = idle::measure(clients, measure.rounds.min(3), &there, None)?;
        print!("{}", table::idle(&results.idle));
    }
    if whole {
        let trust = Some(&measure.trust);
        results.secret = idle::measure(SECRET, measure.rounds.min(3), &there, trust)?;
        print!("over TLS, {}", table::idle(&results.secret));
    }
    if let Some(file) = save {
        let text = serde_json::to_string(&results)?;
        // A line for each server, so that one can read what has changed.
        let text = text.replace("{\"server\"", "\n{\"server\"") + "\n";
        fs::write(&file, text).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    Ok(())
}
