//! Clients that do nothing: how much memory a server takes for each.

use std::io::{Read, Write};

use anyhow::{Result, bail};

use crate::load::connect;
use crate::machine;
use crate::mode::Mode;
use crate::process::Process;
use crate::results::{Idle, Memory};
use crate::script::{Ear, Script};
use crate::secret::Trust;
use crate::servers::{Kind, Server};

/// What a client says when it says something.
const SAID: &str = "echo-32x1";

/// Measures all servers, as often as there are rounds; over TLS if there is somebody to trust.
pub fn measure(
    clients: usize,
    rounds: usize,
    servers: &[Server],
    trust: Option<&Trust>,
) -> Result<Vec<Idle>> {
    let mode = Mode { clients, secret: trust.is_some(), ..SAID.parse::<Mode>()? };
    let script = Script::new(&mode)?;
    let servers = servers.iter().filter(|server| server.kind != Kind::Floor);
    let idle = |server: &Server| {
        let fault = server.cannot(&mode, 1).map(str::to_owned);
        let mut idle = Idle { server: server.name.clone(), clients, rounds: Vec::new(), fault };
        while idle.fault.is_none() && idle.rounds.len() < rounds {
            match round(&mode, &script, server, trust) {
                Ok(round) => idle.rounds.push(round),
                Err(error) => idle.fault = Some(format!("{error:#}")),
            }
        }
        idle
    };
    Ok(servers.map(idle).collect())
}

/// The memory before they come, while they are there, and after each has said something.
fn round(
    mode: &Mode,
    script: &Script,
    server: &Server,
    trust: Option<&Trust>,
) -> Result<[Memory; 3]> {
    let variables = server.variables(mode, 1);
    let process = Process::start(&server.command, &variables, &machine::last(1))?;
    // What a server sets up for its first message is not a client's.
    talk(&mut connect(process.address, false, trust)?, script)?;
    let before = process.memory()?;
    let connections = (0..mode.clients).map(|_| connect(process.address, false, trust));
    let mut connections = connections.collect::<Result<Vec<_>>>()?;
    let there = process.memory()?;
    for connection in &mut connections {
        talk(connection, script)?;
    }
    Ok([before, there, process.memory()?])
}

/// Says one message, and hears it.
fn talk(stream: &mut (impl Read + Write), script: &Script) -> Result<()> {
    stream.write_all(script.frames(0, 1))?;
    let (mut ear, mut buffer) = (Ear::new(false), [0; 1024]);
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            bail!("it closes the connection");
        }
        if ear.hear(&buffer[..count], script)? > 0 {
            return Ok(());
        }
    }
}
