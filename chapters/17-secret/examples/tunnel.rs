//! A tunnel into TLS, for programs that do not speak it: it listens for plain connections, and leads each of them
//! to a server by a TLS connection of its own. It takes any certificate, and says in its terminal what was agreed
//! on and how the connection ended. The checker looks through it, and so does the Autobahn test suite.
//!
//! `cargo run -p ch17-secret --example tunnel -- 127.0.0.1:4000`

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use clap::Parser;
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme};

/// Leads plain connections to a server by TLS.
#[derive(Parser)]
struct Settings {
    /// Where the server listens
    server: Option<SocketAddr>,
    /// Where to listen for plain connections
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Whoever leaves is cut off in the middle of a record, without close_notify
    #[arg(long)]
    cut: bool,
    /// Only make a certificate for this computer in this folder, and its key
    #[arg(long, value_name = "FOLDER")]
    self_signed: Option<PathBuf>,
}

fn main() -> ExitCode {
    let settings = Settings::parse();
    let done = match (settings.server, settings.self_signed) {
        (None, Some(folder)) => ch17_secret::self_signed(&folder).map(drop),
        (Some(server), None) => listen(server, settings.listen, settings.cut),
        _ => Err("name the server, like 127.0.0.1:4000".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(line) => {
            eprintln!("{line}");
            ExitCode::FAILURE
        }
    }
}

fn listen(server: SocketAddr, at: SocketAddr, cut: bool) -> Result<(), String> {
    let listener = TcpListener::bind(at).map_err(|error| format!("{at}: {error}"))?;
    let at = listener.local_addr().map_err(|error| error.to_string())?;
    let config = Arc::new(config().map_err(|error| error.to_string())?);
    println!("listening on ws://{at}");
    for (number, plain) in (1..).zip(listener.incoming()) {
        let config = Arc::clone(&config);
        thread::spawn(move || {
            let lead = || lead(number, plain?, server, config, cut);
            if let Err(error) = lead() {
                println!("client {number}: {error}");
            }
        });
    }
    Ok(())
}

/// Leads one client to the server and back, until both have said their last word.
fn lead(
    number: usize,
    plain: TcpStream,
    server: SocketAddr,
    config: Arc<ClientConfig>,
    cut: bool,
) -> io::Result<()> {
    let refuse = |error: io::Error| {
        reset(&plain);
        io::Error::new(error.kind(), format!("no TLS with the server: {error}"))
    };
    plain.set_nodelay(true)?;
    let secret = TcpStream::connect(server).map_err(refuse)?;
    secret.set_nodelay(true)?;
    let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
    let mut tls = ClientConnection::new(config, name).map_err(io::Error::other)?;
    tls.complete_io(&mut &secret).map_err(refuse)?;
    println!("client {number}: {}", agreed(&tls));
    let tls = Mutex::new(tls);
    thread::scope(|scope| {
        scope.spawn(|| send(&plain, &secret, &tls, cut));
        println!("client {number}: {}", receive(&secret, &plain, &tls));
    });
    Ok(())
}

/// What the two have agreed on: version, cipher, protocol, and the fingerprint of the certificate.
fn agreed(tls: &ClientConnection) -> String {
    let version = tls.protocol_version().and_then(|version| version.as_str()).unwrap_or("?");
    let cipher = tls.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str());
    let protocol = tls.alpn_protocol().map(String::from_utf8_lossy).unwrap_or("no protocol".into());
    let sha256 = ring::cipher_suite::TLS13_AES_128_GCM_SHA256.tls13();
    let certificate = tls.peer_certificates().and_then(|chain| chain.first());
    let fingerprint = match (sha256, certificate) {
        (Some(suite), Some(certificate)) => {
            let digest = suite.common.hash_provider.hash(certificate);
            digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
        }
        _ => String::new(),
    };
    format!("{version}, {}, {protocol}, certificate {fingerprint}", cipher.unwrap_or("?"))
}

/// From the client to the server. The only one who writes to the server: records have an order.
fn send(mut plain: &TcpStream, mut secret: &TcpStream, tls: &Mutex<ClientConnection>, cut: bool) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = plain.read(&mut buffer);
        let mut records = Vec::new();
        let mut tls = lock(tls);
        match read {
            Ok(0) if cut => drop(tls.writer().write_all(b"a record that is cut off")),
            Ok(0) => tls.send_close_notify(),
            Ok(count) => drop(tls.writer().write_all(&buffer[..count])),
            // It has left as a process does that is killed.
            Err(_) => return reset(secret),
        }
        // A list takes everything.
        while tls.wants_write() && tls.write_tls(&mut records).is_ok() {}
        drop(tls);
        let is_last = matches!(read, Ok(0));
        let whole = if is_last && cut { records.len() / 2 } else { records.len() };
        if secret.write_all(&records[..whole]).is_err() || is_last {
            // If the server is gone, the other thread says so.
            return drop(secret.shutdown(Shutdown::Write));
        }
    }
}

/// From the server to the client. Says how it ended.
fn receive(mut secret: &TcpStream, mut plain: &TcpStream, tls: &Mutex<ClientConnection>) -> String {
    let mut buffer = vec![0; 16 * 1024];
    let mut said_goodbye = false;
    loop {
        let count = match secret.read(&mut buffer) {
            Ok(0) if said_goodbye => return "the server ends TLS, and then TCP".to_owned(),
            Ok(0) => {
                reset(plain);
                return "the server ends TCP without close_notify".to_owned();
            }
            Ok(count) => count,
            Err(error) if said_goodbye => return format!("the server ends TLS, and then: {error}"),
            Err(error) => {
                reset(plain);
                return format!("the server ends the connection: {error}");
            }
        };
        let (message, ended) = match decrypt(&mut lock(tls), &buffer[..count]) {
            Ok(decrypted) => decrypted,
            Err(error) => {
                reset(plain);
                return format!("the server breaks TLS: {error}");
            }
        };
        // A client that is gone needs nothing more, but the server may still say how it ends.
        let _ = plain.write_all(&message);
        if ended && !said_goodbye {
            said_goodbye = true;
            let _ = plain.shutdown(Shutdown::Write);
        }
    }
}

/// What these bytes of the server say, and whether it has said close_notify.
fn decrypt(tls: &mut ClientConnection, mut bytes: &[u8]) -> io::Result<(Vec<u8>, bool)> {
    let (mut message, mut ended) = (Vec::new(), false);
    while !bytes.is_empty() && !ended {
        tls.read_tls(&mut bytes)?;
        let state = tls.process_new_packets().map_err(io::Error::other)?;
        let start = message.len();
        message.resize(start + state.plaintext_bytes_to_read(), 0);
        tls.reader().read_exact(&mut message[start..])?;
        ended = state.peer_has_closed();
    }
    Ok((message, ended))
}

fn lock(tls: &Mutex<ClientConnection>) -> MutexGuard<'_, ClientConnection> {
    tls.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has a connection end so that the other side cannot take it for a good end, and whoever reads from it stop.
fn reset(stream: &TcpStream) {
    // Without it the connection still ends.
    let _ = socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO));
    let _ = stream.shutdown(Shutdown::Read);
}

fn config() -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // Whoever resumes a session is shown no certificate.
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// Takes any certificate: a tunnel that is used for tests does not ask who the server is.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
