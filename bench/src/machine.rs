//! The machine: what it is, its cores, and a network of our own on it.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::results::{Machine, Memory};

/// Whether it was measured in a network of its own.
pub enum Apart {
    /// It was, and ended so.
    Was(ExitCode),
    /// It could not be.
    Cannot,
}

/// How TCP avoids congestion. Linux has it for each network: some machines have `bbr`, which spreads what is sent over
/// time, and so halves what goes over loopback.
const CONGESTION: &str = "/proc/sys/net/ipv4/tcp_congestion_control";

/// Measures in a network of its own: with loopback alone, and with `reno`. Says there which servers could not be built.
pub fn apart(failed: &[String]) -> Result<Apart> {
    let network = format!("ip link set lo up && echo reno > {CONGESTION} && exec \"$@\"");
    let possible = |command: &mut Command| command.output().is_ok_and(|out| out.status.success());
    let unshare = || {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--net", "sh", "-c", &network, "sh"]);
        command
    };
    if !cfg!(target_os = "linux") || !possible(unshare().arg("true")) {
        eprintln!("measured in the machine's own network: a separate one cannot be made here");
        return Ok(Apart::Cannot);
    }
    let arguments = std::env::args_os().skip(1);
    let failed = failed.iter().flat_map(|server| ["--failed", server]);
    let status = unshare()
        .arg(std::env::current_exe()?)
        .args(arguments)
        .arg("--apart")
        .args(failed)
        .status()?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(Apart::Was(code.map_or(ExitCode::FAILURE, ExitCode::from)))
}

/// How many cores there are. What this process is kept to does not count.
pub fn cores() -> usize {
    let all = fs::read_to_string("/sys/devices/system/cpu/online").ok();
    let last = all.as_deref().and_then(|all| all.trim().rsplit(['-', ',']).next()?.parse().ok());
    let here = || std::thread::available_parallelism().map_or(1, Into::into);
    last.map_or_else(here, |last: usize| last + 1)
}

/// The last so many cores: those of the server.
pub fn last(count: usize) -> Vec<usize> {
    let all = cores();
    (all - count.min(all)..all).collect()
}

/// Keeps this process to the first core.
pub fn pin() -> Result<()> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let id = std::process::id().to_string();
    let output = Command::new("taskset").args(["-a", "-c", "-p", "0", &id]).output()?;
    if !output.status.success() {
        bail!("taskset: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

/// What the machine is, and when this is.
pub fn describe(course: &Path) -> Result<Machine> {
    let read = |file: &str| fs::read_to_string(file).unwrap_or_default().trim().to_owned();
    let says = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).current_dir(course).output();
        output.map_or(String::new(), |output| {
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        })
    };
    let processor = read("/proc/cpuinfo");
    let processor = processor.lines().find_map(|line| line.strip_prefix("model name"));
    let processor = processor.map(|name| name.trim_start_matches([' ', '\t', ':']).to_owned());
    Ok(Machine {
        when: says("date", &["-u", "+%Y-%m-%d"]),
        processor: processor.unwrap_or_else(|| says("uname", &["-m"])),
        cores: cores(),
        kernel: says("uname", &["-sr"]),
        congestion: read(CONGESTION),
        commit: says("git", &["rev-parse", "--short=10", "HEAD"]),
        rust: says("rustc", &["--version"]),
        load: read("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned(),
    })
}

/// A command for a program on some cores, if this system can do that.
pub fn on(cores: &[usize], program: &str) -> Command {
    if !cfg!(target_os = "linux") || cores.is_empty() {
        return Command::new(program);
    }
    let cores = cores.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
    let mut command = Command::new("taskset");
    command.arg("-c").arg(cores).arg(program);
    command
}

/// Where a program is: a path, or a name that the system finds.
pub fn finds(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&path);
    Path::new(program).is_file() || folders.any(|folder| folder.join(program).is_file())
}

/// How long the threads of the process of this number have run, in nanoseconds.
pub fn cpu(id: u32) -> Result<u64> {
    if !cfg!(target_os = "linux") {
        return cpu_elsewhere(&ps(id, "time=")?);
    }
    let mut all = 0;
    for thread in fs::read_dir(format!("/proc/{id}/task"))? {
        // A thread may end meanwhile.
        let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        let ran = text.split(' ').next().and_then(|first| first.parse::<u64>().ok());
        all += ran.with_context(|| format!("a schedstat that says {text:?}"))?;
    }
    Ok(all)
}

/// The same as `ps` says it, which has only hundredths of a second: `1:02.34`.
fn cpu_elsewhere(time: &str) -> Result<u64> {
    let parts = time.trim().split(':').map(str::parse::<f64>);
    let parts = parts.collect::<Result<Vec<f64>, _>>().with_context(|| format!("{time:?}"))?;
    Ok((parts.into_iter().fold(0.0, |all, part| all * 60.0 + part) * 1e9) as u64)
}

/// What the process of this number has in memory for itself.
pub fn memory(id: u32) -> Result<Memory> {
    let kib = if cfg!(target_os = "linux") {
        let text = fs::read_to_string(format!("/proc/{id}/smaps_rollup"))?;
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
        line.and_then(|line| line.trim().strip_suffix(" kB")).unwrap_or_default().to_owned()
    } else {
        ps(id, "rss=")?
    };
    let kib = kib.trim().parse::<Memory>();
    Ok(kib.context("the system does not say how much memory a process has")? * 1024)
}

fn ps(id: u32, field: &str) -> Result<String> {
    let output = Command::new("ps").args(["-o", field, "-p", &id.to_string()]).output();
    let output = output.context("the system does not say what a process takes")?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ps_says_minutes_and_seconds() {
        assert_eq!(cpu_elsewhere("  1:02.50\n").unwrap(), 62_500_000_000);
        assert!(cpu_elsewhere("soon").is_err());
    }
}
