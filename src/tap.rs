//! `tap`: any conversation between any client and any server, named in the terminal.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;

use anyhow::{Context, Result, bail};
use ch00_wire::{Event, Recorder, Side};
use stage::Tap;

use crate::screen::Screen;

/// Listens on one address, passes everything on to the other, and prints what crosses, for ever.
///
/// # Errors
///
/// The addresses are the same, or cannot be had, or nobody reads what is printed.
pub fn tap(listen: SocketAddr, to: SocketAddr, screen: &mut Screen) -> Result<()> {
    if listen == to && listen.port() != 0 {
        bail!("--listen and --to are the same: the tap would talk to itself");
    }
    let listener = TcpListener::bind(listen)
        .with_context(|| format!("cannot listen on {listen}: choose another port with --listen"))?;
    let (sender, events) = mpsc::sync_channel(64);
    let tap = Tap::open(listener, to, Recorder::reporting(sender))?;
    let at = tap.address();
    screen.say(&format!("tapping: connect to ws://{at}, and the server at {to} answers"))?;
    let mut growing = Growing::default();
    for event in events {
        for event in growing.settle(event) {
            screen.say(&format!("\n{event}"))?;
        }
    }
    Ok(())
}

/// What has begun to arrive and is not complete: it is printed once, when nothing more comes of it.
#[derive(Default)]
struct Growing(HashMap<(usize, Side), Event>);

impl Growing {
    /// Takes the next event, and hands back what can be printed now.
    fn settle(&mut self, event: Event) -> Vec<Event> {
        match &event {
            Event::Unit { client, from, unit } => {
                let key = (*client, *from);
                if !unit.complete {
                    self.0.insert(key, event);
                    return Vec::new();
                }
                self.0.remove(&key);
                vec![event]
            }
            Event::Closed { client, .. } => {
                let client = *client;
                let sides = [Side::Client, Side::Server];
                let rest = sides.into_iter().filter_map(|side| self.0.remove(&(client, side)));
                rest.chain([event]).collect()
            }
            Event::Line { .. } | Event::LeftOut { .. } => vec![event],
        }
    }
}
