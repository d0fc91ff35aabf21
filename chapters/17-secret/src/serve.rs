//! The settings of this chapter, and the pieces put together.

use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use ch01_listen::{Socket, show};
use ch16_speed::{Branch, host, serve_on_loops};
use clap::Parser;

use crate::{Certificate, Rules, Secure, config, self_signed};

// ANCHOR: settings
/// A WebSocket server: a room, or an echo; with a certificate, behind TLS.
#[derive(Clone, Debug, Parser)]
#[group(skip)]
pub struct Settings {
    /// Those of chapter 16.
    #[command(flatten)]
    pub speed: ch16_speed::Settings,
    /// A file with the server's certificate in PEM, and then those that vouch for it
    #[arg(long, env)]
    certificate: Option<PathBuf>,
    /// A file with the certificate's private key in PEM
    #[arg(long, env)]
    key: Option<PathBuf>,
    /// Use the certificate in this folder, and make one for this computer if there is none
    #[arg(long, value_name = "FOLDER")]
    self_signed: Option<PathBuf>,
    /// Clients may come without TLS, too, on the same port
    #[arg(long)]
    plain: bool,
    /// How many TLS handshakes may be unfinished at a time
    #[arg(long, env, default_value = "1000")]
    max_handshakes: NonZeroUsize,
}
// ANCHOR_END: settings

// ANCHOR: prepare
impl AsRef<ch15_pressure::Settings> for Settings {
    fn as_ref(&self) -> &ch15_pressure::Settings {
        &self.speed.pressure
    }
}

impl Settings {
    /// How an address of this server begins, and what is asked of its clients: nothing without a
    /// certificate.
    pub fn prepare(&self) -> Result<(&'static str, Option<Rules>), String> {
        let (certificate, key) = match (&self.self_signed, &self.certificate, &self.key) {
            (Some(folder), ..) => self_signed(folder)?,
            (None, Some(certificate), Some(key)) => (certificate.clone(), key.clone()),
            (None, None, None) => return Ok(("ws", None)),
            (None, Some(_), None) => return Err("a certificate needs its key: --key FILE".into()),
            (None, None, Some(_)) => {
                return Err("a key needs its certificate: --certificate FILE".into());
            }
        };
        let certificate = Certificate::open(&certificate, &key)?;
        let rules = Rules {
            tls: config(Arc::clone(&certificate))?,
            plain: self.plain,
            patience: self.speed.pressure.limits.handshake_timeout,
            unfinished: self.max_handshakes.get(),
        };
        reload_on_request(certificate).map_err(|error| error.to_string())?;
        Ok(("wss", Some(rules)))
    }
}
// ANCHOR_END: prepare

// ANCHOR: reload
fn reload(certificate: &Certificate) {
    match certificate.reload() {
        Ok(()) => show("the certificate has been read again"),
        Err(line) => show(format!("the certificate stays as it is: {line}")),
    }
}

/// Reads the certificate again whenever the program gets HUP: `kill -HUP` and its number. Chapter 15 ends at
/// HUP. So we hold the signal back from this thread and from all that it starts, except one, which takes it
/// before it can reach anybody.
#[cfg(unix)]
fn reload_on_request(certificate: Arc<Certificate>) -> io::Result<()> {
    use nix::sys::signal::{SigSet, Signal};
    let hup = SigSet::from(Signal::SIGHUP);
    hup.thread_block()?;
    thread::spawn(move || {
        while hup.wait().is_ok() {
            reload(&certificate);
        }
    });
    Ok(())
}

/// Windows has no such signal. There the files are read again once an hour.
#[cfg(not(unix))]
fn reload_on_request(certificate: Arc<Certificate>) -> io::Result<()> {
    thread::spawn(move || {
        loop {
            thread::sleep(std::time::Duration::from_secs(60 * 60));
            reload(&certificate);
        }
    });
    Ok(())
}
// ANCHOR_END: reload

// ANCHOR: serve
/// Serves until it is told to stop, and everybody has left: on the loops of chapter 16, with TLS before
/// each host if there are rules for it.
pub fn serve(listener: &Socket, settings: &Settings, rules: Option<Rules>) -> io::Result<()> {
    let pressure = settings.speed.pressure.clone();
    serve_on_loops(listener, &settings.speed, move |event_loop, app, counters, tray| {
        let branch = Branch::new(host(&pressure, app, counters), tray);
        match rules.clone() {
            Some(rules) => event_loop.run(Secure::new(branch, rules)),
            None => event_loop.run(branch),
        }
    })
}
// ANCHOR_END: serve
