//! How servers are built: for speed, and each as its own world does it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::servers::{Server, built};

/// How a server is built.
#[derive(Clone, Debug)]
pub enum Recipe {
    /// It is there.
    Nothing,
    /// A package of the course.
    Chapter(String),
    /// A program of the package `peers`.
    Rust,
    /// C++, whose sources are in a crate.
    Uwebsockets,
    Go,
    Node,
    Python,
}

/// Builds servers, and says which it could not build, and why: they are left out, also when an older program is there.
pub fn build(course: &Path, servers: &[Server]) -> Vec<(String, anyhow::Error)> {
    let (cargos, others): (Vec<&Server>, Vec<&Server>) = servers
        .iter()
        .partition(|server| matches!(server.recipe, Recipe::Chapter(_) | Recipe::Rust));
    let (chapters, peers): (Vec<&Server>, Vec<&Server>) =
        cargos.into_iter().partition(|server| matches!(server.recipe, Recipe::Chapter(_)));
    let mut failed = Vec::new();
    for group in [chapters, peers] {
        // All at once, or, if that fails, one by one, to see which of them it is.
        if !group.is_empty() && programs(course, &group).is_err() {
            failed.extend(one_by_one(course, &group));
        }
    }
    failed.extend(one_by_one(course, &others));
    failed
}

fn one_by_one(course: &Path, servers: &[&Server]) -> Vec<(String, anyhow::Error)> {
    let failure = |server: &&Server| Some((server.name.clone(), server.build(course).err()?));
    servers.iter().filter_map(failure).collect()
}

impl Server {
    /// Builds it.
    fn build(&self, course: &Path) -> Result<()> {
        match &self.recipe {
            Recipe::Nothing => Ok(()),
            Recipe::Chapter(_) | Recipe::Rust => programs(course, &[self]),
            Recipe::Uwebsockets => uwebsockets(course),
            Recipe::Go => go(course),
            Recipe::Node => node(course),
            Recipe::Python => python(course),
        }
    }

    /// What it is and which version, for whoever reads the results.
    pub fn version(&self, course: &Path) -> Result<String> {
        let peers = course.join("bench/peers");
        let lock = |file: PathBuf, name: &str| {
            let text = fs::read_to_string(&file)?;
            let begin = format!("name = \"{name}\"\nversion = \"");
            let version = text.split_once(&begin).and_then(|(_, rest)| rest.split_once('"'));
            let (version, _) = version.with_context(|| format!("{file:?} has no {name}"))?;
            anyhow::Ok(version.to_owned())
        };
        Ok(match &self.recipe {
            Recipe::Nothing => self.command.join(" "),
            Recipe::Chapter(package) => package.clone(),
            Recipe::Rust => lock(course.join("bench/Cargo.lock"), &self.name)?,
            Recipe::Uwebsockets => {
                let crate_name = "libuwebsockets-sys";
                let version = lock(peers.join("uwebsockets/Cargo.lock"), crate_name)?;
                format!("as {crate_name} {version} brings it")
            }
            Recipe::Go if debian_gorilla().exists() => "Debian's".to_owned(),
            Recipe::Go => "1.5.3".to_owned(),
            Recipe::Node => {
                let packages = fs::read_to_string(peers.join("node/package.json"))?;
                let packages: serde_json::Value = serde_json::from_str(&packages)?;
                let version = packages["dependencies"][&self.name].as_str();
                version.with_context(|| format!("no version of {}", self.name))?.to_owned()
            }
            Recipe::Python => {
                let packages = fs::read_to_string(peers.join("python/requirements.txt"))?;
                packages.lines().collect::<Vec<_>>().join(", ").replace("==", " ")
            }
        })
    }
}

/// Programs of one workspace, built by cargo for speed: each in one piece, and the peers for this very processor, as the
/// documentation of those asks for that have SIMD.
fn programs(course: &Path, servers: &[&Server]) -> Result<()> {
    let mut command = Command::new("cargo");
    command.current_dir(course).args(["build", "--release", "--locked", "--quiet"]);
    command.env("CARGO_TARGET_DIR", built(course));
    command.env("CARGO_PROFILE_RELEASE_LTO", "fat");
    command.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1");
    for server in servers {
        match &server.recipe {
            Recipe::Chapter(package) => command.args(["-p", package]),
            _ => command.args(["--bin", &server.name]),
        };
    }
    if servers.iter().any(|server| matches!(server.recipe, Recipe::Rust)) {
        command.args(["--manifest-path", "bench/Cargo.toml", "-p", "peers"]);
        command.env("RUSTFLAGS", "-C target-cpu=native");
    }
    run(&mut command)
}

/// With the options of its own makefile: for this very processor, and everything in one piece.
fn uwebsockets(course: &Path) -> Result<()> {
    let here = course.join("bench/peers/uwebsockets");
    let manifest = here.join("Cargo.toml").to_string_lossy().into_owned();
    let mut metadata = Command::new("cargo");
    metadata.args(["metadata", "--format-version", "1", "--locked", "--manifest-path", &manifest]);
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.output()?.stdout)?;
    let packages = metadata["packages"].as_array().context("cargo metadata without packages")?;
    let source = packages.iter().find(|package| package["name"] == "libuwebsockets-sys");
    let source = source.and_then(|package| package["manifest_path"].as_str());
    let source = Path::new(source.context("its sources are not there")?);
    let source = source.with_file_name("uWebSockets");
    let sockets = source.join("uSockets/src");
    let target = built(course).join("uwebsockets");
    fs::create_dir_all(&target)?;
    let options = ["-O3", "-flto", "-march=native", "-DLIBUS_USE_OPENSSL", "-w"];
    let mut compile = Command::new("cc");
    compile.current_dir(&target).args(options).args(["-std=c11", "-c", "-I"]).arg(&sockets);
    let mut objects = Vec::new();
    for folder in [sockets.clone(), sockets.join("eventing"), sockets.join("crypto")] {
        for file in fs::read_dir(folder)? {
            let file = file?.path();
            if file.extension().is_some_and(|extension| extension == "c") {
                objects.push(target.join(file.with_extension("o").file_name().context("a file")?));
                compile.arg(file);
            }
        }
    }
    run(&mut compile)?;
    let mut link = Command::new("c++");
    link.args(options).args(["-std=c++20", "-pthread", "-I"]).arg(source.join("src"));
    link.arg("-I").arg(&sockets).arg(here.join("server.cpp")).args(objects);
    link.arg(sockets.join("crypto/sni_tree.cpp"));
    run(link.args(["-lssl", "-lcrypto", "-lz"]).arg("-o").arg(target.join("server")))
}

/// Where Debian's package golang-github-gorilla-websocket-dev puts it.
fn debian_gorilla() -> PathBuf {
    PathBuf::from("/usr/share/gocode/src/github.com/gorilla/websocket")
}

fn go(course: &Path) -> Result<()> {
    let mut command = Command::new("go");
    command.current_dir(course.join("bench/peers/go")).args(["build", "-o"]);
    command.arg(built(course).join("go/server")).arg("main.go");
    if debian_gorilla().exists() {
        command.env("GO111MODULE", "off").env("GOPATH", "/usr/share/gocode");
    }
    run(&mut command)
}

fn node(course: &Path) -> Result<()> {
    let target = built(course).join("node");
    copy(&course.join("bench/peers/node"), &target)?;
    installed(&target, "package-lock.json", || {
        run(Command::new("npm").current_dir(&target).args(["ci", "--no-audit", "--no-fund"]))
    })
}

fn python(course: &Path) -> Result<()> {
    let target = built(course).join("python");
    copy(&course.join("bench/peers/python"), &target)?;
    installed(&target, "requirements.txt", || {
        run(Command::new("python3").current_dir(&target).args(["-m", "venv", "."]))?;
        let pip = target.join("bin/pip");
        run(Command::new(pip).current_dir(&target).args(["install", "-r", "requirements.txt"]))
    })
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for file in fs::read_dir(from)? {
        let file = file?;
        if file.file_type()?.is_file() {
            fs::copy(file.path(), to.join(file.file_name()))?;
        }
    }
    Ok(())
}

/// Installs what a list names, unless the same list was installed before.
fn installed(folder: &Path, list: &str, install: impl FnOnce() -> Result<()>) -> Result<()> {
    let wanted = fs::read(folder.join(list))?;
    let stamp = folder.join(".installed");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    install()?;
    Ok(fs::write(stamp, wanted)?)
}

/// Runs a command, and shows what it says only if it fails.
fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("{program} cannot be run"))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = words.lines().rev().take(5).collect();
        bail!("{program}: {}", lines.into_iter().rev().collect::<Vec<_>>().join("\n"));
    }
    Ok(())
}
