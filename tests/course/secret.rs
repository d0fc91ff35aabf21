//! Real clients of chapter 17, by `wss:`: npm ws, Python websockets, Chromium, Firefox, and openssl, which also asks for
//! what a server must not do.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use ch00_wire::Recorder;
use frame_by_frame::chapters::announced;
use stage::Server;
use tempfile::TempDir;

use crate::common::{self, PATIENCE, node, plays, program, python};

/// One line for each message of an echo.
const MESSAGES: usize = 9;

/// The server, with a certificate that was made for it.
struct Lab {
    server: Server,
    folder: TempDir,
}

impl Lab {
    fn start(app: &str) -> Lab {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = announced(program(17), Some(app));
        command.arg("--self-signed").arg(folder.path());
        let server = Server::announced(command, &Recorder::new(), PATIENCE).expect("it starts");
        Lab { server, folder }
    }

    fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    fn address(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.server.address())
    }

    /// What `openssl s_client` prints, on both outputs, when it says this to the server.
    fn openssl(&self, arguments: &[&str], says: &str) -> String {
        let mut command = Command::new("openssl");
        command.args(["s_client", "-connect", &self.server.address().to_string(), "-CAfile"]);
        command.arg(self.certificate()).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("openssl starts");
        let mut input = child.stdin.take().expect("its input");
        // If it has ended already, it has said why.
        let _ = input.write_all(says.as_bytes());
        drop(input);
        let output = child.wait_with_output().expect("its end");
        [output.stdout, output.stderr]
            .map(|text| String::from_utf8_lossy(&text).into_owned())
            .concat()
    }
}

fn backs(printed: &str) -> usize {
    printed.lines().filter(|line| line.ends_with(": back")).count()
}

#[test]
fn npm_ws_and_python_hear_every_echo() {
    let lab = Lab::start("echo");
    if let Some(mut node) = node("npm ws against chapter 17") {
        node.env("NODE_EXTRA_CA_CERTS", lab.certificate());
        assert_eq!(backs(&plays(node, "echo-ws.mjs", &[lab.address("wss")])), MESSAGES);
    }
    if let Some(mut python) = python("Python websockets against chapter 17") {
        python.env("SSL_CERT_FILE", lab.certificate());
        assert_eq!(backs(&plays(python, "echo_websockets.py", &[lab.address("wss")])), MESSAGES);
    }
}

#[test]
#[ignore = "long"]
fn browsers_talk_in_the_room_when_they_trust_the_certificate() {
    for browser in [common::browser, common::second_browser] {
        let Some(browser) = browser("a browser against chapter 17") else { continue };
        let lab = Lab::start("room");
        let certificate = lab.certificate().display().to_string();
        let printed = plays(browser, "secret-browser.mjs", &[lab.address("https"), certificate]);
        assert!(printed.starts_with("not trusted: no page\nhears "), "{printed}");
        assert!(printed.ends_with("Li Jing\nsecure: true\n"), "{printed}");
    }
}

#[test]
fn openssl_gets_what_is_secure_and_nothing_else() {
    let Some(_) = common::openssl("openssl against chapter 17") else { return };
    let lab = Lab::start("echo");
    for (version, name) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
        let printed = lab.openssl(&[version, "-alpn", "http/1.1"], "");
        for wanted in [
            &format!("New, {name}, Cipher is "),
            "Verification: OK",
            "Compression: NONE",
            "ALPN protocol: http/1.1",
        ] {
            assert!(printed.contains(wanted), "no {wanted:?}: {printed}");
        }
    }
    for version in ["-tls1", "-tls1_1"] {
        // Its own library has to be willing, or nothing is sent.
        let printed = lab.openssl(&[version, "-cipher", "ALL:@SECLEVEL=0"], "");
        assert!(printed.contains("Cipher is (NONE)"), "{printed}");
        assert!(printed.contains("SSL alert number"), "{printed}");
    }
    for cipher in ["RC4", "3DES", "aNULL", "eNULL", "kRSA", "CBC", "SHA1"] {
        let cipher = format!("{cipher}:@SECLEVEL=0");
        let printed = lab.openssl(&["-tls1_2", "-cipher", &cipher], "");
        assert!(!printed.contains("New, TLSv1.2, Cipher is ECDHE"), "{cipher}: {printed}");
    }
    let printed = lab.openssl(&["-tls1_2"], "R\n");
    assert!(printed.contains("RENEGOTIATING"), "{printed}");
    assert!(printed.contains("no renegotiation"), "{printed}");
}

/// A client that comes back need not do the whole handshake again.
#[test]
fn openssl_resumes_a_session() {
    let Some(_) = common::openssl("a session of openssl, resumed") else { return };
    let lab = Lab::start("echo");
    let kept = lab.folder.path().join("session.pem").display().to_string();
    // The tickets of TLS 1.3 come after the handshake: the answer to a request comes behind them.
    let request = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for version in ["-tls1_2", "-tls1_3"] {
        let first = lab.openssl(&[version, "-ign_eof", "-sess_out", &kept], request);
        assert!(first.contains("New, TLSv1"), "{version}: {first}");
        let second = lab.openssl(&[version, "-ign_eof", "-sess_in", &kept], request);
        assert!(second.contains("Reused, TLSv1"), "{version}: {second}");
    }
}
