//! The way to a server: TCP, and TLS over it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use crate::Address;

// ANCHOR: connect
/// Connects to the first of a name's addresses that takes us.
fn reach(address: &Address, patience: Duration) -> io::Result<TcpStream> {
    // YOURS: What if the first address of a name does not answer?
    let end = Instant::now() + patience;
    let mut error = io::Error::new(ErrorKind::NotFound, "the name has no address");
    for at in (address.host.as_str(), address.port).to_socket_addrs()? {
        let left = end.saturating_duration_since(Instant::now());
        // A time of zero is an error of its own.
        match TcpStream::connect_timeout(&at, left.max(Duration::from_millis(1))) {
            Ok(socket) => return Ok(socket),
            Err(why) => error = io::Error::new(why.kind(), format!("{at}: {why}")),
        }
    }
    Err(error)
    // YOURS_END
}
// ANCHOR_END: connect

// ANCHOR: trust
/// Whom a client of `wss:` trusts: those in a file, or those that the system trusts.
pub fn trust(file: Option<&Path>) -> io::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    match file {
        Some(file) => {
            for certificate in CertificateDer::pem_file_iter(file).map_err(io::Error::other)? {
                let certificate = certificate.map_err(io::Error::other)?;
                roots.add(certificate).map_err(io::Error::other)?;
            }
        }
        None => {
            // Systems have some that are not well-formed: they are passed over.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() {
        return Err(io::Error::other("there are no certificates to trust: name a file with --ca"));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider);
    let config = config.with_safe_default_protocol_versions().map_err(io::Error::other)?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
// ANCHOR_END: trust

// ANCHOR: transport
/// A connection to a server.
pub struct Transport {
    socket: TcpStream,
    tls: Option<ClientConnection>,
}

impl Transport {
    /// Connects. `trust` is called for `wss:` only.
    pub fn connect(
        address: &Address,
        trust: impl FnOnce() -> io::Result<Arc<ClientConfig>>,
        patience: Duration,
    ) -> io::Result<Transport> {
        let name = || ServerName::try_from(address.host.clone()).map_err(io::Error::other);
        let tls = match address.secret {
            true => Some(ClientConnection::new(trust()?, name()?).map_err(io::Error::other)?),
            false => None,
        };
        let socket = reach(address, patience)?;
        socket.set_nodelay(true)?;
        // A server that reads nothing must not keep us for ever.
        socket.set_write_timeout(Some(patience))?;
        Ok(Transport { socket, tls })
    }

    /// What reads the bytes that come, on a thread of its own.
    pub fn reader(&self) -> io::Result<TcpStream> {
        self.socket.try_clone()
    }

    /// Hangs up. What reads hears of it, too.
    pub fn close(&self) {
        // A connection that is gone already needs none of this.
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}
// ANCHOR_END: transport

// ANCHOR: bytes
impl Transport {
    /// Sends bytes.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(tls) = &mut self.tls else { return self.socket.write_all(bytes) };
        for chunk in bytes.chunks(16 * 1024) {
            tls.writer().write_all(chunk)?;
            while tls.wants_write() {
                tls.write_tls(&mut self.socket)?;
            }
        }
        Ok(())
    }

    /// What bytes say that have come. TLS may have to answer them.
    pub fn receive(&mut self, bytes: Vec<u8>) -> io::Result<Vec<u8>> {
        let Some(tls) = &mut self.tls else { return Ok(bytes) };
        let (mut unread, mut said) = (&bytes[..], Vec::new());
        while !unread.is_empty() {
            tls.read_tls(&mut unread)?;
            let result = tls.process_new_packets();
            while tls.wants_write() {
                tls.write_tls(&mut self.socket)?;
            }
            result.map_err(io::Error::other)?;
            match tls.reader().read_to_end(&mut said) {
                Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
                _ => {}
            }
        }
        Ok(said)
    }
}
// ANCHOR_END: bytes
