//! Measures what servers cost: the same work on each, round by round, and every byte of every reply compared.

mod floor;
mod load;
mod mode;
mod process;
mod results;
mod script;
mod servers;
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Parser;

use crate::load::Load;
use crate::mode::Mode;
use crate::process::Process;
use crate::results::{Played, Sample, Samples};
use crate::script::Script;
use crate::servers::{Kind, Server};

/// Measures what a message costs each server: its processor's time, beside the others' and beside the kernel's floor.
#[derive(Parser)]
#[command(name = "bench/run")]
struct Arguments {
    /// One mode, short rounds: for while you work on something
    #[arg(long)]
    quick: bool,
    /// What to play, for example echo-32x64: 32 bytes, 64 messages in flight
    #[arg(long = "mode", value_delimiter = ',', value_name = "MODE")]
    modes: Vec<Mode>,
    /// Which servers: chapters, as in ch14, and peers. The first is what the others are compared with
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
    /// How many cores a server has
    #[arg(long, default_value_t = 1)]
    cores: usize,
    /// Build nothing: what there is was built before
    #[arg(long)]
    no_build: bool,
    /// Say which modes and servers there are
    #[arg(long)]
    list: bool,
    #[arg(long, hide = true)]
    floor: Option<u16>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    if let Some(port) = arguments.floor {
        return floor::serve(port, arguments.modes.first().context("a floor needs a mode")?);
    }
    let course = course();
    let available = servers::all(&course)?;
    if arguments.list {
        println!("modes: {}", mode::ALL.join(" "));
        let names: Vec<&str> = available.iter().map(|(server, _)| &server.name[..]).collect();
        println!("servers: {}", names.join(" "));
        return Ok(());
    }
    let mut named = Vec::new();
    for name in &arguments.servers {
        let found = available.iter().find(|(server, _)| server.name == *name);
        named.push(found.with_context(|| format!("there is no server {name:?}: see --list"))?);
    }
    if !arguments.no_build {
        servers::build(&course, &named)?;
    }
    let mut chosen: Vec<Server> = named.iter().map(|(server, _)| server.clone()).collect();
    chosen.extend(arguments.others.iter().cloned());
    chosen.push(servers::floor()?);
    let measure = Measure {
        rounds: arguments.rounds.unwrap_or(if arguments.quick { 3 } else { 5 }),
        time: Duration::from_secs_f64(arguments.seconds.unwrap_or(0.5)),
        cores: arguments.cores,
    };
    measure.pin()?;
    for mode in &arguments.modes {
        let played = measure.play(mode, &chosen)?;
        print!("{}", table::table(&played));
    }
    Ok(())
}

/// The course's folder: the one above this package's.
fn course() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a folder above").to_owned()
}

/// How it is measured.
struct Measure {
    rounds: usize,
    time: Duration,
    cores: usize,
}

/// How long a server plays before it is measured.
const WARM_UP: Duration = Duration::from_millis(150);

impl Measure {
    /// The generator has the first core for itself.
    fn pin(&self) -> Result<()> {
        if cfg!(target_os = "linux") { process::pin(0) } else { Ok(()) }
    }

    /// The cores of a server: the last ones.
    fn cores(&self) -> Vec<usize> {
        let all = all_cores();
        (all - self.cores.min(all)..all).collect()
    }

    /// All servers play a mode, one after the other, as often as there are rounds.
    fn play(&self, mode: &Mode, servers: &[Server]) -> Result<Played> {
        let script = Script::new(mode)?;
        let samples = |server: &Server| {
            let fault = server.cannot(mode).map(str::to_owned);
            Samples { server: server.name.clone(), rounds: Vec::new(), fault }
        };
        let mut all: Vec<Samples> = servers.iter().map(samples).collect();
        for _ in 0..self.rounds {
            for (server, samples) in servers.iter().zip(&mut all) {
                if samples.fault.is_some() {
                    continue;
                }
                match self.round(mode, &script, server) {
                    Ok(sample) => samples.rounds.push(sample),
                    Err(error) => samples.fault = Some(format!("{error:#}")),
                }
            }
        }
        Ok(Played { mode: mode.name.clone(), cores: self.cores, servers: all })
    }

    fn round(&self, mode: &Mode, script: &Script, server: &Server) -> Result<Sample> {
        let cores = if server.kind == Kind::Floor { vec![all_cores() - 1] } else { self.cores() };
        let variables = server.variables(mode, self.cores);
        let process = Process::start(&server.command, &variables, &cores)?;
        let mut load = Load::new(process.address, mode, script)?;
        load.play(WARM_UP)?;
        let (start, before) = (Instant::now(), process.cpu()?);
        let messages = load.play(self.time)?;
        let (wall, after) = (start.elapsed(), process.cpu()?);
        Ok(Sample { messages, cpu_ns: after - before, wall_ns: wall.as_nanos() as u64 })
    }
}

fn all_cores() -> usize {
    // `available_parallelism` counts only the cores that this process is kept to.
    let all = std::fs::read_to_string("/sys/devices/system/cpu/online").ok();
    let last = all.as_deref().and_then(|all| all.trim().rsplit(['-', ',']).next()?.parse().ok());
    last.map_or_else(
        || std::thread::available_parallelism().map_or(1, Into::into),
        |n: usize| n + 1,
    )
}
