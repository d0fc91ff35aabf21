//! The certificate that the server shows, and the key that proves that it may: from files, read again on demand.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};

// ANCHOR: certificate
/// A certificate that can be replaced: who is connected stays so, and who connects next sees the new one.
#[derive(Debug)]
pub struct Certificate {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<CertifiedKey>>,
}

impl Certificate {
    /// Reads a certificate, with those that vouch for it, and its key. The error is one line that says what
    /// to do.
    pub fn open(certificate: &Path, key: &Path) -> Result<Arc<Certificate>, String> {
        let current = RwLock::new(Arc::new(read(certificate, key)?));
        Ok(Arc::new(Certificate { certificate: certificate.into(), key: key.into(), current }))
    }

    /// Reads both files again. If they are not in order, nothing changes.
    pub fn reload(&self) -> Result<(), String> {
        let new = Arc::new(read(&self.certificate, &self.key)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}
// ANCHOR_END: certificate

// ANCHOR: read
fn read(certificate: &Path, key: &Path) -> Result<CertifiedKey, String> {
    let told = |path: &Path, what: &str, error: &dyn std::fmt::Display| {
        let path = path.display();
        format!("{path}: {error}: name a file with {what} in PEM, or use --self-signed FOLDER")
    };
    let chain: Vec<_> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error: pem::Error| told(certificate, "the server's certificate", &error))?;
    if chain.is_empty() {
        return Err(told(certificate, "the server's certificate", &"no certificate in it"));
    }
    let secret = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| told(key, "the certificate's private key", &error))?;
    CertifiedKey::from_der(chain, secret, &ring::default_provider()).map_err(|error| {
        let (key, certificate) = (key.display(), certificate.display());
        format!("{key} is not the key of the first certificate in {certificate}: {error}")
    })
}
// ANCHOR_END: read

// ANCHOR: config
/// TLS 1.3 and 1.2 and nothing older (RFC 8996), for HTTP/1.1: a WebSocket begins with it.
pub fn config(certificate: Arc<Certificate>) -> Result<Arc<ServerConfig>, String> {
    let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(|error| error.to_string())?
        .with_no_client_auth()
        .with_cert_resolver(certificate);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
// ANCHOR_END: config

// ANCHOR: self_signed
/// Makes a certificate for this computer and its key, unless they are there, and says where they are.
pub fn self_signed(folder: &Path) -> Result<(PathBuf, PathBuf), String> {
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    if !(certificate.exists() && key.exists()) {
        make(folder, &certificate, &key)
            .map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    Ok((certificate, key))
}

/// For how long it is good: browsers take none that is good for much longer.
const DAYS: u32 = 90;

fn make(folder: &Path, certificate: &Path, key: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let mut wanted = rcgen::CertificateParams::new(names)?;
    let day = Duration::from_secs(24 * 60 * 60);
    wanted.not_before = (SystemTime::now() - day).into();
    wanted.not_after = (SystemTime::now() + DAYS * day).into();
    wanted.distinguished_name.push(rcgen::DnType::CommonName, "Frame by Frame, on this computer");
    wanted.extended_key_usages.push(rcgen::ExtendedKeyUsagePurpose::ServerAuth);
    let secret = rcgen::KeyPair::generate()?;
    let signed = wanted.self_signed(&secret)?;
    fs::create_dir_all(folder)?;
    fs::write(certificate, signed.pem())?;
    write_secret(key, &secret.serialize_pem())?;
    Ok(())
}
// ANCHOR_END: self_signed

// ANCHOR: write_secret
/// Writes a file that only its owner may read.
fn write_secret(path: &Path, text: &str) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}
// ANCHOR_END: write_secret
