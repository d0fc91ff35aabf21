//! The servers: which there are, how they are built, and how they are started.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::mode::{App, Mode};

/// What a server is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Floor,
    Chapter(u8),
    Peer,
    /// Named on the command line.
    Other,
}

/// A server, and what it is started with.
#[derive(Clone, Debug)]
pub struct Server {
    pub name: String,
    pub kind: Kind,
    pub command: Vec<String>,
}

/// The first chapter whose server answers.
const FIRST: u8 = 5;

/// The floor, for `mode`.
pub fn floor() -> Result<Server> {
    let program = std::env::current_exe()?.to_string_lossy().into_owned();
    let command = [program, "--floor".into(), "{port}".into(), "--mode".into(), "{mode}".into()];
    Ok(Server { name: "floor".to_owned(), kind: Kind::Floor, command: command.into() })
}

/// How a server is built.
#[derive(Clone, Debug)]
pub enum Recipe {
    /// A package of the course.
    Chapter(String),
    /// A program of the package `peers`.
    Rust,
}

/// The peers that are written in Rust.
const RUST: &[&str] = &[
    "tungstenite",
    "tokio-tungstenite",
    "tokio-websockets",
    "fastwebsockets",
    "sockudo-ws",
    "yawc",
    "soketto",
];

/// All servers that can be built: the chapters from 05 on, and the peers.
pub fn all(course: &Path) -> Result<Vec<(Server, Recipe)>> {
    let mut all = chapters(course)?;
    for name in RUST {
        let command = vec![built(course, name)];
        let server = Server { name: (*name).to_owned(), kind: Kind::Peer, command };
        all.push((server, Recipe::Rust));
    }
    Ok(all)
}

fn built(course: &Path, program: &str) -> String {
    target(course).join("release").join(program).to_string_lossy().into_owned()
}

fn chapters(course: &Path) -> Result<Vec<(Server, Recipe)>> {
    let mut chapters = Vec::new();
    for folder in fs::read_dir(course.join("chapters"))? {
        let folder = folder?.file_name().to_string_lossy().into_owned();
        let number = folder.split('-').next().and_then(|number| number.parse::<u8>().ok());
        let Some(number) = number.filter(|number| *number >= FIRST) else { continue };
        let package = format!("ch{folder}");
        let command = vec![built(course, &package)];
        let server =
            Server { name: format!("ch{number:02}"), kind: Kind::Chapter(number), command };
        chapters.push((server, Recipe::Chapter(package)));
    }
    chapters.sort_by(|(one, _), (other, _)| one.name.cmp(&other.name));
    Ok(chapters)
}

/// Builds servers, for speed.
pub fn build(course: &Path, servers: &[&(Server, Recipe)]) -> Result<()> {
    let mut chapters = cargo(course);
    chapters.args(["--manifest-path", "Cargo.toml"]);
    let mut peers = cargo(course);
    peers.args(["--manifest-path", "bench/Cargo.toml", "-p", "peers"]);
    let (mut some_chapter, mut some_peer) = (false, false);
    for (server, recipe) in servers {
        match recipe {
            Recipe::Chapter(package) => {
                some_chapter = true;
                chapters.args(["-p", package]);
            }
            Recipe::Rust => {
                some_peer = true;
                peers.args(["--bin", &server.name]);
            }
        }
    }
    if some_chapter {
        run(chapters)?;
    }
    if some_peer { run(peers) } else { Ok(()) }
}

/// A cargo that builds for speed: everything in one piece.
pub fn cargo(course: &Path) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(course).args(["build", "--release", "--locked", "--quiet"]);
    command.env("CARGO_TARGET_DIR", target(course));
    command.env("CARGO_PROFILE_RELEASE_LTO", "fat");
    command.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1");
    command
}

/// Where everything is built.
pub fn target(course: &Path) -> PathBuf {
    course.join("target/bench")
}

pub fn run(mut command: Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{command:?}"))?;
    if !status.success() {
        bail!("{command:?}: {status}");
    }
    Ok(())
}

/// `name=COMMAND`
pub fn named(text: &str) -> Result<Server> {
    let Some((name, command)) = text.split_once('=') else {
        bail!("{text:?} is not NAME=COMMAND");
    };
    let command: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
    if name.is_empty() || command.is_empty() {
        bail!("{text:?} is not NAME=COMMAND");
    }
    Ok(Server { name: name.to_owned(), kind: Kind::Other, command })
}

impl Server {
    /// What it is told by variables of its environment. Chapters do not understand all of them.
    pub fn variables(&self, mode: &Mode, cores: usize) -> Vec<(&'static str, String)> {
        let enough = 1_000_000.to_string();
        vec![
            ("APP", mode.app.name().to_owned()),
            ("MODE", mode.name.clone()),
            ("LOOPS", cores.to_string()),
            ("MAX_CLIENTS", enough.clone()),
            ("MAX_CLIENTS_PER_ADDRESS", enough),
            // Several messages of 16 MiB.
            ("MAX_UNSENT", (256 * 1024 * 1024).to_string()),
            ("PING_AFTER", "3600".to_owned()),
            ("RUST_LOG", "off".to_owned()),
        ]
    }

    /// Why it cannot play this, if it cannot.
    pub fn cannot(&self, mode: &Mode) -> Option<&'static str> {
        match self.kind {
            Kind::Chapter(5) if mode.clients > 1 => Some("it takes one client at a time"),
            Kind::Chapter(5 | 6) if mode.app == App::Room => Some("it has no room"),
            _ => None,
        }
    }
}
