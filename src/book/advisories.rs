//! What went wrong in other servers, and what ours does: a table from data.

use serde::Deserialize;

use super::musts::promise;

/// One fault that somebody else's server had.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advisory {
    /// What happened.
    what: String,
    /// Where it was reported, or in which server it was seen.
    seen: String,
    /// What the server of the last chapter does.
    ours: String,
    /// The promise that holds a server to that, by its id.
    promise: String,
}

/// All of them.
pub(super) fn table() -> Result<String, String> {
    #[derive(Deserialize)]
    struct File {
        advisory: Vec<Advisory>,
    }
    let file: Result<File, _> = toml::from_str(include_str!("advisories.toml"));
    let file = file.map_err(|error| format!("advisories.toml: {error}"))?;
    let mut table =
        "| what went wrong | seen in | what ours does | held to it by |\n|---|---|---|---|\n"
            .to_owned();
    for Advisory { what, seen, ours, promise: id } in &file.advisory {
        table += &format!("| {what} | {seen} | {ours} | {} |\n", promise(id)?);
    }
    Ok(table)
}
