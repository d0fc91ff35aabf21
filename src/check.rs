//! `check`: a server that the reader wrote, held against the probes of the chapters.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::chapters::{self, CHAPTERS};
use crate::own::{Own, Unwritten};
use crate::probes::{self, Probe, Target, Verdict, explain};

/// How long the reader waits for an answer that does not come.
const PATIENCE: Duration = Duration::from_secs(3);

/// The server to check: a command to start, or one that runs.
pub enum Subject {
    /// The project that `start` made, in this folder or below it.
    Own(PathBuf),
    /// A command line. It gets its port in the variable `PORT`, and in place of `{port}`.
    Command(String),
    /// The address of a server that runs already.
    Running(SocketAddr),
}

/// Checks chapter by chapter up to `last`, and stops after the first probe that fails, which it
/// explains. True if all of them hold. Without a `last`: up to the chapter that was begun last, or for
/// any other server to the end of the course.
pub fn check(subject: Subject, last: Option<u8>) -> Result<bool> {
    if let Some(last) = last {
        chapters::find(last).map_err(anyhow::Error::msg)?;
    }
    let end = CHAPTERS.len() as u8;
    match subject {
        Subject::Running(address) => hold(&Target::Running(address), last.unwrap_or(end)),
        Subject::Command(line) => hold(&on_port(&line)?, last.unwrap_or(end)),
        Subject::Own(folder) => check_own(&Own::near(&folder)?, last),
    }
}

fn check_own(own: &Own, last: Option<u8>) -> Result<bool> {
    let newest = own.newest().number;
    let last = last.unwrap_or(newest);
    if last > newest {
        bail!("chapter {last:02} is not begun yet: `cargo run -- start --chapter {last}` adds it");
    }
    let program = own.build(last)?;
    let holds = hold(&Target::Announced(Box::new(move || announced(&program))), last)?;
    match (holds, chapters::find(last + 1)) {
        (true, Ok(next)) if last == newest => {
            println!("next: {}, with `cargo run -- start --chapter {}`", next.title, next.number);
        }
        _ => {}
    }
    Ok(holds)
}

/// A chapter's program, on a port that the system chooses.
fn announced(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("127.0.0.1:0");
    command
}

/// Holds a server against the probes up to `last`, and says what is found.
fn hold(target: &Target, last: u8) -> Result<bool> {
    let mut unseen = 0;
    for probe in probes::all().iter().filter(|probe| probe.chapter <= last) {
        let verdict = match target.judge(probe, PATIENCE) {
            Ok(verdict) => verdict,
            Err(error) => {
                let unwritten = Unwritten::find(&error.to_string()).ok_or(error)?;
                println!("{unwritten}");
                return Ok(false);
            }
        };
        match verdict {
            Verdict::Holds => println!("● {}", line(probe)),
            Verdict::Unseen => {
                unseen += 1;
                println!("○ {} (its terminal cannot be seen)", line(probe));
            }
            Verdict::Fails(failure, recording) => {
                match Unwritten::find(&recording.to_string()) {
                    Some(unwritten) => println!("{unwritten}"),
                    None => println!("{}", explain(probe, &failure, &recording)),
                }
                return Ok(false);
            }
        }
    }
    if unseen == 0 {
        println!("every probe up to chapter {last:02} holds");
    } else {
        println!(
            "every probe that could be seen holds, and {unseen} could not be seen: use --server, and \
             the checker starts your server itself"
        );
    }
    Ok(true)
}

fn line(probe: &Probe) -> String {
    format!("{:02} {}", probe.chapter, probe.promise)
}

/// The server that a command line starts.
fn on_port(line: &str) -> Result<Target> {
    let words = words(line);
    if words.is_empty() {
        bail!("--server is empty: give it a command, like --server \"php server.php\"");
    }
    Ok(Target::OnPort(Box::new(move |port| {
        let words = words.iter().map(|word| word.replace("{port}", &port.to_string()));
        let words: Vec<String> = words.collect();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).env("PORT", port.to_string());
        command
    })))
}

/// Splits a command line at its spaces, but not inside quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_command_line_is_split_at_spaces_outside_quotes() {
        assert_eq!(words("php  a.php {port}"), ["php", "a.php", "{port}"]);
        assert_eq!(words("node \"my server.mjs\" ''"), ["node", "my server.mjs", ""]);
        assert!(words("  ").is_empty());
    }
}
