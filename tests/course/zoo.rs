//! The checker, held to its word: a zoo of wrong servers, each of which makes one mistake. The probe that
//! names the mistake catches it, and no probe before.

#[path = "../zoo-server/mistakes.rs"]
mod mistakes;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use ch00_wire::Recorder;
use frame_by_frame::probes::{self, Probe, Target, Verdict, explain};
use mistakes::{MISTAKES, Mistake};
use stage::Server;

use crate::common::{PATIENCE, course, workshop};

/// How long a probe waits for what a wrong server never sends.
const PROBE: Duration = Duration::from_secs(4);
/// How many servers are looked at at the same time.
const AT_ONCE: usize = 10;

/// What takes most of the time, and looks at nothing that a mistake of a later chapter touches: for those it is left out.
const HEAVY: [&str; 5] =
    ["thousand-clients", "slow-reader", "bounded-debt", "many-to-many", "pings-unread"];

/// The program of the zoo, as its sources are now.
pub fn zoo() -> PathBuf {
    let cargo = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--example", "zoo"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(cargo.expect("cargo runs").success(), "the zoo does not compile");
    let tests = std::env::current_exe().expect("this test is a program");
    let debug = tests.parent().and_then(|deps| deps.parent()).expect("in target/debug/deps");
    debug.join("examples").join("zoo").with_extension(std::env::consts::EXE_EXTENSION)
}

/// A server that makes this mistake, or none.
fn server(program: &Path, mistake: &'static str) -> Target {
    let program = program.to_owned();
    Target::Announced(Box::new(move |app| {
        let mut command = Command::new(&program);
        command.arg(mistake);
        command.args(app);
        command
    }))
}

/// The first promise up to the chapter that is not kept, with its explanation.
fn caught(zoo: &Path, mistake: &'static str, chapter: u8) -> Option<(Probe, String)> {
    let target = server(zoo, mistake);
    let is_looked_at = |probe: &&Probe| {
        let is_light = mistake.is_empty() || !HEAVY.contains(&probe.id.as_str());
        probe.chapter == chapter || (probe.chapter < chapter && is_light && probe.holds_in(chapter))
    };
    let mut probes =
        probes::all().iter().filter(is_looked_at).filter(|probe| !probe.is_of_client());
    probes.find_map(|probe| match target.judge(probe, PROBE, chapter) {
        Ok(Verdict::Holds) => None,
        Ok(Verdict::Fails(failure, recording)) => {
            Some((*probe, explain(probe, &failure, &recording, chapter).text(usize::MAX)))
        }
        Ok(Verdict::Unseen(why)) if cfg!(target_os = "linux") => panic!("{}: {why}", probe.id),
        Ok(Verdict::Unseen(_)) => None,
        Err(error) => panic!("{mistake}: {error}"),
    })
}

/// Each mistake, and what the checker says about it.
fn look_at_all(zoo: &Path) -> BTreeMap<usize, String> {
    let next = AtomicUsize::new(0);
    let seen = Mutex::new(BTreeMap::new());
    let work = || loop {
        let at = next.fetch_add(1, Ordering::Relaxed);
        let Some(mistake) = MISTAKES.get(at) else { return };
        let said = judged(zoo, mistake);
        seen.lock().expect("nobody panics with it").insert(at, said);
    };
    thread::scope(|scope| (0..AT_ONCE).for_each(|_| drop(scope.spawn(work))));
    seen.into_inner().expect("nobody panics with it")
}

/// The last lines of the explanation: what was expected, what came, and what is often the reason.
fn judged(zoo: &Path, mistake: &Mistake) -> String {
    let Some((probe, explanation)) = caught(zoo, mistake.name, mistake.chapter) else {
        return format!("NOT CAUGHT: {}", mistake.name);
    };
    let from = explanation.find("\n  expected").unwrap_or(0);
    let end = explanation[from..].trim_matches('\n');
    if probe.id != mistake.promise {
        return format!("CAUGHT BY ANOTHER PROBE: {}: {}\n{end}", mistake.name, probe.id);
    }
    let end: Vec<String> = end.lines().filter_map(|line| steady(mistake, line)).collect();
    let end = end.join("\n");
    format!("{} · {:02} {}\n{end}\n", mistake.name, probe.chapter, probe.says)
}

/// A line of an explanation, without what differs from run to run.
fn steady(mistake: &Mistake, line: &str) -> Option<String> {
    let is_what_came = ["  expected", "  but"].iter().any(|start| line.starts_with(start));
    let is_cause =
        ["  often", "  either", "  or", "  read"].iter().any(|start| line.starts_with(start));
    match mistake.name {
        // Who of several that speak at once is heard first, and whether what comes twice comes at once.
        "own-words-first" | "own-words-before-all" | "told-at-once-too" => {
            is_cause.then(|| line.to_owned())
        }
        // How many bytes the system gives to each.
        "buffer-for-each" if line.starts_with("  but") => None,
        _ if !is_what_came => Some(line.to_owned()),
        // Whether the next client is refused or cut off.
        name if name.ends_with("ends-all") || name.starts_with("ends-with") => None,
        // Which message is the first to be missing, and whether another one comes.
        "drops-when-busy" => None,
        _ => Some(line.to_owned()),
    }
}

#[test]
#[ignore = "long"]
fn a_server_without_a_mistake_keeps_every_promise() {
    let last = frame_by_frame::chapters::last().number;
    if let Some((_, explanation)) = caught(&zoo(), "", last) {
        panic!("{explanation}");
    }
}

#[test]
#[ignore = "long"]
fn every_mistake_is_caught_by_the_probe_that_names_it() {
    let seen: Vec<String> = look_at_all(&zoo()).into_values().collect();
    let is_wrong = |said: &&str| said.contains("CAUGHT");
    let wrong: Vec<&str> = seen.iter().map(String::as_str).filter(is_wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    insta::assert_snapshot!("zoo", seen.join("\n"));
}

#[test]
fn every_server_has_a_number_of_its_own() {
    let numbers: BTreeSet<u16> = MISTAKES.iter().map(|mistake| mistake.number).collect();
    assert_eq!(numbers.len(), MISTAKES.len(), "a number is there twice");
    assert!(!numbers.contains(&0));
    // Who has found one mistake must not learn from its number what the next one is about.
    let neighbours = MISTAKES.windows(2).filter(|two| two[0].number + 1 == two[1].number).count();
    assert!(neighbours * 10 < MISTAKES.len(), "{neighbours} mistakes are numbered in their order");
}

/// What teachers look a number up in.
#[test]
fn the_key_of_the_zoo_is_fresh() {
    let file = course().join("tests/zoo-server/KEY.md");
    let key = key();
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        fs::write(&file, &key).expect("written");
    }
    let kept = fs::read_to_string(&file).expect("a key").replace("\r\n", "\n");
    assert_eq!(kept, key, "INSTA_UPDATE=always writes the key of the zoo anew");
}

/// A table of all servers, by number and by chapter.
fn key() -> String {
    let mut by_number: Vec<&Mistake> = MISTAKES.iter().collect();
    by_number.sort_by_key(|mistake| mistake.number);
    let row = |mistake: &&Mistake| {
        let Mistake { number, chapter, name, promise } = mistake;
        let says = &probes::find(promise).expect("a promise").says;
        format!("| {number} | {chapter:02} | `{name}` | {says} |\n")
    };
    let by_chapter = MISTAKES.chunk_by(|one, next| one.chapter == next.chapter).map(|mistakes| {
        let numbers: Vec<String> = mistakes.iter().map(|one| one.number.to_string()).collect();
        format!("- Chapter {:02}: {}\n", mistakes[0].chapter, numbers.join(", "))
    });
    format!(
        "# The key of the zoo\n\nFor teachers. `cargo run -- zoo 17` starts the server with the \
         number 17; the test `zoo::the_key_of_the_zoo_is_fresh` writes this file.\n\n\
         Which servers make a mistake of which chapter:\n\n{}\n\
         | number | chapter | the mistake | the first promise that fails: the server … |\n\
         |--:|---|---|---|\n{}",
        by_chapter.collect::<String>(),
        by_number.iter().map(row).collect::<String>()
    )
}

/// By its number a server is the same as by its name, and what it prints gives nothing away.
#[test]
fn a_server_is_started_by_its_number() {
    let program = zoo();
    for mistake in [&MISTAKES[0], &MISTAKES[MISTAKES.len() - 1]] {
        let (number, mut command) = (mistake.number.to_string(), workshop(&["zoo"]));
        command.arg(&number).env("PORT", "0");
        let server = Server::announced(command, &Recorder::new(), PATIENCE).expect("it starts");
        let line = server.wait_for(0, PATIENCE, |line| line.starts_with("listening on"));
        let line = line.expect("a line");
        assert!(!line.contains(mistake.name) && !line.contains(mistake.promise), "{line}");
    }
    let mut command = Command::new(&program);
    let output = command.args(["list"]).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("the zoo has no server list: choose a number from 1 to"), "{said}");
    assert!(MISTAKES.iter().all(|mistake| !said.contains(mistake.name)), "{said}");
}
