//! The student's path in Rust: start, see what is to be written, write it, check, start the next chapter.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Output, Stdio};

use frame_by_frame::chapters::{self, CHAPTERS};

use crate::common::{copy_folder, course, workshop};

/// Runs the workshop in `folder`: its exit code, and what it printed.
fn says(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let Output { status, stdout, stderr } =
        workshop(arguments).current_dir(folder).output().expect("the workshop runs");
    let printed =
        format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    let printed = printed.replace('\\', "/").replace(&folder.display().to_string(), "FOLDER");
    (status.code().expect("an exit code"), printed)
}

/// Without the promises that hold, and the bar that counts them: a server that ends at once may do so
/// before or after it is reached.
fn without_promises(printed: &str) -> String {
    let lines = printed.lines().filter(|line| !line.starts_with(['●', '█', '░']));
    let lines: Vec<&str> = lines.collect();
    lines.join("\n")
}

/// Runs what has to succeed; what it printed.
fn done(folder: &Path, arguments: &[&str]) -> String {
    let (code, printed) = says(folder, arguments);
    assert_eq!(code, 0, "{arguments:?}:\n{printed}");
    printed
}

/// Writes what a chapter asks for: the student's files become the course's.
fn write(project: &Path, slug: &str) {
    copy_folder(&course().join("chapters").join(slug).join("src"), &project.join(slug).join("src"));
}

#[test]
#[ignore = "long"]
fn each_chapter_is_begun_and_written_and_holds() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = folder.path().join("my-server");
    let mut story = String::new();
    for chapter in CHAPTERS {
        let number = chapter.number.to_string();
        let started = done(folder.path(), &["start", "--chapter", &number]);
        let (code, unwritten) = says(folder.path(), &["check"]);
        assert_eq!(code, 1, "an untouched chapter {number} must not pass:\n{unwritten}");
        assert!(unwritten.contains("not written yet"), "{unwritten}");
        let unwritten = without_promises(&unwritten);
        story.push_str(&format!("$ start --chapter {number}\n{started}$ check\n{unwritten}\n\n"));
        write(&project, chapter.slug);
        if [1, 5, chapters::last().number].contains(&chapter.number) || chapter.client {
            let holds = done(folder.path(), &["check"]);
            story.push_str(&format!("$ check\n{}\n\n", without_promises(&holds)));
        }
    }
    insta::assert_snapshot!("path", story);
}

/// What a reader sees, without the conversation, whose lines come in an order of their own.
fn without_conversation(printed: &str) -> String {
    let mut out = String::new();
    let mut is_talking = false;
    for line in printed.lines() {
        is_talking = line.starts_with("✗ chapter") || is_talking && !line.starts_with("  expected");
        if !is_talking || line.starts_with('✗') {
            out.push_str(&format!("{line}\n"));
        }
        if line.starts_with("✗ chapter") {
            out.push_str("\n  (the conversation)\n\n");
        }
    }
    out
}

#[test]
fn a_first_half_hour() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = folder.path().join("my-server/01-listen/src/lib.rs");
    let mut story = String::new();
    let mut does = |code: i32, arguments: &[&str]| {
        let (came, printed) = says(folder.path(), arguments);
        assert_eq!(came, code, "{printed}");
        let printed = without_conversation(&printed);
        story.push_str(&format!("$ cargo run -- {}\n{printed}\n", arguments.join(" ")));
    };
    does(0, &["start"]);
    does(1, &["check"]);
    does(1, &["check", "--hint"]);

    // It reads what a client says, and keeps it for itself.
    write(&folder.path().join("my-server"), "01-listen");
    let right = fs::read_to_string(&source).expect("the file");
    let wrong = right.replace("show(format!(\"  {line}\"));", "let _ = line;");
    assert_ne!(wrong, right);
    fs::write(&source, wrong).expect("the file is saved");
    does(1, &["check"]);
    does(1, &["check", "--hint"]);
    does(1, &["check", "--hint"]);
    does(1, &["check", "--hint"]);

    fs::write(&source, right).expect("the file is saved");
    does(0, &["check"]);
    does(0, &["start", "--chapter", "2"]);
    insta::assert_snapshot!("half_hour", story);
}

#[test]
#[ignore = "long"]
fn what_held_before_is_named_and_the_last_hint_opens_the_solution() {
    let folder = tempfile::tempdir().expect("a folder");
    done(folder.path(), &["start", "late"]);
    write(&folder.path().join("late"), "01-listen");
    done(folder.path(), &["check", "--own", "late"]);
    let source = folder.path().join("late/01-listen/src/lib.rs");
    let right = fs::read_to_string(&source).expect("the file");
    fs::write(&source, right.replace("show(format!(\"  {line}\"));", "let _ = line;"))
        .expect("saved");
    let (_, printed) = says(folder.path(), &["check", "--own", "late"]);
    assert!(printed.contains("it was kept in an earlier check"), "{printed}");
    assert!(printed.contains("cargo run -- check --own late --hint   (0 of 3 seen)"), "{printed}");
    for _ in 0..3 {
        let (_, printed) = says(folder.path(), &["check", "--own", "late", "--solution"]);
        assert!(!printed.contains("+        show(format!"), "{printed}");
        says(folder.path(), &["check", "--own", "late", "--hint"]);
    }
    let (code, printed) = says(folder.path(), &["check", "--own", "late", "--solution"]);
    assert_eq!(code, 1, "{printed}");
    assert!(printed.contains("+        show(format!"), "{printed}");
}

#[test]
#[ignore = "long"]
fn whoever_missed_a_lesson_joins_at_any_chapter() {
    let folder = tempfile::tempdir().expect("a folder");
    done(folder.path(), &["start", "late", "--chapter", "3"]);
    assert!(!folder.path().join("late/02-key").exists(), "02 is the course's, and not copied");
    write(&folder.path().join("late"), "03-accept");
    done(folder.path(), &["check", "--own", "late"]);
    // Chapter 04 is left out, and comes whole.
    done(folder.path(), &["start", "late", "--chapter", "5"]);
    done(folder.path(), &["check", "4", "--own", "late"]);
}

#[test]
fn nothing_that_is_there_is_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let other = folder.path().join("other");
    fs::create_dir(&other).expect("a folder");
    fs::write(other.join("letter.txt"), "dear").expect("a file");
    let mut story = String::new();
    let mut refused = |arguments: &[&str]| {
        let (code, printed) = says(folder.path(), arguments);
        assert_eq!(code, 2, "{printed}");
        story.push_str(&format!("$ {}\n{printed}\n", arguments.join(" ")));
    };
    refused(&["check"]);
    refused(&["start", "other"]);
    refused(&["start", "--chapter", "99"]);
    assert_eq!(fs::read_dir(&other).expect("a folder").count(), 1);

    done(folder.path(), &["start", "--chapter", "2"]);
    let source = folder.path().join("my-server/02-key/src/lib.rs");
    fs::write(&source, "fn mine() -> u8 { \"no number\" }").expect("a file");
    refused(&["start", "--chapter", "2"]);
    refused(&["start", "--chapter", "1"]);
    refused(&["check", "4"]);
    refused(&["check", "1"]);
    assert_eq!(fs::read_to_string(&source).expect("the file"), "fn mine() -> u8 { \"no number\" }");
    let (code, printed) = says(folder.path(), &["check"]);
    assert_eq!(code, 2, "{printed}");
    assert!(printed.contains("your server does not compile"), "{printed}");
    insta::assert_snapshot!("refused", story);
}

#[test]
#[ignore = "long"]
fn watch_checks_again_when_a_file_is_saved() {
    let folder = tempfile::tempdir().expect("a folder");
    done(folder.path(), &["start"]);
    let mut watch = workshop(&["check", "--watch"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the workshop runs");
    let mut lines = BufReader::new(watch.stdout.take().expect("its lines")).lines();
    let mut until = |words: &str| {
        let found = lines.find(|line| line.as_ref().is_ok_and(|line| line.contains(words)));
        assert!(found.is_some(), "it ended before it said {words}");
    };
    let mut keys = watch.stdin.take().expect("its keys");
    until("not written yet");
    until("press Enter");
    writeln!(keys, "h").expect("a key");
    until("hint 1");
    until("press Enter");
    write(&folder.path().join("my-server"), "01-listen");
    until("every promise up to chapter 01 is kept");
    until("press Enter");
    writeln!(keys, "l").expect("a key");
    until("01 Listen ");
    until("press Enter");
    writeln!(keys, "q").expect("a key");
    assert!(watch.wait().expect("it ends").success());
}

#[test]
#[ignore = "long"]
fn a_long_question_is_shown_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    done(folder.path(), &["start"]);
    let source = folder.path().join("my-server/01-listen/src/lib.rs");
    let skeleton = fs::read_to_string(&source).expect("the file");
    let written = skeleton.replace(
        "todo!(\"Which four calls make a socket that listens on this address?\")",
        "let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        Ok(socket)",
    );
    fs::write(&source, written).expect("the file is saved");
    let (code, printed) = says(folder.path(), &["check"]);
    assert_eq!(code, 1, "{printed}");
    let question =
        "How does one client come after another, for ever, whatever goes wrong with one?\n";
    assert!(printed.contains(question), "{printed}");
}

#[test]
#[ignore = "long"]
fn a_socket_that_does_not_listen_is_told_what_it_lacks() {
    let folder = tempfile::tempdir().expect("a folder");
    done(folder.path(), &["start"]);
    write(&folder.path().join("my-server"), "01-listen");
    let source = folder.path().join("my-server/01-listen/src/lib.rs");
    let right = fs::read_to_string(&source).expect("the file");
    let wrong = right.replace("socket.listen(BACKLOG)?;", "");
    assert_ne!(wrong, right);
    fs::write(&source, wrong).expect("the file is saved");
    let (code, printed) = says(folder.path(), &["check"]);
    assert_eq!(code, 2, "{printed}");
    assert!(printed.contains("has it called listen, and not only bind?"), "{printed}");
}

#[test]
#[ignore = "long"]
fn the_solution_is_shown_once_the_promises_hold() {
    let folder = tempfile::tempdir().expect("a folder");
    done(folder.path(), &["start"]);
    let (code, printed) = says(folder.path(), &["check", "--solution"]);
    assert_eq!(code, 1, "{printed}");
    assert!(!printed.contains("set_reuse_address"), "{printed}");

    write(&folder.path().join("my-server"), "01-listen");
    let source = folder.path().join("my-server/01-listen/src/lib.rs");
    let mine = fs::read_to_string(&source)
        .expect("the file")
        .replace("BACKLOG: i32 = 128", "BACKLOG: i32 = 64");
    fs::write(&source, mine).expect("the file is saved");
    let printed = done(folder.path(), &["check", "--solution"]);
    assert!(printed.contains("-const BACKLOG: i32 = 64;\n+const BACKLOG: i32 = 128;"), "{printed}");
}

#[test]
#[ignore = "long"]
fn a_question_that_no_promise_came_to_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    done(folder.path(), &["start"]);
    write(&folder.path().join("my-server"), "01-listen");
    let source = folder.path().join("my-server/01-listen/src/lib.rs");
    let mut mine = fs::read_to_string(&source).expect("the file");
    let line = mine.lines().count() + 2;
    mine += "pub fn later() {\n    todo!(\"What comes later?\")\n}\n";
    fs::write(&source, mine).expect("the file is saved");
    let printed = done(folder.path(), &["check"]);
    let named =
        format!("not written yet, and no promise came there: 01-listen/src/lib.rs:{line}\n");
    assert!(printed.contains(&named), "{printed}");
}

/// The kind of machine that this one is, as Rust calls it.
fn host() -> String {
    let version = std::process::Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let version = String::from_utf8(version.stdout).expect("UTF-8");
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("it says which").to_owned()
}

/// Cargo may put the program in several places. The one that was built last is checked, and never an older one
/// that lies where the program usually does.
#[test]
#[ignore = "long"]
fn what_cargo_has_built_is_checked_wherever_cargo_puts_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("mon dossier é 李");
    fs::create_dir(&place).expect("a folder");
    done(&place, &["start"]);
    let project = place.join("my-server");
    write(&project, "01-listen");
    let source = project.join("01-listen/src/lib.rs");
    let right = fs::read_to_string(&source).expect("the file");
    let wrong = right.replace("show(format!(\"  {line}\"));", "let _ = line;");
    assert_ne!(wrong, right);

    let checked = |source_now: &str, variables: &[(&str, &str)]| {
        fs::write(&source, source_now).expect("saved");
        let mut check = workshop(&["check"]);
        check.envs(variables.iter().copied()).current_dir(&place);
        let Output { status, stdout, stderr } = check.output().expect("the workshop runs");
        let printed = [stdout, stderr].concat();
        (status.code(), String::from_utf8_lossy(&printed).into_owned())
    };
    let holds = |variables: &[(&str, &str)]| {
        let (code, printed) = checked(&right, variables);
        assert_eq!(code, Some(0), "{variables:?}: {printed}");
    };
    let fails = |variables: &[(&str, &str)]| {
        let (code, printed) = checked(&wrong, variables);
        assert_eq!(code, Some(1), "{variables:?}: {printed}");
    };
    let host = host();
    holds(&[]);
    fails(&[("CARGO_BUILD_TARGET", &host)]);
    let elsewhere = folder.path().join("elsewhere");
    holds(&[("CARGO_TARGET_DIR", elsewhere.to_str().expect("UTF-8"))]);

    let configuration = format!("[build]\ntarget = \"{host}\"\ntarget-dir = \"built here\"\n");
    fs::create_dir(project.join(".cargo")).expect("a folder");
    fs::write(project.join(".cargo/config.toml"), configuration).expect("written");
    fails(&[]);
    holds(&[]);
    assert!(project.join("built here").join(host).is_dir(), "cargo obeys its configuration");
}
