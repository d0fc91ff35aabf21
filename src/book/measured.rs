//! What a technique of chapter 16 costs, before and after: what its example has measured.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// What the example `steps` has written.
const FILE: &str = "chapters/16-speed/measured/steps.json";

/// One technique, measured, in nanoseconds; or in bytes.
#[derive(Deserialize)]
struct Measured {
    name: String,
    what: String,
    #[serde(default)]
    bytes: bool,
    before: u64,
    after: u64,
}

/// A line about one of them.
pub(super) fn step(course: &Path, name: &str) -> Result<String, String> {
    let all: Vec<Measured> = read(course, FILE)?;
    let one = all.iter().find(|one| one.name == name);
    let Measured { what, bytes, before, after, .. } =
        one.ok_or_else(|| format!("{FILE} knows no step {name:?}"))?;
    let times = ratio(*before, *after);
    let show = if *bytes { |bytes| format!("{bytes} bytes") } else { time };
    let (before, after) = (show(*before), show(*after));
    let better = if *bytes { "less" } else { "faster" };
    Ok(format!(
        "<p class=\"measured\"><strong>Measured:</strong> {what}: {before} before, {after} after: <strong>{times} \
         times {better}</strong>.</p>\n"
    ))
}

fn read<T: DeserializeOwned>(course: &Path, file: &str) -> Result<T, String> {
    let text = fs::read_to_string(course.join(file)).map_err(|error| format!("{file}: {error}"))?;
    serde_json::from_str(&text).map_err(|error| format!("{file}: {error}"))
}

/// What servers cost beside each other: what `bench/run --save` has written.
#[derive(Deserialize)]
struct Beside {
    modes: Vec<Mode>,
}

#[derive(Deserialize)]
struct Mode {
    mode: String,
    servers: Vec<Server>,
}

#[derive(Deserialize)]
struct Server {
    server: String,
    rounds: Vec<Round>,
}

#[derive(Deserialize)]
struct Round {
    messages: u64,
    cpu_ns: u64,
}

/// A row for each server, a column for each mode: the time a message costs, and how many times the floor's that is.
pub(super) fn beside(course: &Path) -> Result<String, String> {
    let Beside { modes } = read(course, "chapters/16-speed/measured/beside.json")?;
    let servers = &modes.first().ok_or("nothing was measured")?.servers;
    let heads = modes.iter().map(|mode| format!("<th><code>{}</code></th>", mode.mode));
    let mut table = format!("<tr><th>server</th>{}</tr>\n", heads.collect::<String>());
    for Server { server, .. } in servers {
        let cell = |mode: &Mode| {
            let [cost, floor] = [mode.cost(server)?, mode.cost("floor")?];
            Some(format!("<td>{} ({:.2})</td>", time(cost as u64), cost / floor))
        };
        let cells: Option<String> = modes.iter().map(cell).collect();
        let cells = cells.ok_or_else(|| format!("{server} has not played everything"))?;
        table += &format!("<tr><th>{server}</th>{cells}</tr>\n");
    }
    Ok(format!("<div class=\"scroll\"><table>\n{table}</table></div>\n"))
}

impl Mode {
    /// The median of what a message cost a server.
    fn cost(&self, server: &str) -> Option<f64> {
        let rounds = &self.servers.iter().find(|one| one.server == server)?.rounds;
        let cost = |round: &Round| round.cpu_ns as f64 / round.messages as f64;
        let mut costs: Vec<f64> = rounds.iter().map(cost).collect();
        costs.sort_by(f64::total_cmp);
        costs.get(costs.len() / 2).copied()
    }
}

fn ratio(before: u64, after: u64) -> String {
    format!("{:.1}", before as f64 / after.max(1) as f64)
}

fn time(nanoseconds: u64) -> String {
    match nanoseconds {
        0..1_000 => format!("{nanoseconds} ns"),
        1_000..1_000_000 => format!("{:.1} µs", nanoseconds as f64 / 1e3),
        _ => format!("{:.1} ms", nanoseconds as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_ratios_are_short() {
        assert_eq!(time(999), "999 ns");
        assert_eq!(time(12_345), "12.3 µs");
        assert_eq!(ratio(900, 100), "9.0");
        assert_eq!(ratio(5, 0), "5.0");
    }
}
