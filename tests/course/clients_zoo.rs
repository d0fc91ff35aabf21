//! The checker of clients, held to its word: a zoo of wrong clients, each of which makes one mistake. The probe that names
//! the mistake catches it, and no probe before.

#[path = "../zoo-client/mistakes.rs"]
mod mistakes;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use frame_by_frame::probes::{self, Probe, Target, Verdict, explain};
use mistakes::MISTAKES;

use crate::common::{PATIENCE, course, succeeds};

/// How long a probe waits for what a wrong client never sends.
const PROBE: Duration = Duration::from_secs(3);

/// The program of the zoo, as its sources are now.
fn zoo() -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--example", "zoo-client"]).current_dir(course());
    succeeds(cargo);
    let tests = std::env::current_exe().expect("this test is a program");
    let debug = tests.parent().and_then(Path::parent).expect("in target/debug/deps");
    debug.join("examples/zoo-client").with_extension(std::env::consts::EXE_EXTENSION)
}

fn client(program: &Path, mistake: &'static str) -> Target {
    let program = program.to_owned();
    Target::Caller(Box::new(move |address| {
        let mut command = Command::new(&program);
        // As in the shell of somebody who wants to see each line at once.
        command.args([mistake, address]).env("PYTHONUNBUFFERED", "1");
        command
    }))
}

/// The first promise that is not kept, with its explanation.
fn caught(target: &Target, patience: Duration) -> Option<(Probe, String)> {
    let mut probes = probes::all().iter().filter(|probe| probe.is_of_client());
    probes.find_map(|probe| match target.judge(probe, patience, probe.chapter) {
        Ok(Verdict::Holds) => None,
        Ok(Verdict::Fails(failure, recording)) => {
            Some((*probe, explain(probe, &failure, &recording, probe.chapter).text(usize::MAX)))
        }
        other => panic!("{}: {other:?}", probe.id),
    })
}

#[test]
fn a_client_without_a_mistake_keeps_every_promise() {
    if let Some((_, explanation)) = caught(&client(&zoo(), ""), PATIENCE) {
        panic!("{explanation}");
    }
}

#[test]
#[ignore = "long"]
fn every_mistake_is_caught_by_the_probe_that_names_it() {
    let program = zoo();
    let mut seen = Vec::new();
    for (mistake, promise) in MISTAKES {
        let (probe, explanation) = caught(&client(&program, mistake), PROBE)
            .unwrap_or_else(|| panic!("NOT CAUGHT: {mistake}"));
        assert_eq!(probe.id, promise, "{mistake}\n{explanation}");
        let causes = ["  often", "  either", "  or", "  read"];
        let causes =
            explanation.lines().filter(|line| causes.iter().any(|it| line.starts_with(it)));
        let causes: Vec<&str> = causes.collect();
        seen.push(format!("{mistake} · {}\n{}\n", probe.says, causes.join("\n")));
    }
    insta::assert_snapshot!("clients_zoo", seen.join("\n"));
}

/// What `check` says when it is told this, and its exit code.
fn check(words: &[&str]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_frame-by-frame"));
    let output = command.arg("check").args(words).current_dir(folder.path()).output();
    let output = output.expect("it runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

/// What the checker says of a client, as a student sees it, and the next commands.
#[test]
fn check_explains_a_client() {
    let zoo = zoo();
    let zoo = zoo.to_str().expect("a path in UTF-8");
    let told = [
        (
            1,
            &["18", "--", zoo, "any-accept", "{url}"][..],
            &[
                "✗ chapter 18: opens no connection",
                "the accept value is never compared",
                "check 18 -- ",
            ][..],
        ),
        (
            1,
            &["18", "--", zoo, "any-status", "{url}"],
            &["but        a frame came: the client goes on"],
        ),
        (
            1,
            &["18", "--", zoo, "fails-to-start", "{url}"],
            &["the client's terminal", "No such file", "the program has failed"],
        ),
        (0, &["18", "--", zoo, "", "{url}"], &["`cargo run -- check 19 --server \"COMMAND\"`"]),
        (2, &["18", "--", "python3 client.py"], &["without quotes, like -- python3 client.py"]),
        (2, &["18", "--solution", "--", "client"], &["the solution is in Rust"]),
        (2, &["18"], &["--server \"COMMAND\"", "with -- COMMAND"]),
        (2, &["5", "--", "client"], &["chapter 05 has a server"]),
    ];
    for (code, words, wanted) in told {
        let (ended, said) = check(words);
        assert_eq!(ended, Some(code), "{words:?}\n{said}");
        for words in wanted {
            assert!(said.contains(words), "{words:?} is missing:\n{said}");
        }
    }
}
