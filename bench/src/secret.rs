//! TLS: one certificate for all servers, and clients that trust it.

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore};

/// The name in the certificate.
const NAME: &str = "localhost";

/// Where a certificate and its key are.
pub struct Files {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Files {
    /// Those in this folder.
    pub fn within(folder: &Path) -> Self {
        Files { certificate: folder.join("certificate.pem"), key: folder.join("key.pem") }
    }
}

/// What a client needs to trust the servers.
#[derive(Clone)]
pub struct Trust(Arc<ClientConfig>);

impl Trust {
    /// Makes a certificate, writes it into this folder, and trusts it.
    pub fn make(folder: &Path) -> Result<Self> {
        let made = rcgen::generate_simple_self_signed([NAME.to_owned()])?;
        let files = Files::within(folder);
        fs::create_dir_all(folder)?;
        fs::write(&files.certificate, made.cert.pem())?;
        fs::write(&files.key, made.signing_key.serialize_pem())?;
        let mut trusted = RootCertStore::empty();
        trusted.add(made.cert.der().clone())?;
        let config =
            ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()?
                .with_root_certificates(trusted)
                .with_no_client_auth();
        Ok(Trust(Arc::new(config)))
    }

    fn connection(&self) -> Result<ClientConnection> {
        Ok(ClientConnection::new(Arc::clone(&self.0), ServerName::try_from(NAME)?)?)
    }
}

/// A socket, and TLS over it if it is secret. What the system does not take now is kept.
pub struct Wire<S> {
    pub socket: S,
    secret: Option<Box<ClientConnection>>,
}

impl<S> Wire<S> {
    /// Over this socket, secret if there is something to trust.
    pub fn new(socket: S, trust: Option<&Trust>) -> Result<Self> {
        let secret = trust.map(Trust::connection).transpose()?.map(Box::new);
        Ok(Wire { socket, secret })
    }

    /// The same over another form of the socket.
    pub fn map<T>(self, change: impl FnOnce(S) -> T) -> Wire<T> {
        Wire { socket: change(self.socket), secret: self.secret }
    }

    /// Whether a read that brings less than there is room for has brought all.
    pub fn is_emptied_by_short_reads(&self) -> bool {
        self.secret.is_none()
    }
}

impl<S: Read + Write> Read for Wire<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.flush()?;
        let Some(secret) = &mut self.secret else { return self.socket.read(buffer) };
        loop {
            match secret.reader().read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                done => return done,
            }
            if secret.read_tls(&mut self.socket)? == 0 {
                return Ok(0);
            }
            secret.process_new_packets().map_err(io::Error::other)?;
            // The handshake has answers.
            send(secret, &mut self.socket)?;
        }
    }
}

impl<S: Read + Write> Write for Wire<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.flush()?;
        let Some(secret) = &mut self.secret else { return self.socket.write(bytes) };
        if secret.wants_write() {
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = secret.writer().write(bytes)?;
        send(secret, &mut self.socket)?;
        Ok(count)
    }

    /// Sends what is kept, as far as the system takes it now.
    fn flush(&mut self) -> io::Result<()> {
        match &mut self.secret {
            Some(secret) => send(secret, &mut self.socket),
            None => Ok(()),
        }
    }
}

fn send(secret: &mut ClientConnection, socket: &mut impl Write) -> io::Result<()> {
    while secret.wants_write() {
        match secret.write_tls(socket) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use rustls::{ServerConfig, ServerConnection, StreamOwned};

    use super::*;

    /// Sends back what comes, as it comes, on one connection.
    fn echo(listener: &TcpListener, files: &Files) {
        let certificate = CertificateDer::from_pem_file(&files.certificate).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(&files.key).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider);
        let config = config.with_safe_default_protocol_versions().expect("versions");
        let config = config.with_no_client_auth().with_single_cert(vec![certificate], key);
        let secret = ServerConnection::new(Arc::new(config.expect("they fit"))).expect("one");
        let (socket, _) = listener.accept().expect("a client");
        let (mut stream, mut buffer) = (StreamOwned::new(secret, socket), [0; 4096]);
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            stream.write_all(&buffer[..count]).expect("it listens");
        }
    }

    /// More than all buffers on the way hold, and a socket that is never waited for.
    #[test]
    fn what_is_said_is_heard() {
        let folder = std::env::temp_dir().join(format!("secret-{}", std::process::id()));
        let trust = Trust::make(&folder).expect("a certificate");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let files = Files::within(&folder);
        let server = thread::spawn(move || echo(&listener, &files));
        let socket = TcpStream::connect(address).expect("it listens");
        socket.set_nonblocking(true).expect("it can be");
        let mut wire = Wire::new(socket, Some(&trust)).expect("a connection");
        let said: Vec<u8> = (0..8_000_000_u32).map(|number| (number % 251) as u8).collect();
        let (mut sent, mut heard, mut buffer) = (0, Vec::new(), vec![0; 64 * 1024]);
        let waits = |error: &io::Error| error.kind() == ErrorKind::WouldBlock;
        while heard.len() < said.len() {
            match wire.write(&said[sent..]) {
                Ok(count) => sent += count,
                Err(error) => assert!(waits(&error), "{error}"),
            }
            match wire.read(&mut buffer) {
                Ok(0) => panic!("it closes the connection"),
                Ok(count) => heard.extend_from_slice(&buffer[..count]),
                Err(error) => assert!(waits(&error), "{error}"),
            }
        }
        assert!(heard == said, "other bytes came back");
        drop(wire);
        server.join().expect("it ends");
        fs::remove_dir_all(folder).expect("it is there");
    }
}
