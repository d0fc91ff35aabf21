//! A server with a certificate of its own, and clients that speak TLS with it.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use ch00_wire::{Recorder, masked_frame, rfc_request};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::TLS13;
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
};
use stage::Server;

/// How long a test waits for an event before it gives up. No test waits that long to pass.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A client of TLS.
pub type Secret = StreamOwned<ClientConnection, TcpStream>;

/// The program of this chapter, with a certificate made on the spot.
pub struct Lab {
    pub server: Server,
    pub folder: tempfile::TempDir,
}

impl Lab {
    /// Starts it with these arguments.
    pub fn start(arguments: &[&str]) -> Lab {
        let folder = tempfile::tempdir().expect("a folder");
        ch17_secret::self_signed(folder.path()).expect("a certificate");
        let server = serve(&folder, arguments);
        Lab { server, folder }
    }

    /// A connection without anything said.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.server.address()).expect("connected");
        stream.set_read_timeout(Some(PATIENCE)).expect("set");
        stream.set_nodelay(true).expect("set");
        stream
    }

    /// A client that has connected, and speaks one of these versions.
    pub fn client(&self, versions: &[&'static SupportedProtocolVersion]) -> Secret {
        self.client_with(self.config(versions))
    }

    /// A client that offers to speak this by TLS.
    pub fn client_offering(&self, protocol: &str) -> Secret {
        let mut config = self.config(&[&TLS13]);
        config.alpn_protocols = vec![protocol.into()];
        self.client_with(config)
    }

    fn config(&self, versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
        client_config(&self.folder.path().join("certificate.pem"), versions)
    }

    fn client_with(&self, config: ClientConfig) -> Secret {
        let name = ServerName::try_from("localhost").expect("a name");
        let tls = ClientConnection::new(Arc::new(config), name).expect("a client");
        StreamOwned::new(tls, self.connect())
    }

    /// A client whose opening handshake has been answered with 101.
    pub fn member(&self, versions: &[&'static SupportedProtocolVersion]) -> Secret {
        let mut client = self.client(versions);
        client.write_all(&rfc_request()).expect("sent");
        assert!(head(&mut client).starts_with("HTTP/1.1 101 "), "the handshake succeeds");
        client
    }

    /// Waits for a line of the terminal with these words.
    pub fn shows(&self, words: &str) -> String {
        let line = self.server.wait_for(0, PATIENCE, |line| line.contains(words));
        line.unwrap_or_else(|| panic!("no {words:?} in {:#?}", self.server.lines_from(0)))
    }
}

/// Starts the program with the certificate in a folder.
pub fn serve(folder: &tempfile::TempDir, arguments: &[&str]) -> Server {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ch17-secret"));
    command.args(["127.0.0.1:0", "--app", "echo", "--self-signed"]).arg(folder.path());
    command.args(arguments).env("RUST_LOG", "info");
    Server::announced(command, &Recorder::new(), PATIENCE).expect("the server starts")
}

pub fn client_config(
    certificate: &Path,
    versions: &[&'static SupportedProtocolVersion],
) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate).expect("a certificate")).expect("added");
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// Reads a head, up to its empty line.
pub fn head(client: &mut impl Read) -> String {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte).expect("a head");
        head.extend(byte);
    }
    String::from_utf8(head).expect("text")
}

/// Sends a message, and sees it come back.
pub fn is_echoed(client: &mut (impl Read + Write), message: &[u8]) {
    client.write_all(&masked_frame(2, message)).expect("sent");
    hears(client, message);
}

/// Sees a binary message come.
pub fn hears(client: &mut impl Read, message: &[u8]) {
    let mut start = [0; 2];
    client.read_exact(&mut start).expect("a frame");
    assert_eq!(start[0], 0x82, "a binary message");
    let length = match start[1] {
        126 => number::<2>(client),
        127 => number::<8>(client),
        short => usize::from(short),
    };
    let mut payload = vec![0; length];
    client.read_exact(&mut payload).expect("a payload");
    assert!(payload == message, "what was said comes back");
}

fn number<const SIZE: usize>(client: &mut impl Read) -> usize {
    let mut bytes = [0; SIZE];
    client.read_exact(&mut bytes).expect("a length");
    bytes.iter().fold(0, |number, &byte| number << 8 | usize::from(byte))
}
