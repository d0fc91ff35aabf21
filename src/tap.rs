//! `tap`: any conversation between any client and any server, named in the terminal.

use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;

use anyhow::{Context, Result};
use ch00_wire::{Event, Recorder, Tap};

/// Listens on one address, passes everything on to the other, and prints what crosses, for ever.
pub fn tap(listen: SocketAddr, to: SocketAddr) -> Result<()> {
    let listener = TcpListener::bind(listen)
        .with_context(|| format!("cannot listen on {listen}: choose another port with --listen"))?;
    let (sender, events) = mpsc::sync_channel(64);
    let tap = Tap::open(listener, to, Recorder::reporting(sender))?;
    println!("tapping: connect to ws://{}, and the server at {to} answers", tap.address());
    for event in events {
        // A unit that is still growing comes again when it has grown.
        if !matches!(&event, Event::Unit { unit, .. } if !unit.complete && unit.faults.is_empty()) {
            println!("\n{event}");
        }
    }
    Ok(())
}
