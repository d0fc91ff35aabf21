//! The machine: what it is, its cores, and a network of our own on it.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

use crate::process;
use crate::results::Machine;

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

/// Measures in a network of its own: with loopback alone, and with `reno`.
pub fn apart() -> Result<Apart> {
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
    let status = unshare().arg(std::env::current_exe()?).args(arguments).arg("--apart").status()?;
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

/// What a process of this number takes of the memory, if the system says so.
pub fn memory(id: u32) -> Result<process::Memory> {
    let text = fs::read_to_string(format!("/proc/{id}/smaps_rollup"))?;
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        kib.map_or_else(|| bail!("no {name} in smaps_rollup"), |kib| Ok(kib * 1024))
    };
    Ok(process::Memory { rss: field("Rss:")?, pss: field("Pss:")? })
}
