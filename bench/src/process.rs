//! A server as a process of its own: started on its core, watched by the system's clock, and ended by its number.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::machine;
use crate::results::Memory;

/// How long a server may take until it listens.
const START: Duration = Duration::from_secs(20);

/// A server that runs, and is ended when it is dropped.
pub struct Process {
    child: Child,
    pub address: SocketAddr,
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    /// Starts a server on a port that is free. `{port}` and `{app}` in the command are replaced, and the variables `PORT`
    /// and `APP` are set.
    pub fn start(words: &[String], variables: &[(&str, String)], cores: &[usize]) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let replaced = |word: &String| {
            let mut word = word.replace("{port}", &port.to_string());
            for (name, value) in variables {
                word = word.replace(&format!("{{{}}}", name.to_lowercase()), value);
            }
            word
        };
        let mut words = words.iter().map(replaced);
        let program = words.next().context("a command has no program")?;
        let mut command = machine::on(cores, &program);
        command.args(words).env("PORT", port.to_string());
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().with_context(|| format!("{program} cannot be started"))?;
        let mut process = Process { child, address };
        process.wait()?;
        Ok(process)
    }

    fn wait(&mut self) -> Result<()> {
        let start = Instant::now();
        loop {
            if TcpStream::connect(self.address).is_ok() {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("it ends before it listens: {status}");
            }
            if start.elapsed() > START {
                bail!("it does not listen on {}", self.address);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// How long its threads have run, in nanoseconds.
    pub fn cpu(&self) -> Result<u64> {
        machine::cpu(self.child.id())
    }

    /// How much memory it takes now.
    pub fn memory(&self) -> Result<Memory> {
        machine::memory(self.child.id())
    }
}
