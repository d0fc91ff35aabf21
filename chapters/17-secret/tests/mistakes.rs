//! Mistakes with a certificate and its key end the program before it listens, with one line that says what to do.

use std::fs;
use std::path::Path;
use std::process::Command;

/// What the program prints that is started with these arguments, and ends.
fn line(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ch17-secret"));
    let output = command.arg("127.0.0.1:0").args(arguments).output().expect("it starts");
    assert!(!output.status.success() && output.stdout.is_empty(), "{output:?}");
    let line = String::from_utf8(output.stderr).expect("text");
    assert_eq!(line.lines().count(), 1, "{line}");
    line
}

fn with(folder: &Path, certificate: &str, key: &str) -> String {
    let [certificate, key] = [certificate, key].map(|name| folder.join(name).display().to_string());
    line(&["--certificate", &certificate, "--key", &key])
}

#[test]
fn each_mistake_has_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let (folder, other) = (folder.path(), folder.path().join("other"));
    ch17_secret::self_signed(folder).expect("a certificate");
    ch17_secret::self_signed(&other).expect("another one");
    fs::write(folder.join("none.pem"), "nothing\n").expect("written");

    assert!(line(&["--certificate", "a.pem"]).contains("--key FILE"));
    assert!(line(&["--key", "a.pem"]).contains("--certificate FILE"));
    let missing = with(folder, "missing.pem", "key.pem");
    assert!(missing.contains("missing.pem") && missing.contains("--self-signed"), "{missing}");
    let empty = with(folder, "none.pem", "key.pem");
    assert!(empty.contains("no certificate in it"), "{empty}");
    let no_key = with(folder, "certificate.pem", "none.pem");
    assert!(no_key.contains("private key"), "{no_key}");
    let foreign = with(folder, "certificate.pem", "other/key.pem");
    assert!(foreign.contains("is not the key of the first certificate"), "{foreign}");
    assert!(line(&["--max-handshakes", "0"]).contains("--max-handshakes"));
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_the_key() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let (_, key) = ch17_secret::self_signed(folder.path()).expect("a certificate");
    let mode = fs::metadata(key).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
