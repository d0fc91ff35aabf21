//! The Autobahn test suite against chapters 12 and 14, and against the client of chapter 18: every case is OK, or informs
//! only. With `CURVE=always`
//! every chapter from 05 on is measured, and the numbers of the page *The curve* are written anew.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use ch00_wire::Recorder;
use frame_by_frame::chapters::{self, announced};
use serde_json::{Value, json};
use stage::{Program, Server};

use crate::common::{PATIENCE, course, succeeds, wstest};

/// The numbers of the page.
const CURVE: &str = "tests/autobahn/curve.json";

/// The groups of the suite, each with the number of its cases.
const GROUPS: [(&str, usize); 11] = [
    ("1", 16),
    ("2", 11),
    ("3", 7),
    ("4", 10),
    ("5", 20),
    ("6", 145),
    ("7", 37),
    ("9", 54),
    ("10", 1),
    ("12", 90),
    ("13", 126),
];

/// The groups about compression, in parts that take about as long as each other.
const COMPRESSED: [&[&str]; 4] = [
    &["12.1.*", "12.2.*"],
    &["12.3.*", "12.4.*", "12.5.*"],
    &["13.1.*", "13.2.*", "13.3.*"],
    &["13.4.*", "13.5.*", "13.6.*", "13.7.*"],
];

/// What the suite says of each case: of the messages, and of the end of the connection.
type Verdicts = BTreeMap<String, [String; 2]>;

#[test]
#[ignore = "long"]
fn every_case_is_won() {
    let Some(wstest) = wstest("the Autobahn test suite") else { return };
    let wstest = Path::new(wstest.get_program());
    let all = env::var("CURVE").is_ok_and(|value| value == "always");
    let measured: Vec<u8> = if all { (5..=14).collect() } else { vec![12, 14] };
    let programs = released(&measured);
    let (_, last) = programs.last().expect("chapter 14");
    let verdicts: BTreeMap<u8, Verdicts> = thread::scope(|scope| {
        // Nearly all of the time is spent in groups 12 and 13, so their parts run side by side.
        let compressed = COMPRESSED.map(|cases| scope.spawn(move || run(wstest, 14, last, cases)));
        let one = |(chapter, program): &(u8, PathBuf)| {
            (*chapter, run(wstest, *chapter, program, cases_for(*chapter)))
        };
        let mut verdicts: BTreeMap<u8, Verdicts> = programs.iter().map(one).collect();
        let of_14 = verdicts.get_mut(&14).expect("chapter 14");
        compressed.into_iter().for_each(|group| of_14.extend(group.join().expect("verdicts")));
        verdicts
    });
    let counts = verdicts.iter().map(|(chapter, verdicts)| counts(*chapter, verdicts));
    let counts: Vec<Value> = counts.collect();
    if all {
        let curve = json!({ "groups": GROUPS, "chapters": counts });
        let curve = serde_json::to_string_pretty(&curve).expect("JSON");
        fs::write(course().join(CURVE), curve + "\n").expect("written");
    }
    for (chapter, cases) in [(12, 301), (14, 517)] {
        let lost: Vec<_> = verdicts[&chapter].iter().filter(|(_, case)| !is_won(case)).collect();
        assert!(lost.is_empty(), "chapter {chapter}: {lost:#?}");
        assert_eq!(verdicts[&chapter].len(), cases, "chapter {chapter}");
    }
    let kept = fs::read_to_string(course().join(CURVE)).expect(CURVE);
    let kept: Value = serde_json::from_str(&kept).expect("JSON");
    let kept = kept["chapters"].as_array().expect("chapters");
    for count in counts {
        assert!(kept.contains(&count), "{count} is not in {CURVE}: run this with CURVE=always");
    }
}

/// The client of chapter 18 plays every case that is not about compression; with `CURVE=always`, those too.
#[test]
#[ignore = "long"]
fn every_case_is_won_by_the_client() {
    let Some(wstest) = wstest("the Autobahn test suite, for a client") else { return };
    let program = client();
    let all = env::var("CURVE").is_ok_and(|value| value == "always");
    let (cases, count) = match all {
        true => ([cases_for(14), &["12.*", "13.*"]].concat(), 517),
        false => (cases_for(14).to_vec(), 301),
    };
    let verdicts = play(wstest, &program, &cases);
    let lost: Vec<_> = verdicts.iter().filter(|(_, case)| !is_won(case)).collect();
    assert!(lost.is_empty(), "{lost:#?}");
    assert_eq!(verdicts.len(), count);
}

/// What plays the cases, as somebody runs it who wants to know.
fn client() -> PathBuf {
    let target = Path::new(env!("CARGO_BIN_EXE_frame-by-frame")).ancestors().nth(2);
    let target = target.expect("the folder that this test was built in");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--release", "--locked", "--quiet", "--package", "ch18-client"]);
    cargo.args(["--example", "autobahn", "--target-dir"]).arg(target).current_dir(course());
    succeeds(cargo);
    target.join("release/examples").join(format!("autobahn{}", env::consts::EXE_SUFFIX))
}

/// Lets the suite listen, and a client play its cases.
fn play(mut suite: Command, program: &Path, cases: &[&str]) -> Verdicts {
    let folder = tempfile::tempdir().expect("a folder");
    let spec = folder.path().join("spec.json");
    let at = Server::free_address().expect("a free port");
    let of_clients = json!({
        "url": format!("ws://{at}"),
        "outdir": folder.path().join("reports"),
        "cases": cases,
        "exclude-cases": [],
        "exclude-agent-cases": {},
    });
    fs::write(&spec, of_clients.to_string()).expect("written");
    suite.args(["--mode", "fuzzingserver", "--spec"]).arg(&spec).current_dir(folder.path());
    let suite = Server::told(at, suite, &Recorder::new()).expect("the suite starts");
    let start = Instant::now();
    while TcpStream::connect(at).is_err() {
        assert!(start.elapsed() < PATIENCE && !suite.has_ended(), "{:#?}", suite.lines_from(0));
        thread::sleep(Duration::from_millis(50));
    }
    let mut client = Command::new(program);
    client.arg(format!("ws://{at}"));
    succeeds(client);
    verdicts(folder.path(), "ws", "no report was written")
}

/// What is asked of a chapter beside the groups 12 and 13, which are about compression. Before chapter 09 a message is
/// as long as one read, and the long ones of group 9 are waited for in vain.
fn cases_for(chapter: u8) -> &'static [&'static str] {
    match chapter {
        ..9 => &["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"],
        _ => &["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "9.*", "10.*"],
    }
}

/// A verdict that is no objection. `NON-STRICT` is one.
fn is_good(verdict: &str) -> bool {
    ["OK", "INFORMATIONAL"].contains(&verdict)
}

/// A case with two good verdicts.
fn is_won(verdicts: &[String; 2]) -> bool {
    verdicts.iter().all(|verdict| is_good(verdict))
}

/// In how many cases of each group that was run a chapter gets the messages right, and how many it wins.
fn counts(chapter: u8, verdicts: &Verdicts) -> Value {
    let count = |is: &dyn Fn(&[String; 2]) -> bool| {
        let mut counts = BTreeMap::new();
        for (group, size) in GROUPS {
            let of_group = |(case, _): &(&String, _)| case.split('.').next() == Some(group);
            let cases: Vec<_> = verdicts.iter().filter(of_group).collect();
            if !cases.is_empty() {
                assert_eq!(cases.len(), size, "group {group}");
                counts.insert(group, cases.iter().filter(|(_, verdicts)| is(verdicts)).count());
            }
        }
        counts
    };
    let (messages, won) = (count(&|verdicts| is_good(&verdicts[0])), count(&is_won));
    json!({ "chapter": chapter, "messages": messages, "won": won })
}

/// Through the tunnel of chapter 17, by TLS, nothing is different: every case that is not about compression; with
/// `CURVE=always`, those too, in parts side by side.
#[test]
#[ignore = "long"]
fn every_case_is_won_through_tls() {
    let Some(wstest) = wstest("the Autobahn test suite by TLS") else { return };
    let wstest = Path::new(wstest.get_program());
    let (mut cargo, target) = releasing();
    cargo.args(["--package", "ch17-secret", "--bins", "--example", "tunnel"]);
    succeeds(cargo);
    let name = |name: &str| format!("{name}{}", env::consts::EXE_SUFFIX);
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = announced(&target.join("release").join(name("ch17-secret")), Some("echo"));
    server.arg("--self-signed").arg(folder.path());
    let (_server, at) = started(server);
    let mut tunnel = Command::new(target.join("release/examples").join(name("tunnel")));
    tunnel.arg(at);
    let (_tunnel, at) = started(tunnel);
    let (mut parts, count) = match env::var("CURVE").is_ok_and(|value| value == "always") {
        true => (COMPRESSED.to_vec(), 517),
        false => (Vec::new(), 301),
    };
    parts.push(cases_for(17));
    let verdicts: Verdicts = thread::scope(|scope| {
        let at = &at;
        let parts: Vec<_> =
            parts.iter().map(|cases| scope.spawn(move || judged(wstest, at, cases))).collect();
        parts.into_iter().flat_map(|part| part.join().expect("verdicts")).collect()
    });
    let lost: Vec<_> = verdicts.iter().filter(|(_, case)| !is_won(case)).collect();
    assert!(lost.is_empty(), "{lost:#?}");
    assert_eq!(verdicts.len(), count);
}

/// A cargo that builds programs as a server runs them, beside this test, and the folder where it does.
fn releasing() -> (Command, &'static Path) {
    let target = Path::new(env!("CARGO_BIN_EXE_frame-by-frame")).ancestors().nth(2);
    let target = target.expect("the folder that this test was built in");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--release", "--locked", "--quiet", "--target-dir"]);
    cargo.arg(target).current_dir(course());
    (cargo, target)
}

/// The chapters' programs as a server runs them: the suite has cases of a million bytes in frames of 64.
fn released(numbers: &[u8]) -> Vec<(u8, PathBuf)> {
    let (mut cargo, target) = releasing();
    let packages = numbers.iter().map(|&number| chapters::find(number).expect("one").package());
    let packages: Vec<String> = packages.collect();
    cargo.args(packages.iter().flat_map(|package| ["--package", package]));
    succeeds(cargo);
    let program = |package: &String| {
        target.join("release").join(format!("{package}{}", env::consts::EXE_SUFFIX))
    };
    numbers.iter().copied().zip(packages.iter().map(program)).collect()
}

/// Runs cases against a chapter's echo.
fn run(wstest: &Path, chapter: u8, program: &Path, cases: &[&str]) -> Verdicts {
    let (_server, at) = started(announced(program, (chapter >= 7).then_some("echo")));
    judged(wstest, &at, cases)
}

/// Starts a program that says where it listens. What else it prints goes nowhere: it would be all that the suite sends.
fn started(mut command: Command) -> (Program, String) {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let server = Program::start(command).expect("the program starts");
    let mut stdout = BufReader::new(server.outputs().0);
    let mut line = String::new();
    stdout.read_line(&mut line).expect("its first line");
    let (_, at) = line.trim_end().split_once("://").expect("its address");
    thread::spawn(move || io::copy(&mut stdout, &mut io::sink()));
    (server, at.to_owned())
}

/// Runs cases against the echo at this address.
fn judged(wstest: &Path, at: &str, cases: &[&str]) -> Verdicts {
    let folder = tempfile::tempdir().expect("a folder");
    let spec = folder.path().join("spec.json");
    let of_server = json!({
        "outdir": folder.path().join("reports"),
        "servers": [{ "agent": "chapter", "url": format!("ws://{at}") }],
        "cases": cases,
        "exclude-cases": [],
        "exclude-agent-cases": {},
    });
    fs::write(&spec, of_server.to_string()).expect("written");
    let mut suite = Command::new(wstest);
    suite.args(["--mode", "fuzzingclient", "--spec"]).arg(&spec).current_dir(folder.path());
    let printed = succeeds(suite);
    verdicts(folder.path(), "chapter", &printed)
}

/// What the suite has written about an agent.
fn verdicts(folder: &Path, agent: &str, printed: &str) -> Verdicts {
    let index = fs::read_to_string(folder.join("reports/index.json"));
    let index: Value = serde_json::from_str(&index.expect(printed)).expect("JSON");
    let verdict = |case: &Value, of: &str| case[of].as_str().expect(of).to_owned();
    let index = index[agent].as_object().expect("cases").iter();
    index
        .map(|(id, case)| (id.clone(), [verdict(case, "behavior"), verdict(case, "behaviorClose")]))
        .collect()
}
