//! What every chapter's program does: find its address, listen, say so, serve.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::process::ExitCode;

use socket2::Socket;

use crate::listen;
use crate::terminal::{LastLines, show};

// ANCHOR: run
/// Listens where the arguments say, or on the port in `PORT`, or on port 4000, and serves. Returns
/// only if it cannot listen, with one line that says what to do.
pub fn run<Never>(
    arguments: impl IntoIterator<Item = String>,
    serve: impl FnOnce(&Socket) -> Never,
) -> ExitCode {
    let started = address(arguments, std::env::var("PORT").ok())
        .map_err(|error| error.to_string())
        .and_then(|at| listen(at).map_err(|error| explain(at, &error)));
    let listener = match started {
        Ok(listener) => listener,
        Err(line) => {
            eprintln!("{line}");
            return ExitCode::FAILURE;
        }
    };
    let _last_lines = LastLines;
    if let Some(at) = listener.local_addr().ok().and_then(|at| at.as_socket()) {
        show(format!("listening on ws://{at}"));
    }
    serve(&listener);
    ExitCode::SUCCESS
}
// ANCHOR_END: run

// ANCHOR: address
const DEFAULT_PORT: u16 = 4000;

/// Where to listen: the one argument is an address and a port, `port` the variable `PORT`.
pub fn address(
    arguments: impl IntoIterator<Item = String>,
    port: Option<String>,
) -> Result<SocketAddr, AddressError> {
    let mut arguments = arguments.into_iter();
    let (first, second) = (arguments.next(), arguments.next());
    match (first, second, port) {
        (Some(text), ..) if text.starts_with('-') => Err(AddressError::NoOption(text)),
        (_, Some(text), _) if text.starts_with('-') => Err(AddressError::NoOption(text)),
        (_, Some(text), _) => Err(AddressError::OneTooMany(text)),
        (Some(text), ..) => text.parse().map_err(|_| AddressError::NotAnAddress(text)),
        (.., Some(text)) => match text.parse() {
            Ok(port) => Ok(SocketAddr::from(([127, 0, 0, 1], port))),
            Err(_) => Err(AddressError::NotAPort(text)),
        },
        _ => Ok(SocketAddr::from(([127, 0, 0, 1], DEFAULT_PORT))),
    }
}
// ANCHOR_END: address

// ANCHOR: error
/// Why a program does not know where to listen, with the text that it was given.
#[derive(Debug, PartialEq, Eq)]
pub enum AddressError {
    /// The argument is not an address with a port.
    NotAnAddress(String),
    /// The variable `PORT` is not a port.
    NotAPort(String),
    /// There is no option with this name.
    NoOption(String),
    /// There is an argument after the address.
    OneTooMany(String),
}
// ANCHOR_END: error

// ANCHOR: errors
impl fmt::Display for AddressError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AddressError::NotAnAddress(text) => {
                write!(out, "{text:?} is not an address: write it like 127.0.0.1:4000")
            }
            AddressError::NotAPort(text) => {
                write!(out, "PORT={text}: give it a number from 0 to 65535")
            }
            AddressError::NoOption(text) => write!(
                out,
                "this program has no option {text}: give it an address, such as 127.0.0.1:4000, or \
                 nothing (from chapter 07 on, there is --app)"
            ),
            AddressError::OneTooMany(text) => {
                write!(out, "{text:?} is one argument too many: an address is enough")
            }
        }
    }
}

/// Why nothing can listen there, and what to do about it.
pub fn explain(address: SocketAddr, error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::AddrInUse => format!(
            "{address} is in use: a program listens there already, perhaps an earlier run of this one. \
             End it with Ctrl-C, or choose another port: 127.0.0.1:{}",
            address.port().wrapping_add(1)
        ),
        ErrorKind::PermissionDenied => format!(
            "{address} is forbidden: low ports, and some that the system keeps for itself, are not for \
             everybody. Choose another one, such as 127.0.0.1:4100"
        ),
        ErrorKind::AddrNotAvailable => format!(
            "{address} is no address of this computer. Use its own: 127.0.0.1:{}",
            address.port()
        ),
        _ => format!("cannot listen on {address}: {error}"),
    }
}
// ANCHOR_END: errors
