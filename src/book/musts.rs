//! What the RFCs ask, and where the server of this course does it: each statement with a line of a chapter and a
//! promise of the checker, or with the reason why there is none.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::chapters::{ALL, Chapter};
use crate::probes;

/// One MUST, MUST NOT or SHOULD.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The number of the RFC.
    pub rfc: u16,
    /// The section that has it.
    pub section: String,
    /// The RFC's word, in capitals.
    pub level: String,
    /// Whom it asks.
    pub who: Who,
    /// What it asks, in words of our own.
    says: String,
    /// The file that keeps it, in the folder of the chapters, and a piece of the line that does.
    file: Option<String>,
    line: Option<String>,
    /// The promise that holds a server to it, by its id.
    promise: Option<String>,
    /// Why it is not kept.
    because: Option<String>,
}

/// Whom a statement asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Who {
    /// The server.
    Server,
    /// The server and the client.
    Both,
    /// The client.
    Client,
    /// What stands between the two.
    Proxy,
    /// An extension of the protocol.
    Extension,
}

/// All statements, in the order of the RFCs.
///
/// # Panics
///
/// The file is not as it has to be: a test reads it.
pub fn statements() -> Vec<Statement> {
    #[derive(Deserialize)]
    struct File {
        statement: Vec<Statement>,
    }
    let file: Result<File, _> = toml::from_str(include_str!("musts.toml"));
    file.unwrap_or_else(|error| panic!("musts.toml: {error}")).statement
}

/// The table of what one of the RFCs asks of a server.
pub(super) fn of_a_server(course: &Path, rfc: &str) -> Result<String, String> {
    asked(course, rfc, "server", |who| matches!(who, Who::Server | Who::Both))
}

/// The table of what it asks of a client alone.
pub(super) fn of_a_client(course: &Path, rfc: &str) -> Result<String, String> {
    asked(course, rfc, "client", |who| who == Who::Client)
}

fn asked(
    course: &Path,
    rfc: &str,
    whom: &str,
    is_asked: fn(Who) -> bool,
) -> Result<String, String> {
    let mut table =
        format!("| section | what a {whom} is asked | where ours does it |\n|---|---|---|\n");
    for statement in of(rfc).filter(|one| is_asked(one.who)) {
        let Statement { section, level, says, .. } = &statement;
        let place = place(course, &statement)?;
        table += &format!("| {section} | **{level}** {says} | {place} |\n");
    }
    Ok(table)
}

/// The table of what one of the RFCs asks of others.
pub(super) fn of_others(rfc: &str) -> String {
    let mut table = "| section | who | what it is asked |\n|---|---|---|\n".to_owned();
    for Statement { section, level, who, says, .. } in of(rfc) {
        let who = match who {
            Who::Server | Who::Both | Who::Client => continue,
            Who::Proxy => "what is between",
            Who::Extension => "an extension",
        };
        table += &format!("| {section} | {who} | **{level}** {says} |\n");
    }
    table
}

fn of(rfc: &str) -> impl Iterator<Item = Statement> {
    statements().into_iter().filter(move |statement| statement.rfc.to_string() == rfc)
}

/// Where a statement is kept: chapter, file and line, promise; or why it is not.
fn place(course: &Path, statement: &Statement) -> Result<String, String> {
    let wrong = |why: &str| Err(format!("{} {}: {why}", statement.section, statement.says));
    let (Some(file), Some(line)) = (&statement.file, &statement.line) else {
        return match &statement.because {
            Some(because) => Ok(format!("*not kept:* {because}")),
            None => wrong("it has neither a line nor a reason"),
        };
    };
    let Some(chapter) = ALL.iter().find(|chapter| file.starts_with(chapter.slug)) else {
        return wrong("its file is not one of a chapter");
    };
    let number = line_number(course, file, line)?;
    let name = file.rsplit('/').next().unwrap_or(file);
    let place = format!("{} `{name}:{number}`", link(chapter));
    match &statement.promise {
        Some(id) => Ok(format!("{place} · {}", promise(id)?)),
        // The checker sees of a client what crosses the wire in the clear, and no mistake in an address.
        None if statement.who == Who::Client => Ok(place),
        None => wrong("no promise holds a server to it"),
    }
}

fn link(chapter: &Chapter) -> String {
    format!("[{:02}]({}.md)", chapter.number, chapter.slug)
}

/// The number of the one line of a chapter's file that has this piece.
fn line_number(course: &Path, file: &str, piece: &str) -> Result<usize, String> {
    let path = course.join("chapters").join(file);
    let text = fs::read_to_string(&path).map_err(|error| format!("{file}: {error}"))?;
    let mut lines = (1..).zip(text.lines()).filter(|(_, line)| line.contains(piece));
    match (lines.next(), lines.next()) {
        (Some((number, _)), None) => Ok(number),
        (None, _) => Err(format!("{file} has no line any more with {piece:?}")),
        _ => Err(format!("{file} has several lines with {piece:?}")),
    }
}

/// A promise, by its id, in words.
pub(super) fn promise(id: &str) -> Result<String, String> {
    let probe = probes::find(id).ok_or(format!("there is no promise {id}"))?;
    Ok(format!("{} (`{id}`)", probe.says))
}
