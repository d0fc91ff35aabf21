//! What it takes to look at a server that speaks TLS, which the workshop does not: a certificate for the server, and a
//! tunnel that chapter 17 has.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use ch00_wire::Recorder;
use stage::Server;
use tempfile::TempDir;

use crate::book::course;
use crate::build::build_example;

use super::missed::Failure;
use super::session::Session;

/// Where the tunnel's program is. It is built when it is first needed.
static PROGRAM: LazyLock<Result<PathBuf, String>> = LazyLock::new(|| {
    build_example(&course(), "tunnel", &mut |_| ()).map_err(|error| error.to_string())
});

const NO_TUNNEL: &str =
    "the tunnel cannot be built: `cargo build -p ch17-secret --examples` says why";

/// A certificate, its key, and another pair to put into their place.
pub(super) struct Certificate {
    folder: TempDir,
}

impl Certificate {
    /// Makes both pairs.
    ///
    /// # Errors
    ///
    /// The program that makes them cannot be built, or not be run.
    pub(super) fn new() -> io::Result<Certificate> {
        let program = PROGRAM.as_ref().map_err(|words| io::Error::other(words.clone()))?;
        let folder = tempfile::tempdir()?;
        for name in ["first", "second"] {
            let mut command = Command::new(program);
            command.arg("--self-signed").arg(folder.path().join(name)).stdin(Stdio::null());
            if !command.status()?.success() {
                return Err(io::Error::other("no certificate could be made"));
            }
        }
        Ok(Certificate { folder })
    }

    /// The server's file with its certificate.
    pub(super) fn file(&self) -> PathBuf {
        self.folder.path().join("first/certificate.pem")
    }

    /// The server's file with the key.
    pub(super) fn key(&self) -> PathBuf {
        self.folder.path().join("first/key.pem")
    }

    /// Puts another certificate and its key into the server's files.
    pub(super) fn replace(&self) -> io::Result<()> {
        let second = self.folder.path().join("second");
        put(&second.join("certificate.pem"), &self.file())?;
        put(&second.join("key.pem"), &self.key())
    }

    /// Puts something into the server's file that is no certificate.
    pub(super) fn spoil(&self) -> io::Result<()> {
        fs::write(self.file(), "this is no certificate\n")
    }
}

/// At once, so that nobody reads half a file.
fn put(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

/// A tunnel to the server of a session.
pub(super) struct Tunnel {
    server: Server,
    patience: Duration,
}

impl Tunnel {
    /// Starts one. If it `cuts`, whoever leaves is cut off in the middle of a record.
    pub(super) fn to(session: &Session<'_>, cuts: bool) -> Result<Tunnel, Failure> {
        let program = PROGRAM.as_ref().map_err(|_| Failure::Unseen(NO_TUNNEL))?;
        let mut command = Command::new(program);
        command.arg(session.address().to_string()).args(cuts.then_some("--cut"));
        let patience = session.patience();
        // What crosses between the clients and the tunnel is recorded; the tunnel's own lines are not the server's.
        let server = Server::announced(command, &Recorder::new(), patience)
            .map_err(|_| Failure::Unseen(NO_TUNNEL))?;
        Ok(Tunnel { server, patience })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> std::net::SocketAddr {
        self.server.address()
    }

    /// Waits for a line about its client with this number, from 1, which `is` accepts.
    pub(super) fn says(&self, client: usize, is: impl Fn(&str) -> bool) -> Option<String> {
        let of = format!("client {client}: ");
        let is = |line: &str| line.strip_prefix(&of).is_some_and(&is);
        let line = self.server.wait_for(0, self.patience, is)?;
        line.strip_prefix(&of).map(str::to_owned)
    }

    /// What it has said last.
    pub(super) fn last(&self) -> String {
        self.server.lines_from(1).pop().unwrap_or_default()
    }

    /// The fingerprint of the certificate that was shown to this client.
    pub(super) fn fingerprint(&self, client: usize) -> Option<String> {
        let line = self.says(client, |line| line.contains("certificate "))?;
        line.rsplit(' ').next().map(str::to_owned)
    }
}
