//! What the program can be told.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use http::{HeaderName, HeaderValue};

use crate::{Address, Resend, Wish};

// ANCHOR: settings
/// A WebSocket client: each line that is read is sent as a text, and each text that comes is a line.
///
/// A binary message that comes is a line of hexadecimal digits, behind the word "binary".
#[derive(Clone, Debug, Parser)]
#[command(name = "ws", version, after_help = EXIT_CODES)]
pub struct Settings {
    /// The server, for example ws://127.0.0.1:4000/chat
    address: Address,
    /// Ask for this subprotocol; may be given several times, the favorite first
    #[arg(long = "subprotocol", value_name = "NAME", value_parser = token)]
    subprotocols: Vec<String>,
    /// Say that a page of this origin asks
    #[arg(long)]
    origin: Option<HeaderValue>,
    /// Send this header field, for example "Cookie: a=b"; may be given several times
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = field)]
    fields: Vec<(String, String)>,
    /// Do not offer compression
    #[arg(long)]
    uncompressed: bool,
    /// With wss: trust the certificates in this PEM file, and not those of the system
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Send this file as one binary message, before the first line
    #[arg(long, value_name = "FILE")]
    pub(crate) binary: Option<PathBuf>,
    /// Send a ping after so many seconds, and again; a server that does not answer is lost
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) ping: Option<Duration>,
    /// When the input ends, go on listening for so many seconds. Without it: until the server has answered
    /// a ping that is sent then, and for two seconds at most
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) wait: Option<Duration>,
    /// How many seconds connecting, and each goodbye, may take
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(crate) timeout: Duration,
    /// If the connection is lost, connect again, later and later
    #[arg(long)]
    pub(crate) reconnect: bool,
    /// After that, send again what has perhaps not arrived: it may arrive twice
    #[arg(long, requires = "reconnect")]
    resend: bool,
    /// Print nothing but messages and errors
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

const EXIT_CODES: &str = "Exit codes:
  0  both sides have said goodbye, with 1000, 1001 or no code
  1  the connection could not be opened
  2  the arguments are wrong
  3  the connection was lost
  4  it ended with another close code";
// ANCHOR_END: settings

// ANCHOR: values
fn seconds(text: &str) -> Result<Duration, &'static str> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or("give it a number of seconds")
}

/// The fields of the opening handshake.
const OURS: [&str; 7] = [
    "host",
    "upgrade",
    "connection",
    "sec-websocket-key",
    "sec-websocket-version",
    "sec-websocket-protocol",
    "sec-websocket-extensions",
];

/// A name is a token, as that of a field is, but keeps its case.
fn token(text: &str) -> Result<String, &'static str> {
    HeaderName::try_from(text).map_err(|_| "it is not a token")?;
    Ok(text.to_owned())
}

/// A field whose value cannot begin another one.
fn field(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once(':').ok_or("write it like \"Name: value\"")?;
    let known = HeaderName::try_from(name).map_err(|_| "its name is not a token")?;
    if OURS.contains(&known.as_str()) {
        return Err("the program writes this field itself");
    }
    let value = HeaderValue::try_from(value.trim()).map_err(|_| "its value has a line end")?;
    Ok((name.to_owned(), value.to_str().map_err(|_| "its value is not ASCII")?.to_owned()))
}

impl Settings {
    /// What is asked for.
    pub fn wish(&self) -> Wish {
        let origin = self.origin.as_ref().and_then(|origin| origin.to_str().ok());
        let origin = origin.map(|origin| ("Origin".to_owned(), origin.to_owned()));
        Wish {
            address: self.address.clone(),
            subprotocols: self.subprotocols.clone(),
            fields: origin.into_iter().chain(self.fields.clone()).collect(),
            compressed: !self.uncompressed,
        }
    }

    /// What becomes of messages that have perhaps not arrived.
    pub fn resend(&self) -> Resend {
        if self.resend { Resend::Always } else { Resend::Never }
    }
}
// ANCHOR_END: values
