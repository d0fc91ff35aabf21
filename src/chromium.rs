//! Chromium, which prints the book.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use stage::Program;

/// What its program is called on the path.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Where it is on systems that have it on no path.
const PLACES: [&str; 2] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
];

/// How long it may take to print. The book takes it about ten seconds on two cores.
const PATIENCE: Duration = Duration::from_secs(180);

/// It starts nothing that talks to another machine, and finds no name of one.
const ALONE: [&str; 7] = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-first-run",
];

/// How many of its last lines are shown when it fails.
const LAST_LINES: usize = 8;

/// The Chromium of this machine: the one in the variable `CHROMIUM`, one on the path, or one in its usual place.
pub fn find() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let on_path = || NAMES.into_iter().filter(|name| runs(name)).find_map(place_on_path);
    let installed = || PLACES.into_iter().map(PathBuf::from).find(|place| place.exists());
    named.or_else(on_path).or_else(installed)
}

/// Ubuntu has a `chromium-browser` that only says how to install one.
fn runs(name: &str) -> bool {
    Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Where a program is that the path leads to.
pub fn place_on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|place| place.exists())
}

/// Prints a page of a folder, and hands back the PDF, which begins with the page's title. What Chromium needs to
/// have written lies in the folder `scratch`.
///
/// # Errors
///
/// Chromium cannot be started, takes too long, or prints something else.
pub fn print(chromium: &Path, page: &Path, title: &str, scratch: &Path) -> Result<Vec<u8>> {
    let (pdf, said) = (scratch.join("printed.pdf"), scratch.join("said"));
    let words = File::create(&said).context("what Chromium says cannot be kept")?;
    let mut command = Command::new(chromium);
    command
        .args(["--headless", "--no-pdf-header-footer", "--generate-pdf-document-outline"])
        .args(ALONE)
        .args(needs_no_sandbox(scratch).then_some("--no-sandbox"))
        .arg(argument("--user-data-dir=", &scratch.join("profile")))
        .arg(argument("--print-to-pdf=", &pdf))
        .arg(page)
        .stdin(Stdio::null())
        .stdout(words.try_clone()?)
        .stderr(words);
    let browser = Program::start(command)
        .with_context(|| format!("{} cannot be started", chromium.display()))?;
    let Some(exit) = browser.wait_for(PATIENCE) else {
        let limit = PATIENCE.as_secs();
        bail!("{} has not printed the book within {limit} s", chromium.display());
    };
    // It also ends well after it has printed a page that says what went wrong.
    match fs::read(&pdf) {
        Ok(printed) if has_title(&printed, title) => Ok(printed),
        _ => bail!(
            "{} has not printed the book; it ended with {exit} and said:\n{}",
            chromium.display(),
            last_lines(&said)
        ),
    }
}

/// The title stands in a PDF as it is, if it is ASCII.
fn has_title(pdf: &[u8], title: &str) -> bool {
    let entry = format!("/Title ({title})");
    pdf.windows(entry.len()).any(|window| window == entry.as_bytes())
}

fn argument(option: &str, path: &Path) -> std::ffi::OsString {
    let mut argument = std::ffi::OsString::from(option);
    argument.push(path);
    argument
}

/// Chromium does not start as root with its sandbox, as in most containers. What we have made belongs to whom we
/// run as.
#[cfg(unix)]
fn needs_no_sandbox(made: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    made.metadata().is_ok_and(|metadata| metadata.uid() == 0)
}

#[cfg(not(unix))]
fn needs_no_sandbox(_: &Path) -> bool {
    false
}

fn last_lines(file: &Path) -> String {
    let said = fs::read(file).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<&str> = said.lines().collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}
