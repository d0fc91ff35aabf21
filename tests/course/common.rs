//! The tools of other languages that some tests need, and what is said where one is missing.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::time::Duration;

use ch00_wire::Recorder;
use frame_by_frame::chapters;
use stage::Server;

/// How long something may take that has to come.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The folder of the course.
pub fn course() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Copies a folder with everything in it.
pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match from.is_dir() {
            true => copy_folder(&from, &to),
            false => drop(fs::copy(&from, &to).expect("a copy")),
        }
    }
}

/// A command of the workshop.
pub fn workshop(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frame-by-frame"));
    command.args(arguments);
    command
}

/// The chapters' programs, in order, built once for all tests.
pub fn programs() -> &'static [PathBuf] {
    static PROGRAMS: OnceLock<Vec<PathBuf>> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        chapters::programs(course(), &mut |_| ()).unwrap_or_else(|error| panic!("{error}"))
    })
}

/// A chapter's program.
pub fn program(number: usize) -> &'static Path {
    &programs()[number - 1]
}

/// A chapter's server, on a port that the system chose.
pub fn chapter(number: u8) -> Server {
    let command = chapters::announced(program(number.into()));
    Server::announced(command, &Recorder::new(), PATIENCE).expect("the chapter's server starts")
}

/// The command that runs a chapter's server, as `--server` takes it.
pub fn serving(number: usize) -> String {
    serving_on(number, "127.0.0.1:{port}")
}

/// The same, at a place of its own.
pub fn serving_on(number: usize, place: &str) -> String {
    format!("\"{}\" {place}", program(number).display())
}

/// The workshop with the open book, on a port that the system chose.
pub fn open_book() -> Server {
    open_book_in(Path::new("."), &[])
}

/// The same, opened in a folder, with arguments that name the reader's own server.
pub fn open_book_in(folder: &Path, subject: &[&str]) -> Server {
    let mut command = workshop(&["--port", "0"]);
    command.args(subject).current_dir(folder);
    Server::announced(command, &Recorder::new(), PATIENCE).expect("the workshop opens the book")
}

/// Runs a command to its end; what it printed is the message where it fails.
pub fn succeeds(mut command: Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("the command starts");
    let printed =
        format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{command:?} failed:\n{printed}");
    printed
}

/// Node, with the packages of `tests/clients`; `None`, said aloud, where it is missing.
pub fn node(test: &str) -> Option<Command> {
    let packages = course().join("tests/clients/node_modules/ws");
    let found = runs("node", "--version") && packages.exists();
    found
        .then(|| Command::new("node"))
        .or_else(|| missing(test, "node, and npm ci --prefix tests/clients"))
}

/// PHP with its sockets.
pub fn php(test: &str) -> Option<Command> {
    let mut modules = Command::new("php");
    let found = modules.arg("-m").output().is_ok_and(|output| {
        String::from_utf8_lossy(&output.stdout).lines().any(|line| line == "sockets")
    });
    found.then(|| Command::new("php")).or_else(|| missing(test, "php with its sockets"))
}

/// Python, with the packages of `tests/clients/requirements.txt`.
pub fn python(test: &str) -> Option<Command> {
    python_in("target/venv", test, "target/venv with tests/clients/requirements.txt")
}

/// Python 2.7, with those of `tests/clients/requirements-2010.txt`.
pub fn python_2010(test: &str) -> Option<Command> {
    let needs = "target/venv-2010, of Python 2.7, with tests/clients/requirements-2010.txt";
    python_in("target/venv-2010", test, needs)
}

fn python_in(venv: &str, test: &str, needs: &str) -> Option<Command> {
    let venv = course().join(venv);
    let places = [venv.join("bin/python"), venv.join("Scripts/python.exe")];
    match places.into_iter().find(|place| place.exists()) {
        Some(python) => Some(Command::new(python)),
        None => missing(test, needs),
    }
}

/// A Chromium, and the Node that drives it: its path goes to the script in `CHROMIUM`.
pub fn browser(test: &str) -> Option<Command> {
    let mut node = node(test)?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let mac = PathBuf::from("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome");
    let windows = PathBuf::from(r"C:\Program Files\Google\Chrome\Application\chrome.exe");
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let on_path = names.iter().find(|name| runs(name, "--version")).map(|name| which(name));
    let installed = [mac, windows].into_iter().find(|place| place.exists());
    match named.or(on_path).or(installed) {
        Some(chromium) => {
            node.env("CHROMIUM", chromium);
            Some(node)
        }
        None => missing(test, "chromium, or its path in CHROMIUM"),
    }
}

fn runs(program: &str, argument: &str) -> bool {
    Command::new(program).arg(argument).output().is_ok_and(|output| output.status.success())
}

/// Where on the path a program is.
fn which(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|place| place.exists())
        .unwrap_or_default()
}

/// Says aloud that a test did not run. In CI that is a failure.
fn missing<T>(test: &str, tool: &str) -> Option<T> {
    assert!(std::env::var_os("CI").is_none(), "{test}: CI has to have {tool}");
    // Not eprintln!, which the test harness keeps to itself when a test passes.
    let _ = writeln!(std::io::stderr(), "\nNOT RUN: {test}: it needs {tool}\n");
    None
}
