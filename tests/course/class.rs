//! A class: a folder of projects, one table of all.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{copy_folder, course, succeeds, workshop};
use crate::zoo::zoo;

/// A project with the command of a server.
fn serves(class: &Path, name: &str, command: &str) {
    fs::create_dir(class.join(name)).expect("a folder");
    fs::write(class.join(name).join("server.txt"), format!("{command}\n")).expect("written");
}

/// The zoo's server, with a mistake or none.
fn zoo_with(mistake: &str) -> String {
    format!("\"{}\" '{mistake}'", zoo().display())
}

/// Every file of a class, but what cargo has built.
fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry")) {
        let path = entry.path();
        match path.is_dir() {
            true if entry.file_name() == "target" => {}
            true => found.extend(files(&path)),
            false => drop(found.insert(path)),
        }
    }
    found
}

/// What a snapshot keeps of a table: not all words of a compiler or of the zoo, which change with them.
fn steady(text: &str) -> String {
    let mut parts = text.split("<pre>");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |kept, part| {
        let (words, behind) = part.split_once("</pre>").expect("its end");
        assert!(words.lines().count() > 1, "{words}");
        kept + "<pre>(all words)</pre>" + behind
    })
}

#[test]
#[ignore = "long"]
fn a_class_has_one_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let class = folder.path().join("class");
    fs::create_dir(&class).expect("a folder");
    serves(&class, "anna", &zoo_with(""));
    serves(&class, "Ben", &zoo_with("names-by-case"));
    serves(&class, "cleo", &zoo_with("no-such-mistake"));
    fs::create_dir(class.join("dora")).expect("a folder");
    // Emil has written chapter 01, and begun chapter 02.
    let emil = class.join("emil/my-server").display().to_string();
    succeeds(workshop(&["start", &emil]));
    let source = "01-listen/src";
    copy_folder(&course().join("chapters").join(source), &Path::new(&emil).join(source));
    succeeds(workshop(&["start", &emil, "--chapter", "2"]));
    let finn = class.join("finn");
    succeeds(workshop(&["start", &finn.display().to_string()]));
    fs::write(finn.join("01-listen/src/lib.rs"), "fn mine() -> u8 { \"no number\" }")
        .expect("saved");
    let before = files(&class);

    let mut check = workshop(&["check", "2", "--class", "class"]);
    check.args(["--html", "class.html", "--csv", "class.csv"]).current_dir(&folder);
    let output = check.output().expect("the check runs");
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(output.status.code(), Some(1), "{said}");
    insta::assert_snapshot!("text", said);
    for kind in ["html", "csv"] {
        let text = fs::read_to_string(folder.path().join("class").with_extension(kind));
        insta::assert_snapshot!(kind, steady(&text.expect("written")));
    }
    assert_eq!(files(&class), before, "the projects have no other files than before");
}

#[test]
fn a_class_is_refused_in_clear_words() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("anna.txt"), "").expect("written");
    let refused = |arguments: &[&str]| {
        let mut check = workshop(&["check", "1", "--class"]);
        let output = check.args(arguments).current_dir(&folder).output().expect("the check runs");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    assert!(refused(&["."]).contains("give each project a folder of its own"));
    assert!(refused(&["no-such-folder"]).contains("name the folder in which each project"));
    fs::create_dir(folder.path().join("anna")).expect("a folder");
    assert!(refused(&[".", "--csv", "no-such-folder/a.csv"]).contains("name another file"));
    assert!(refused(&[".", "--hint"]).contains("cannot be used with"));
}

/// Whoever has seen enough keeps the rows that are there.
#[cfg(unix)]
#[test]
fn a_class_that_is_interrupted_keeps_its_rows_and_leaves_nothing_behind() {
    use std::process::Stdio;

    use crate::workshop::{end, endless, numbers, send};

    for signal in ["-INT", "-TERM"] {
        let folder = tempfile::tempdir().expect("a folder");
        let (server, files) = endless(folder.path());
        let class = folder.path().join("class");
        fs::create_dir_all(class.join("anna")).expect("a folder");
        serves(&class, "ben", &server);
        serves(&class, "cleo", &server);
        let mut check = workshop(&["check", "1", "--class", "class", "--csv", "class.csv"]);
        check.current_dir(&folder).stdout(Stdio::piped()).stderr(Stdio::piped());
        let check = check.spawn().expect("the check runs");
        let processes = numbers(&files);
        send(signal, &check.id().to_string());
        let output = check.wait_with_output().expect("it ends");
        end(&processes);
        let (said, why) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(2), "{said}{why}");
        assert!(why.contains("interrupted: the table has 1 of 3 projects"), "{why}");
        let csv = fs::read_to_string(folder.path().join("class.csv")).expect("a table");
        for table in [&*said, &*csv] {
            assert!(table.contains("anna") && !table.contains("ben"), "{table}");
        }
    }
}
