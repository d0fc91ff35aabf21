//! What messages and clients cost each server: pictures and tables of what `bench/run` has measured.

// The benchmark is a workspace of its own. It and the book read the same file with the same code.
#[allow(dead_code)]
#[path = "../../bench/src/results.rs"]
mod results;

use std::fs;
use std::path::Path;

use crate::chapters::ALL;

use super::{drawing, figures};
use results::{Played, Results, Samples, Spread};

const FILE: &str = "bench/results.json";

/// The server that only moves bytes.
const FLOOR: &str = "floor";

/// The modes of each table, and what its columns are called.
const TABLES: [(&str, &[(&str, &str)]); 7] = [
    (
        "short",
        &[
            ("echo-32x1", "1 in flight"),
            ("echo-32x16", "16"),
            ("echo-32x64", "64"),
            ("crowd-32x1", "64 clients, 1 each"),
        ],
    ),
    (
        "medium",
        &[
            ("echo-1kx1", "1 KiB"),
            ("echo-1kx16", "1 KiB × 16"),
            ("echo-1kx64", "1 KiB × 64"),
            ("echo-16kx1", "16 KiB"),
            ("echo-16kx16", "16 KiB × 16"),
        ],
    ),
    ("large", &[("echo-1mx1", "1 MiB"), ("echo-1mx4", "1 MiB × 4"), ("echo-16mx1", "16 MiB")]),
    (
        "text",
        &[("ascii-1kx16", "ASCII"), ("chinese-1kx16", "Chinese"), ("deflate-1kx16", "compressed")],
    ),
    (
        "rooms",
        &[
            ("room-100x1", "100 members"),
            ("room-100x16", "100 × 16"),
            ("room-1000x1", "1,000 members"),
            ("room-1000x16", "1,000 × 16"),
        ],
    ),
    (
        "secret",
        &[
            ("secret-32x64", "32 bytes × 64"),
            ("secret-1kx16", "1 KiB × 16"),
            ("secret-16kx16", "16 KiB × 16"),
        ],
    ),
    ("cores", &[("crowd-32x1", "64 clients, 1 each"), ("crowd-32x16", "64 clients, 16 each")]),
];

/// A line for each server: how many times the floor's time a message takes it, in one mode.
pub(super) fn picture(course: &Path, mode: &str, caption: &str) -> Result<String, String> {
    let results = read(course)?;
    let played = results.played(mode, 1).ok_or_else(|| format!("nobody has played {mode}"))?;
    let floor = played.of(FLOOR);
    let times = played.servers.iter().filter(|samples| samples.server != FLOOR);
    let times = times.filter_map(|samples| {
        let Spread { median, least, most } = samples.beside(floor?)?;
        Some((title(&samples.server), [least, median, most]))
    });
    let mut times: Vec<(String, [f64; 3])> = times.collect();
    times.sort_by(|(_, one), (_, other)| one[1].total_cmp(&other[1]));
    Ok(figures::drawn(&format!("numbers-{mode}"), &drawing::times(&times), caption))
}

/// A row for each server that plays some of these modes: how many times the floor's time a message takes it.
pub(super) fn table(course: &Path, name: &str) -> Result<String, String> {
    let results = read(course)?;
    let table = TABLES.iter().find(|(one, _)| *one == name);
    let (_, columns) = table.ok_or_else(|| format!("there is no table of numbers {name:?}"))?;
    let cores = if name == "cores" { 2 } else { 1 };
    let modes: Vec<(&str, Option<&Played>)> =
        columns.iter().map(|(mode, title)| (*title, results.played(mode, cores))).collect();
    let mut table = String::from("| Server |");
    table += &modes.iter().map(|(title, _)| format!(" {title} |")).collect::<String>();
    table += "\n|---|";
    table += &"--:|".repeat(modes.len());
    table += "\n| the floor, in ns |";
    for (_, played) in &modes {
        let floor = played.and_then(|played| played.of(FLOOR)?.cpu());
        table +=
            &floor.map_or_else(|| " – |".to_owned(), |cpu| format!(" {} |", commas(cpu.median)));
    }
    table.push('\n');
    for server in results.names() {
        let beside = |(_, played): &(&str, Option<&Played>)| {
            played.and_then(|played| played.of(server)?.beside(played.of(FLOOR)?))
        };
        let cells: Vec<Option<Spread>> = modes.iter().map(beside).collect();
        if cells.iter().any(Option::is_some) {
            let cell = |cell: Option<Spread>| cell.map_or_else(|| "–".to_owned(), spread);
            let cells: Vec<String> = cells.into_iter().map(cell).collect();
            table += &format!("| {} | {} |\n", title(server), cells.join(" | "));
        }
    }
    Ok(table)
}

/// A row for each mode: the last chapter beside the best of the peers.
pub(super) fn best(course: &Path) -> Result<String, String> {
    let results = read(course)?;
    let mut table = String::from(
        "| Mode | Our best chapter | ÷ floor | The best peer | ÷ floor | Ours ÷ the peer's |\n\
         |---|---|--:|---|--:|--:|\n",
    );
    for played in &results.modes {
        let best = |ours: bool| {
            let servers = played.servers.iter().filter(|samples| samples.server != FLOOR);
            let servers = servers.filter(|samples| is_chapter(&samples.server) == ours);
            let counted = servers.filter_map(|samples| Some((samples, samples.cpu()?.median)));
            counted.min_by(|(_, one), (_, other)| one.total_cmp(other)).map(|(best, _)| best)
        };
        let (Some(ours), Some(peer)) = (best(true), best(false)) else { continue };
        let floor = played.of(FLOOR);
        let beside = |one: &Samples, other: Option<&Samples>| {
            other.and_then(|other| one.beside(other)).map_or_else(|| "–".to_owned(), spread)
        };
        let cores = if played.cores == 1 { "" } else { ", two cores" };
        table += &format!(
            "| `{}`{cores} | {} | {} | {} | {} | {} |\n",
            played.mode,
            title(&ours.server),
            beside(ours, floor),
            title(&peer.server),
            beside(peer, floor),
            beside(ours, Some(peer)),
        );
    }
    Ok(table)
}

/// A row for each server: bytes of memory for a client that does nothing; also over TLS, where there is such a server.
pub(super) fn idle(course: &Path) -> Result<String, String> {
    let Results { idle, secret, .. } = read(course)?;
    let mut table = String::from(
        "| Server | There | After one message | There, over TLS | After one message, over TLS |\n|---|--:|--:|--:|--:|\n",
    );
    for idle in &idle {
        let secret = secret.iter().find(|secret| secret.server == idle.server);
        let cells = [Some(idle), secret].map(|idle| {
            let bytes = idle.and_then(results::Idle::bytes).map(|both| both.map(whole));
            bytes.unwrap_or_else(|| ["–".to_owned(), "–".to_owned()]).join(" | ")
        });
        table += &format!("| {} | {} |\n", title(&idle.server), cells.join(" | "));
    }
    Ok(table)
}

/// Who is not counted, and why.
pub(super) fn missing(course: &Path) -> Result<String, String> {
    let results = read(course)?;
    let mut list = String::new();
    for (server, why) in &results.missing {
        list += &format!("- **{}**: {why}.\n", title(server));
    }
    for server in results.names() {
        let mut faults: Vec<(&str, Vec<&str>)> = Vec::new();
        let played = results.modes.iter().filter(|played| played.cores == 1);
        let played = played.map(|played| (&played.mode[..], played.of(server)));
        let played = played.filter_map(|(mode, samples)| Some((mode, samples?.fault.as_deref()?)));
        let idle = results.idle.iter().map(|idle| ("idle", idle));
        let idle = idle.chain(results.secret.iter().map(|idle| ("idle, over TLS", idle)));
        let idle = idle.filter(|(_, idle)| idle.server == *server);
        let idle = idle.filter_map(|(mode, idle)| Some((mode, idle.fault.as_deref()?)));
        for (mode, fault) in played.chain(idle) {
            match faults.iter_mut().find(|(known, _)| *known == fault) {
                Some((_, modes)) => modes.push(mode),
                None => faults.push((fault, vec![mode])),
            }
        }
        let faults = faults.iter().map(|(fault, modes)| {
            let modes: Vec<String> = modes.iter().map(|mode| format!("`{mode}`")).collect();
            format!("{fault} ({})", modes.join(", "))
        });
        let faults: Vec<String> = faults.collect();
        if !faults.is_empty() {
            list += &format!("- **{}**: {}.\n", title(server), faults.join("; "));
        }
    }
    Ok(list)
}

/// Where and when it was measured.
pub(super) fn place(course: &Path) -> Result<String, String> {
    let results = read(course)?;
    let machine = &results.machine;
    let rounds = results.modes.iter().flat_map(|played| &played.servers);
    let rounds = rounds.map(|samples| samples.rounds.len()).max().unwrap_or(0);
    let versions = results.servers.iter().filter(|(name, _)| !is_chapter(name));
    let versions: Vec<String> =
        versions.map(|(name, version)| format!("{name} {version}")).collect();
    let load = machine.load.parse::<f64>().unwrap_or_default();
    // What was built just before is still in the average.
    let busy = match load < machine.cores as f64 {
        true => String::new(),
        false => format!(
            " **Other programs kept {load:.0} cores' worth of work waiting meanwhile, so these figures are only a \
             first look.**"
        ),
    };
    Ok(format!(
        "Measured on {} on a machine with {} cores ({}), {}, TCP's congestion control {}, {}, in {rounds} \
         rounds.{busy} The chapters are those of commit `{}`. The peers: {}.",
        machine.when,
        machine.cores,
        machine.processor,
        machine.kernel,
        machine.congestion,
        machine.rust,
        machine.commit,
        versions.join("; ")
    ))
}

fn read(course: &Path) -> Result<Results, String> {
    let text = fs::read_to_string(course.join(FILE));
    let text = text.map_err(|error| format!("{FILE} cannot be read: {error}"))?;
    serde_json::from_str(&text).map_err(|error| format!("{FILE}: {error}"))
}

/// The number of a chapter, if that is whose server it is.
fn chapter(server: &str) -> Option<u8> {
    server.strip_prefix("ch")?.parse().ok()
}

fn is_chapter(server: &str) -> bool {
    chapter(server).is_some()
}

/// What the page calls a server.
fn title(server: &str) -> String {
    let Some(number) = chapter(server) else { return server.to_owned() };
    let known = ALL.iter().find(|chapter| chapter.number == number);
    known.map_or_else(|| format!("{number:02}"), |known| format!("{number:02} {}", known.title))
}

fn spread(of: Spread) -> String {
    // A word joiner keeps a range on one line.
    format!("{:.2} ({:.2}–\u{2060}{:.2})", of.median, of.least, of.most)
}

/// Bytes.
fn whole(of: Spread) -> String {
    format!("{} ({}–\u{2060}{})", commas(of.median), commas(of.least), commas(of.most))
}

/// A whole number, its thousands set apart.
fn commas(number: f64) -> String {
    let digits = format!("{number:.0}");
    let grouped = digits.bytes().enumerate().map(|(at, digit)| {
        let comma = at > 0 && (digits.len() - at) % 3 == 0;
        format!("{}{}", if comma { "," } else { "" }, char::from(digit))
    });
    grouped.collect()
}

impl Results {
    fn played(&self, mode: &str, cores: usize) -> Option<&Played> {
        self.modes.iter().find(|played| played.mode == mode && played.cores == cores)
    }

    /// The servers, in the order in which they played.
    fn names(&self) -> impl Iterator<Item = &String> {
        let first = self.modes.first().map(|played| &played.servers[..]).unwrap_or_default();
        first.iter().map(|samples| &samples.server).filter(|server| *server != FLOOR)
    }
}

impl Played {
    fn of(&self, server: &str) -> Option<&Samples> {
        self.servers.iter().find(|samples| samples.server == server)
    }
}
