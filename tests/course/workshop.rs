//! What the workshop does: opens the book, says no in clear words, ends cleanly.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::common::{PATIENCE, chapter, program, serving, serving_on, workshop};
use ch00_wire::{Recorder, masked_frame, rfc_request};
use frame_by_frame::chapters::{self, CHAPTERS};
use frame_by_frame::probes;
use serde_json::Value;
use stage::{Client, Server};

fn says(arguments: &[&str]) -> String {
    let output = workshop(arguments).output().expect("the workshop runs");
    assert!(!output.status.success(), "{arguments:?} must fail");
    String::from_utf8(output.stderr).expect("UTF-8")
}

#[test]
fn a_taken_port_is_no_obstacle() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("bound").port();
    if port > u16::MAX - 30 {
        return a_taken_port_is_no_obstacle();
    }
    let command = workshop(&["--port", &port.to_string()]);
    let book = Server::announced(command, &Recorder::new(), PATIENCE).expect("the book opens");
    assert_ne!(book.address().port(), port);
    assert!(book.lines_from(0).concat().contains(&format!("port {port} is taken")));
}

/// Sends a signal to a process.
#[cfg(unix)]
pub fn send(signal: &str, process: &str) {
    let sent = std::process::Command::new("kill").args([signal, process]).output();
    // Whoever has ended meanwhile needs no second signal.
    sent.expect("kill runs");
}

/// The numbers in the files that a script writes once it runs.
#[cfg(unix)]
pub fn numbers(files: &[std::path::PathBuf]) -> Vec<String> {
    let read = || -> Option<Vec<String>> {
        let numbers = files.iter().map(|file| std::fs::read_to_string(file).ok());
        numbers.map(|number| number.filter(|number| number.ends_with('\n'))).collect()
    };
    let deadline = Instant::now() + PATIENCE;
    loop {
        match read() {
            Some(numbers) => return numbers.iter().map(|line| line.trim().to_owned()).collect(),
            None => assert!(Instant::now() < deadline, "the script does not run"),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Waits until no such process is left. One that has ended, and that nobody has asked about, is a zombie.
#[cfg(unix)]
pub fn end(processes: &[String]) {
    let lives = |process: &String| {
        let mut ps = std::process::Command::new("ps");
        let state = ps.args(["-o", "stat=", "-p", process]).output().expect("ps runs").stdout;
        !state.is_empty() && !state.starts_with(b"Z")
    };
    let deadline = Instant::now() + PATIENCE;
    while let Some(process) = processes.iter().find(|process| lives(process)) {
        assert!(Instant::now() < deadline, "{process} goes on");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A script that starts another program, says which processes the two are, and goes on for a long time.
#[cfg(unix)]
pub fn endless(folder: &std::path::Path) -> (String, [std::path::PathBuf; 2]) {
    let script = folder.join("endless.sh");
    let files = ["child", "itself"].map(|name| folder.join(name));
    let text = "#!/bin/sh\ncd \"$(dirname \"$0\")\"\nsleep 1000 &\necho $! > child\necho $$ > itself\nwait\n";
    std::fs::write(&script, text).expect("written");
    crate::common::succeeds({
        let mut chmod = std::process::Command::new("chmod");
        chmod.arg("+x").arg(&script);
        chmod
    });
    (script.display().to_string(), files)
}

#[cfg(unix)]
#[test]
fn a_check_that_is_interrupted_leaves_nothing_behind() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let folder = tempfile::tempdir().expect("a folder");
        let (server, files) = endless(folder.path());
        let mut check = workshop(&["check", "--server", &server]);
        check.current_dir(&folder).stdout(Stdio::null()).stderr(Stdio::null());
        let mut check = check.spawn().expect("the check runs");
        let processes = numbers(&files);
        for _ in 0..2 {
            send(signal, &check.id().to_string());
        }
        assert_eq!(check.wait().expect("it ends").code(), Some(130), "{signal}");
        end(&processes);
    }
}

#[cfg(unix)]
#[test]
fn a_check_that_is_interrupted_leaves_no_cargo_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = folder.path().join("my-server");
    crate::common::succeeds(workshop(&["start", &project.display().to_string()]));
    let (cargo, files) = endless(folder.path());
    let mut check = workshop(&["check"]);
    check.env("CARGO", cargo).current_dir(&folder).stdout(Stdio::null()).stderr(Stdio::null());
    let mut check = check.spawn().expect("the check runs");
    let processes = numbers(&files);
    send("-TERM", &check.id().to_string());
    check.wait().expect("it ends");
    end(&processes);
}

#[test]
fn what_is_asked_wrongly_is_answered_in_clear_words() {
    insta::assert_snapshot!("run_99", says(&["run", "99"]));
    insta::assert_snapshot!("tap_x", says(&["tap", "--listen", "x", "--to", "4000"]));
    insta::assert_snapshot!("check_empty", says(&["check", "--server", " "]));
}

#[test]
fn a_folder_that_holds_other_things_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let precious = folder.path().join("precious.txt");
    std::fs::write(&precious, "mine").expect("written");
    let out = folder.path().to_string_lossy().into_owned();
    assert!(says(&["book", "--out", &out]).contains("holds other things, which would be lost"));
    assert_eq!(std::fs::read_to_string(&precious).expect("still there"), "mine");

    let new = folder.path().join("new").to_string_lossy().into_owned();
    for _ in 0..2 {
        crate::common::succeeds(workshop(&["book", "--out", &new]));
    }
    assert!(folder.path().join("new/05-reply.html").exists());
}

#[test]
fn help_reads_well() {
    let output = workshop(&["--help"]).output().expect("the workshop runs");
    insta::assert_snapshot!(
        "help",
        String::from_utf8(output.stdout).expect("UTF-8").replace(".exe", "")
    );
}

#[test]
fn tap_names_what_passes() {
    let server = chapter(5);
    let recorder = Recorder::new();
    let tap = workshop(&["tap", "--listen", "0", "--to", &server.address().to_string()]);
    let tap = Server::announced(tap, &recorder, PATIENCE).expect("the tap listens");
    let mut client = Client::connect(tap.address(), &Recorder::new(), PATIENCE).expect("connected");
    client.send(&rfc_request()).expect("sent");
    client.unit().expect("a 101");
    client.send(&masked_frame(1, b"Li Jing")).expect("sent");
    client.frame().expect("the echo");
    client.leave();
    tap.wait_for(0, PATIENCE, |line| line.contains("closes the connection")).expect("the end");
    let lines = tap.lines_from(1);
    let wanted = "  4c 69 20 4a 69 6e 67        payload \"Li Jing\"";
    assert!(lines.iter().any(|line| line == wanted), "{lines:#?}");
}

#[cfg(unix)]
#[test]
fn the_tap_calls_a_limit_of_its_own_by_its_name() {
    let server = TcpListener::bind("127.0.0.1:0").expect("a port");
    let to = server.local_addr().expect("bound").port();
    let program = env!("CARGO_BIN_EXE_frame-by-frame");
    let mut tap = std::process::Command::new("sh");
    let line = format!("ulimit -n 40; exec \"{program}\" tap --listen 0 --to localhost:{to}");
    tap.args(["-c", &line]);
    let tap = Server::announced(tap, &Recorder::new(), PATIENCE).expect("the tap listens");
    let mut clients = Vec::new();
    let is_limit = |line: &str| line.contains("(the tap could") || line.contains("(the tap can");
    let limit = loop {
        clients.push(TcpStream::connect(tap.address()).expect("connected"));
        assert!(clients.len() < 100, "it has no limit: {:#?}", tap.lines_from(0));
        // Its files are few enough: it says so some time before the last of these clients.
        if let Some(line) = tap.wait_for(0, Duration::from_millis(100), is_limit) {
            break line;
        }
    };
    assert!(limit.contains("open files"), "{limit}");
}

/// Holds a server against its probes: the exit code, and what was printed.
fn checked(arguments: &[&str]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().expect("a folder, in which the progress is remembered");
    let mut check = workshop(&["check"]);
    let output = check.args(arguments).current_dir(&folder).output().expect("the check runs");
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    // The command has the paths of this machine in it.
    let php = "php my-server.php {port}";
    let printed = CHAPTERS.map(|chapter| serving(chapter.number.into())).into_iter().fold(
        printed,
        |printed, command| {
            printed.replace(&format!("'{command}'"), &format!("\"{php}\"")).replace(&command, php)
        },
    );
    (output.status.code(), printed)
}

#[test]
#[ignore = "long"]
fn check_explains_the_first_promise_that_is_not_kept() {
    let (code, printed) = checked(&["--server", &serving(2)]);
    assert_eq!(code, Some(1));
    assert!(printed.contains("● 02 finds the key whatever the case of its name"), "{printed}");
    assert!(printed.contains("✗ chapter 03: answers the key of the RFC"), "{printed}");
    assert!(printed.contains("  but        nothing came"), "{printed}");
}

#[test]
fn a_reader_who_leaves_ends_the_check_without_a_word() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut check = workshop(&["check", "--all", "--server", &serving(3)]);
    check.current_dir(&folder).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut check = check.spawn().expect("the check runs");
    let mut first = String::new();
    let mut said = BufReader::new(check.stdout.take().expect("its output"));
    said.read_line(&mut first).expect("a line");
    drop(said);
    let output = check.wait_with_output().expect("it ends");
    assert!(first.starts_with("checking "), "{first}");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

/// What the page of chapter 01 shows of the checker: chapter 01's own server, held to chapter 02.
#[test]
fn check_explains_like_a_teacher() {
    let (_, printed) = checked(&["2", "--server", &serving(1)]);
    // Whether the server still says this before the checker ends it differs from run to run.
    let printed = printed.replace("\n    the connection is closed", "");
    // And so does the port that it is told.
    let told = |line: &str| line.split_once("listening on ws://127.0.0.1:").is_some();
    let steady = |line| if told(line) { "    listening on ws://127.0.0.1:4000" } else { line };
    let printed: Vec<&str> = printed.lines().map(steady).collect();
    insta::assert_snapshot!("check_explains", printed.join("\n"));
}

#[test]
#[ignore = "long"]
fn check_all_goes_on_after_a_failure() {
    let (code, printed) = checked(&["4", "--all", "--server", &serving(3)]);
    assert_eq!(code, Some(1));
    insta::assert_snapshot!("check_all", printed);
}

#[test]
fn check_tells_a_program_the_same() {
    let (code, printed) = checked(&["2", "--json", "--server", &serving(1)]);
    assert_eq!(code, Some(1));
    let report: Value = serde_json::from_str(&printed).expect("JSON, and nothing else");
    assert_eq!((&report["chapter"], &report["holds"]), (&Value::from(2), &Value::from(false)));
    let promises = report["promises"].as_array().expect("promises");
    let states: Vec<&str> =
        promises.iter().map(|promise| promise["state"].as_str().expect("a state")).collect();
    let of_first = probes::all().iter().filter(|probe| probe.chapter == 1).count();
    assert_eq!(states, [vec!["holds"; of_first], vec!["fails"]].concat());
    let first = &promises[of_first];
    assert_eq!((&first["id"], &first["section"]), (&"refuses-no-request".into(), &"4.2.1".into()));
    let explanation = &first["explanation"];
    let part = |name: &str| explanation[name].as_str().unwrap_or_default();
    assert_eq!(part("step"), "hello", "{explanation}");
    assert!(part("expected").starts_with("a refusal: "), "{explanation}");
    assert_eq!(explanation["causes"].as_array().map(Vec::len), Some(1), "{explanation}");
    assert!(part("conversation").contains("hello"), "{explanation}");
}

#[test]
fn check_tells_a_program_also_why_it_cannot_go_on() {
    for server in ["no-such-program", &format!("\"{}\" --nonsense", program(1).display())] {
        let (code, printed) = checked(&["2", "--json", "--server", server]);
        assert_eq!(code, Some(2), "{printed}");
        let report: Value = serde_json::from_str(&printed).expect("JSON, and nothing else");
        assert_eq!(report["holds"], Value::from(false));
        assert!(report["error"].as_str().is_some_and(|error| !error.is_empty()), "{printed}");
    }
}

/// A fault is told once: what cannot be judged because of it is not judged, and says so.
#[test]
#[ignore = "long"]
fn one_fault_is_one_mark() {
    let (code, printed) = checked(&["8", "--all", "--server", &serving(3)]);
    assert_eq!(code, Some(1), "{printed}");
    let broken: Vec<&str> = printed.lines().filter(|line| line.starts_with("✗")).collect();
    // Chapter 03 decodes nothing, echoes nothing, serves no page, and knows nothing of 2010.
    let wanted = [
        "✗ 04 prints what a client says, unmasked",
        "✗ 05 sends a message back as one text frame",
        "✗ 07 answers GET / with a page, on the port of the socket",
        "✗ 08 answers the two keys of 2010 with sixteen bytes",
    ];
    assert_eq!(broken, wanted, "{printed}");
    let judged = "– 05 counts bytes, not characters (not judged: it needs \"sends a message back as one text frame\")";
    assert!(printed.contains(judged), "{printed}");
}

#[test]
#[ignore = "long"]
fn check_is_content_with_a_good_server() {
    let last = usize::from(chapters::last().number);
    let server = format!("{} --app {{app}}", serving(last));
    let (code, printed) = checked(&["--server", &server]);
    assert_eq!(code, Some(0), "{printed}");
    let all = format!("every promise up to chapter {last:02} is kept\n");
    assert!(printed.contains(&all), "{printed}");
}

#[test]
#[ignore = "long"]
fn check_looks_at_a_running_server_too() {
    let server = chapter(chapters::last().number);
    let at = format!("localhost:{}", server.address().port());
    let (code, printed) = checked(&["--attach", &at]);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains("○ 04 prints what a client says, unmasked"), "{printed}");
}

#[test]
#[ignore = "long"]
fn check_says_what_is_wrong_with_a_server_that_does_not_start() {
    let says = |server: &str| says(&["check", "--server", server]);
    assert!(says("no-such-program").contains("cannot be started"));
    let elsewhere = serving_on(5, "127.0.0.1:0");
    let said = says(&elsewhere);
    assert!(said.contains("the server listens on 127.0.0.1:"), "{said}");
    assert!(said.contains("its port is in the variable PORT"), "{said}");
    let other = serving_on(5, "[::1]:{port}");
    match TcpListener::bind("[::1]:0") {
        Ok(_) => {
            let said = says(&other);
            assert!(said.contains("the server listens on [::1]:"), "{said}");
        }
        Err(_) => println!("NOT RUN: this machine has no other loopback address, [::1]"),
    }
    let ends = format!("\"{}\" run 99", env!("CARGO_BIN_EXE_frame-by-frame"));
    assert!(says(&ends).contains("the server ended before it listened"));
}
