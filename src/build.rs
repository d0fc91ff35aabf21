//! Programs, built by cargo when they are first needed.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use serde::Deserialize;
use stage::Program;

/// Why there is no program.
#[derive(Debug)]
pub enum BuildError {
    /// Cargo itself could not be started.
    NoCargo(io::Error),
    /// Cargo said why, in these words, which end with their line.
    Fails(String),
    /// Cargo is content, and has named no program of this package.
    NoProgram(String),
}

impl fmt::Display for BuildError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildError::NoCargo(error) => {
                write!(out, "cargo cannot be started, which builds the programs: {error}")
            }
            BuildError::Fails(words) => write!(out, "{}", words.trim_end()),
            BuildError::NoProgram(package) => write!(out, "the package {package} has no program"),
        }
    }
}

impl std::error::Error for BuildError {}

/// Builds the program of a package in the workspace `folder`, and says where cargo has put it, whatever
/// the configuration of cargo says about targets and folders.
///
/// The variable `CARGO_TARGET_DIR` is for the course: in one folder with the course's programs, those of a
/// student would take their place, because they have the same names.
///
/// # Errors
///
/// The package does not compile: the compiler's words, with colours if those can be shown. There is no
/// cargo.
pub fn build(folder: &Path, package: &str, colours: bool) -> Result<PathBuf, BuildError> {
    let mut cargo = cargo(folder, colours);
    cargo.env_remove("CARGO_TARGET_DIR").env_remove("CARGO_BUILD_TARGET_DIR");
    cargo.args(["--package", package]);
    let mut programs = run(cargo, &[package], &mut |_| ())?;
    Ok(programs.remove(0))
}

/// Builds programs of packages of the course with one call of cargo: where this program itself was built,
/// because the course's folder may be read-only, and like it. While cargo is at work, `at_work` hears what
/// it does, such as `Compiling ch05-reply`. The programs come in the order of the packages.
///
/// # Errors
///
/// As with [`build`].
pub fn build_course<S: AsRef<str>>(
    course: &Path,
    packages: &[S],
    at_work: &mut dyn FnMut(&str),
) -> Result<Vec<PathBuf>, BuildError> {
    let mut cargo = cargo_beside_this(course);
    for package in packages {
        cargo.args(["--package", package.as_ref()]);
    }
    run(cargo, packages, at_work)
}

/// Builds an example of the workshop, which is a program for tests and teachers: nobody waits for it at the
/// first start.
///
/// # Errors
///
/// As with [`build`].
pub fn build_example(
    course: &Path,
    example: &str,
    at_work: &mut dyn FnMut(&str),
) -> Result<PathBuf, BuildError> {
    let mut cargo = cargo_beside_this(course);
    cargo.args(["--example", example]);
    let mut programs = run(cargo, &[example], at_work)?;
    Ok(programs.remove(0))
}

/// Where and how a program was built.
pub(crate) struct Built {
    /// Cargo's target folder.
    pub(crate) target: PathBuf,
    /// The name of the profile.
    profile: String,
}

impl Built {
    /// This program; `None` if it does not lie where cargo puts what it builds.
    pub(crate) fn this() -> Option<Built> {
        Built::of(&env::current_exe().ok()?)
    }

    fn of(program: &Path) -> Option<Built> {
        // Cargo puts this file into each target folder, so that no backup keeps what lies there.
        let target = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file())?;
        // Tests lie one folder deeper than programs.
        let within = ["deps", "examples"].map(OsStr::new);
        let folders = program.ancestors().skip(1).filter_map(Path::file_name);
        let profile = folders.into_iter().find(|name| !within.contains(name))?.to_str()?;
        let profile = if profile == "debug" { "dev" } else { profile };
        Some(Built { target: target.to_owned(), profile: profile.to_owned() })
    }
}

/// Builds where and how this program was built.
fn cargo_beside_this(course: &Path) -> Command {
    let mut cargo = cargo(course, false);
    if let Some(Built { target, profile }) = Built::this() {
        cargo.arg("--target-dir").arg(target).arg("--profile").arg(profile);
    }
    cargo
}

/// The program of cargo: the one that has started this one, if it did.
pub(crate) fn program_of_cargo() -> OsString {
    env::var_os("CARGO").unwrap_or("cargo".into())
}

fn cargo(folder: &Path, colours: bool) -> Command {
    let mut cargo = Command::new(program_of_cargo());
    cargo
        .args(["build", "--message-format=json-render-diagnostics"])
        .current_dir(folder)
        .env("CARGO_TERM_COLOR", if colours { "always" } else { "never" })
        .env("CARGO_TERM_QUIET", "false");
    cargo
}

/// The programs with these names, which cargo was told to build.
fn run<S: AsRef<str>>(
    mut cargo: Command,
    names: &[S],
    at_work: &mut dyn FnMut(&str),
) -> Result<Vec<PathBuf>, BuildError> {
    cargo.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let cargo = Program::start(cargo).map_err(BuildError::NoCargo)?;
    let (stdout, stderr) = cargo.outputs();
    let messages = thread::spawn(move || programs(stdout));
    let words = words(stderr, at_work);
    let programs = messages.join().unwrap_or_default();
    if !cargo.wait().status.success() {
        return Err(BuildError::Fails(words));
    }
    let program = |wanted: &S| {
        let found = programs.iter().find(|built| built.is(wanted.as_ref()));
        let found = found.map(|built| built.program.clone());
        found.ok_or_else(|| BuildError::NoProgram(wanted.as_ref().to_owned()))
    };
    names.iter().map(program).collect()
}

/// What cargo says, without the lines that say what it does: those are passed on.
fn words(stderr: impl Read, at_work: &mut dyn FnMut(&str)) -> String {
    let mut words = String::new();
    let mut lines = BufReader::new(stderr).split(b'\n');
    while let Some(Ok(line)) = lines.next() {
        let line = String::from_utf8_lossy(&line);
        match status(&line) {
            Some(status) if status.starts_with("Finished") => {}
            Some(status) => at_work(&status),
            None => words.extend([line.trim_end_matches('\r'), "\n"]),
        }
    }
    words
}

/// The line without its colours, if it says what cargo does: then its first word stands at the right of a
/// column of twelve characters.
fn status(line: &str) -> Option<String> {
    let plain = anstream::adapter::strip_str(line).to_string();
    let says = plain.trim_start();
    let word = says.split(' ').next().unwrap_or_default();
    let is_column = plain.len() - says.len() + word.len() == 12;
    let is_word = word.starts_with(|c: char| c.is_ascii_uppercase()) && word.len() > 4;
    (is_column && is_word).then(|| says.trim_end().to_owned())
}

/// A message of cargo's, as far as it matters here.
#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
    target: Option<Target>,
    #[serde(default)]
    package_id: String,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// A program that was built.
struct BuiltProgram {
    name: String,
    package_id: String,
    program: PathBuf,
}

impl BuiltProgram {
    /// Whether it has this name, or is the program of the package with it: that one may be called otherwise.
    fn is(&self, name: &str) -> bool {
        self.name == name || self.package_id.contains(&format!("#{name}@"))
    }
}

/// The programs that cargo's messages name, one message a line.
fn programs(stdout: impl Read) -> Vec<BuiltProgram> {
    let program = |line: String| {
        let message: Message = serde_json::from_str(&line).ok()?;
        let is_program = |kind: &String| kind == "bin" || kind == "example";
        let target = message.target.filter(|target| target.kind.iter().any(is_program))?;
        let (name, package_id) = (target.name, message.package_id);
        Some(BuiltProgram { name, package_id, program: message.executable? })
    };
    BufReader::new(stdout).lines().map_while(Result::ok).filter_map(program).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{Built, status};

    #[test]
    fn what_cargo_does_is_told_from_what_the_compiler_says() {
        let does = |line| status(line).is_some();
        assert!(does("   Compiling ch05-reply v0.1.0 (/course/chapters/05-reply)"));
        assert!(does("\u{1b}[1m\u{1b}[92m   Compiling\u{1b}[0m socket2 v0.6.5"));
        assert!(does("    Blocking waiting for file lock on build directory"));
        assert!(does("    Finished `dev` profile [unoptimized] target(s) in 0.05s"));
        for line in
            ["", "error: expected `;`", "   |     Printing", "  --> src/lib.rs:1:1", "Compiling"]
        {
            assert!(!does(line), "{line}");
        }
    }

    #[test]
    fn a_programs_place_says_how_it_was_built() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("CACHEDIR.TAG"), "").expect("written");
        let profile = |program: &str| {
            let built = Built::of(&folder.path().join(program)).expect("cargo's folder");
            assert_eq!(built.target, folder.path());
            built.profile
        };
        assert_eq!(profile("debug/frame-by-frame"), "dev");
        assert_eq!(profile("debug/deps/course-0123456789abcdef"), "dev");
        assert_eq!(profile("x86_64-unknown-linux-gnu/release/examples/zoo"), "release");
        assert!(Built::of(Path::new("/no-such-folder/frame-by-frame")).is_none());
    }
}
