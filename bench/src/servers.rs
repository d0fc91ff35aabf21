//! The servers: which there are, and what each can play.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::machine;
use crate::mode::{App, Content, Mode};
use crate::recipe::Recipe;
use crate::secret::Files;

/// What a server is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Floor,
    Chapter(u8),
    Peer,
    /// Named on the command line.
    Other,
}

/// A server, how it is built, and what it is started with.
#[derive(Clone, Debug)]
pub struct Server {
    pub name: String,
    pub kind: Kind,
    pub recipe: Recipe,
    pub command: Vec<String>,
}

/// The first chapter whose server answers, and the first one that compresses, that has several loops, and that knows TLS.
const FIRST: u8 = 5;
const COMPRESSES: u8 = 14;
const LOOPS: u8 = 16;
const SECRET: u8 = 17;

/// The peers: their names, how they are built, and what starts them. `{built}` is the folder of what was built.
const PEERS: &[(&str, Recipe, &str)] = &[
    ("uwebsockets", Recipe::Uwebsockets, "{built}/uwebsockets/server"),
    ("tungstenite", Recipe::Rust, "{built}/release/tungstenite"),
    ("tokio-tungstenite", Recipe::Rust, "{built}/release/tokio-tungstenite"),
    ("tokio-websockets", Recipe::Rust, "{built}/release/tokio-websockets"),
    ("fastwebsockets", Recipe::Rust, "{built}/release/fastwebsockets"),
    ("sockudo-ws", Recipe::Rust, "{built}/release/sockudo-ws"),
    ("yawc", Recipe::Rust, "{built}/release/yawc"),
    ("soketto", Recipe::Rust, "{built}/release/soketto"),
    ("gorilla", Recipe::Go, "{built}/go/server"),
    ("ws", Recipe::Node, "node {built}/node/ws.mjs"),
    ("websockets", Recipe::Python, "{built}/python/bin/python {built}/python/server.py"),
];

/// Where everything is built.
pub fn built(course: &Path) -> PathBuf {
    course.join("target/bench")
}

/// Where the certificate of all servers is.
pub fn secret(course: &Path) -> PathBuf {
    built(course).join("secret")
}

/// The floor.
pub fn floor() -> Result<Server> {
    let program = std::env::current_exe()?.to_string_lossy().into_owned();
    let command = [program, "--floor".into(), "{port}".into(), "--mode".into(), "{mode}".into()];
    let name = "floor".to_owned();
    Ok(Server { name, kind: Kind::Floor, recipe: Recipe::Nothing, command: command.into() })
}

/// All servers that can be built: the chapters from 05 on, and the peers.
pub fn all(course: &Path) -> Result<Vec<Server>> {
    let mut all = chapters(course)?;
    let built = built(course).to_string_lossy().into_owned();
    for (name, recipe, command) in PEERS {
        let words = command.split(' ').map(|word| word.replace("{built}", &built));
        all.push(Server {
            name: (*name).to_owned(),
            kind: Kind::Peer,
            recipe: recipe.clone(),
            command: words.collect(),
        });
    }
    Ok(all)
}

fn chapters(course: &Path) -> Result<Vec<Server>> {
    let mut chapters = Vec::new();
    for folder in fs::read_dir(course.join("chapters"))? {
        let folder = folder?.file_name().to_string_lossy().into_owned();
        let number = folder.split('-').next().and_then(|number| number.parse::<u8>().ok());
        let Some(number) = number.filter(|number| *number >= FIRST) else { continue };
        let package = format!("ch{folder}");
        let program = built(course).join("release").join(&package);
        // The client of chapter 18 is a program too, but no server.
        if !course.join("chapters").join(&folder).join("src/main.rs").exists() {
            continue;
        }
        chapters.push(Server {
            name: format!("ch{number:02}"),
            kind: Kind::Chapter(number),
            recipe: Recipe::Chapter(package),
            command: vec![program.to_string_lossy().into_owned()],
        });
    }
    chapters.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(chapters)
}

/// `NAME=COMMAND`, as it is said on the command line.
pub fn named(text: &str) -> Result<Server> {
    let words = text.split_once('=').map(|(name, command)| {
        (name, command.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    });
    match words {
        Some((name, command)) if !name.is_empty() && !command.is_empty() => {
            let (name, recipe) = (name.to_owned(), Recipe::Nothing);
            Ok(Server { name, kind: Kind::Other, recipe, command })
        }
        _ => bail!("{text:?} is not NAME=COMMAND"),
    }
}

impl Server {
    /// Whether what starts it is there.
    pub fn is_there(&self) -> bool {
        let file = |word: &String| word.starts_with('/') && !Path::new(word).is_file();
        machine::finds(&self.command[0]) && !self.command[1..].iter().any(file)
    }

    /// What it is told by variables of its environment. Chapters and peers read those that they know.
    pub fn variables(&self, mode: &Mode, cores: usize) -> Vec<(&'static str, String)> {
        let enough = 1_000_000.to_string();
        let mut variables = vec![
            ("APP", mode.app.name().to_owned()),
            ("MODE", mode.name.clone()),
            ("LOOPS", cores.to_string()),
            ("GOMAXPROCS", cores.to_string()),
            ("MAX_CLIENTS", enough.clone()),
            ("MAX_CLIENTS_PER_ADDRESS", enough),
            // Several messages of 16 MiB.
            ("MAX_UNSENT", (256 * 1024 * 1024).to_string()),
            ("PING_AFTER", "3600".to_owned()),
            ("RUST_LOG", "off".to_owned()),
        ];
        if mode.secret {
            let Files { certificate, key } = Files::within(&secret(&crate::course()));
            variables.push(("CERTIFICATE", certificate.to_string_lossy().into_owned()));
            variables.push(("KEY", key.to_string_lossy().into_owned()));
        }
        variables
    }

    /// Why it cannot play this, if it cannot.
    pub fn cannot(&self, mode: &Mode, cores: usize) -> Option<&'static str> {
        let (room, crowd) = (mode.app == App::Room, mode.clients > 1);
        let compressed = mode.content == Content::Compressed;
        match (self.kind, &self.name[..]) {
            (Kind::Chapter(5), _) if crowd => Some("it takes one client at a time"),
            (Kind::Chapter(5 | 6), _) if room => Some("it has no room"),
            (Kind::Chapter(..COMPRESSES), _) if compressed => Some("it does not compress"),
            (Kind::Chapter(..LOOPS), _) if cores > 1 => Some("it has one thread"),
            (Kind::Chapter(..SECRET), _) if mode.secret => Some("it has no TLS"),
            (_, "tungstenite") if room => Some("its threads wait for their own clients"),
            (_, "tungstenite" | "tokio-tungstenite" | "tokio-websockets" | "fastwebsockets")
                if compressed =>
            {
                Some("it does not compress")
            }
            (_, "ws" | "websockets") if cores > 1 => Some("it has one thread"),
            (_, "uwebsockets") if cores > 1 && room => Some("each of its threads has a room"),
            _ => None,
        }
    }
}
