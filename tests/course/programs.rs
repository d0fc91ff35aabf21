//! Programs that cargo builds when they are needed, and that the workshop becomes.

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::common::{PATIENCE, workshop};
use ch00_wire::Recorder;
use frame_by_frame::build::{BuildError, build};
use stage::Server;
use tempfile::TempDir;

/// A workspace of one package, with this configuration of cargo.
fn workspace(main: &str, configuration: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |file: &str, text: &str| {
        let file = folder.path().join(file);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(file, text).expect("written");
    };
    write(
        "Cargo.toml",
        "[package]\nname = \"ch05-reply\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n",
    );
    write("src/main.rs", main);
    write(".cargo/config.toml", configuration);
    folder
}

fn prints(program: &Path) -> String {
    let Output { stdout, .. } = std::process::Command::new(program).output().expect("it runs");
    String::from_utf8(stdout).expect("UTF-8")
}

#[test]
fn a_program_is_found_wherever_cargo_puts_it() {
    let here = |configuration: &str| {
        let folder = workspace("fn main() { print!(\"mine\") }", configuration);
        let program = build(folder.path(), "ch05-reply", false).expect("it compiles");
        assert_eq!(prints(&program), "mine", "{configuration}");
        let below = program.strip_prefix(folder.path()).expect("in the project").to_owned();
        below.parent().expect("a folder").to_owned()
    };
    assert_eq!(here(""), Path::new("target/debug"));
    assert_eq!(here("[build]\ntarget-dir = \"elsewhere\""), Path::new("elsewhere/debug"));
    let host = host();
    let for_host = format!("[build]\ntarget = \"{host}\"");
    assert_eq!(here(&for_host), Path::new("target").join(host).join("debug"));
}

/// The name of this machine's kind.
fn host() -> String {
    let rustc = std::process::Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let said = String::from_utf8(rustc.stdout).expect("UTF-8");
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("rustc says it").to_owned()
}

#[test]
fn what_does_not_compile_gives_the_compilers_words_and_nothing_else() {
    let folder = workspace("fn main() { oops }", "");
    match build(folder.path(), "ch05-reply", false) {
        Err(BuildError::Fails(words)) => {
            assert!(words.starts_with("error[E0425]: cannot find value `oops`"), "{words}");
            assert!(words.contains("src/main.rs:1:13") || words.contains(r"src\main.rs:1:13"));
            assert!(!words.contains("Compiling"), "{words}");
        }
        other => panic!("{other:?}"),
    }
    let none = build(folder.path(), "ch99-none", false).expect_err("there is no such package");
    assert!(none.to_string().contains("ch99-none"), "{none}");
}

#[test]
fn run_passes_on_what_it_is_told_and_what_comes_of_it() {
    let refused = workshop(&["run", "5", "nonsense"]).output().expect("the workshop runs");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("\"nonsense\" is not an address"), "{said}");
    assert_eq!(refused.status.code(), Some(1));
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_server_that_runs() {
    use std::os::unix::process::ExitStatusExt;
    crate::common::programs();
    let run = workshop(&["run", "5", "127.0.0.1:0"]);
    let server = Server::announced(run, &Recorder::new(), PATIENCE).expect("it listens");
    let kill = std::process::Command::new("kill").args(["-INT", &server.id().to_string()]).status();
    assert_eq!(kill.expect("kill runs").into_raw(), 0);
    assert!(server.wait_for_end(PATIENCE), "it goes on");
}
