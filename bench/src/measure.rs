//! The rounds: in each, one server after the other plays, so that whatever else the machine does meets all of them.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::load::Load;
use crate::machine;
use crate::mode::Mode;
use crate::process::Process;
use crate::results::{Played, Sample, Samples};
use crate::script::Script;
use crate::servers::{Kind, Server};

/// How it is measured.
#[derive(Clone, Copy)]
pub struct Measure {
    pub rounds: usize,
    /// How long a server plays in a round.
    pub time: Duration,
    /// How many cores it has.
    pub cores: usize,
}

/// How long a server plays before it is measured.
const WARM_UP: Duration = Duration::from_millis(100);

impl Measure {
    /// All servers play a mode, one after the other, as often as there are rounds.
    pub fn play(&self, mode: &Mode, servers: &[Server]) -> Result<Played> {
        let script = Script::new(mode)?;
        let samples = |server: &Server| {
            let fault = server.cannot(mode, self.cores).map(str::to_owned);
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
        let cores = if server.kind == Kind::Floor { 1 } else { self.cores };
        let variables = server.variables(mode, cores);
        let process = Process::start(&server.command, &variables, &machine::last(cores))?;
        let mut load = Load::new(process.address, mode, script)?;
        load.play(WARM_UP)?;
        // Nothing is in flight, here and below: what the clock says is of these messages.
        let (start, before) = (Instant::now(), process.cpu()?);
        let messages = load.play(self.time)?;
        let (wall, after) = (start.elapsed(), process.cpu()?);
        Ok(Sample { messages, cpu_ns: after - before, wall_ns: wall.as_nanos() as u64 })
    }
}
