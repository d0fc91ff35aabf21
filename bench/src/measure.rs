//! The rounds: in each, one server after the other plays, so that whatever else the machine does meets all of them.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::load::Load;
use crate::machine;
use crate::mode::Mode;
use crate::process::Process;
use crate::results::{Played, Sample, Samples};
use crate::script::Script;
use crate::secret::Trust;
use crate::servers::{Kind, Server};

/// How it is measured.
pub struct Measure {
    pub rounds: usize,
    /// How long a server plays in a round.
    pub time: Duration,
    /// When no other round begins.
    pub limit: Duration,
    /// For modes over TLS.
    pub trust: Trust,
}

/// How long a server plays before it is measured.
const WARM_UP: Duration = Duration::from_millis(100);

impl Measure {
    /// All servers play all modes, as often as there are rounds: in each of these, one server after the other plays each
    /// mode, on so many cores. Ends after the round in which the time is over.
    pub fn play(&self, modes: &[(Mode, usize)], servers: &[Server]) -> Result<Vec<Played>> {
        let start = Instant::now();
        let mut all: Vec<Played> =
            modes.iter().map(|(mode, cores)| nothing_yet(mode, *cores, servers)).collect();
        for round in 1..=self.rounds {
            for ((mode, cores), played) in modes.iter().zip(&mut all) {
                eprintln!("round {round} of {}: {mode}", self.rounds);
                let script = Script::new(mode)?;
                for (server, samples) in servers.iter().zip(&mut played.servers) {
                    if samples.fault.is_some() {
                        continue;
                    }
                    match self.sample(mode, *cores, &script, server) {
                        Ok(sample) => samples.rounds.push(sample),
                        Err(error) => samples.fault = Some(format!("{error:#}")),
                    }
                }
            }
            if start.elapsed() > self.limit && round < self.rounds {
                eprintln!("the time is over after {round} rounds");
                break;
            }
        }
        Ok(all)
    }

    fn sample(
        &self,
        mode: &Mode,
        cores: usize,
        script: &Script,
        server: &Server,
    ) -> Result<Sample> {
        let cores = if server.kind == Kind::Floor { 1 } else { cores };
        let variables = server.variables(mode, cores);
        let process = Process::start(&server.command, &variables, &machine::last(cores))?;
        // The floor moves as many messages, and hides none.
        let is_secret = mode.secret && server.kind != Kind::Floor;
        let trust = is_secret.then_some(&self.trust);
        let mut load = Load::new(process.address, mode, script, trust)?;
        load.play(WARM_UP)?;
        // Nothing is in flight, here and below: what the clock says is of these messages.
        let (start, before) = (Instant::now(), process.cpu()?);
        let messages = load.play(self.time)?;
        let (wall, after) = (start.elapsed(), process.cpu()?);
        Ok(Sample { messages, cpu_ns: after - before, wall_ns: wall.as_nanos() as u64 })
    }
}

fn nothing_yet(mode: &Mode, cores: usize, servers: &[Server]) -> Played {
    let samples = |server: &Server| {
        let fault = server.cannot(mode, cores).map(str::to_owned);
        Samples { server: server.name.clone(), rounds: Vec::new(), fault }
    };
    Played { mode: mode.name.clone(), cores, servers: servers.iter().map(samples).collect() }
}
