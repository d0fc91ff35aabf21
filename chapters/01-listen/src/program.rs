//! What every chapter's program does: find its address, listen, say so, serve.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::process::ExitCode;

use socket2::Socket;

use crate::listen;

// ANCHOR: run
/// Listens where `argument` says, or on the port in `PORT`, or on port 4000, and serves.
/// Returns only if it cannot listen, with one line that says what to do.
pub fn run(argument: Option<String>, serve: fn(&Socket) -> !) -> ExitCode {
    let started = address(argument, std::env::var("PORT").ok())
        .map_err(|error| error.to_string())
        .and_then(|at| listen(at).map_err(|error| explain(at, &error)));
    let listener = match started {
        Ok(listener) => listener,
        Err(line) => {
            eprintln!("{line}");
            return ExitCode::FAILURE;
        }
    };
    if let Some(at) = listener.local_addr().ok().and_then(|at| at.as_socket()) {
        println!("listening on ws://{at}");
    }
    serve(&listener)
}
// ANCHOR_END: run

// ANCHOR: address
const DEFAULT_PORT: u16 = 4000;

/// Where to listen: `argument` is an address and a port, `port` the variable `PORT`.
pub fn address(argument: Option<String>, port: Option<String>) -> Result<SocketAddr, AddressError> {
    if let Some(text) = argument {
        return text.parse().map_err(|_| AddressError { what: "address", text });
    }
    let port = match port {
        Some(text) => text.parse().map_err(|_| AddressError { what: "port", text })?,
        None => DEFAULT_PORT,
    };
    Ok(SocketAddr::from(([127, 0, 0, 1], port)))
}
// ANCHOR_END: address

// ANCHOR: error
/// The text that is no address, or no port.
#[derive(Debug, PartialEq, Eq)]
pub struct AddressError {
    what: &'static str,
    text: String,
}
// ANCHOR_END: error

// ANCHOR: errors
impl fmt::Display for AddressError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.what {
            "port" => write!(out, "PORT={}: give it a number from 0 to 65535", self.text),
            _ => write!(out, "{:?} is no address: write it like 127.0.0.1:4000", self.text),
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
