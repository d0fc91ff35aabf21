//! `tap`: any conversation between any client and any server, named in the terminal.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;

use anyhow::{Context, Result, bail};
use ch00_wire::{Event, Recorder, Side};
use stage::Tap;

use crate::probes;
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
    // Each client is two files here.
    probes::raise_file_limit();
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
                let mut rest = self.rest(*client);
                rest.push(event);
                rest
            }
            // After the first end, the other side may have said a part of something.
            Event::Gone { client } => self.rest(*client),
            Event::Line { .. } | Event::LeftOut { .. } => vec![event],
        }
    }

    /// What has begun of one client, and did not become whole.
    fn rest(&mut self, client: usize) -> Vec<Event> {
        [Side::Client, Side::Server]
            .iter()
            .filter_map(|side| self.0.remove(&(client, *side)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use ch00_wire::{Closing, Recorder, Side};

    use super::Growing;

    #[test]
    fn a_part_that_comes_after_the_other_sides_end_is_shown() {
        let (sender, events) = mpsc::sync_channel(64);
        let recorder = Recorder::reporting(sender);
        let client = recorder.new_client();
        recorder.bytes(client, Side::Client, b"GET / HTTP/1.1\r\n");
        recorder.closed(client, Side::Client, Closing::Closed);
        recorder.bytes(client, Side::Server, b"HTTP/1.1 4");
        recorder.bytes(client, Side::Server, b"00 Bad");
        recorder.forget(client);
        drop(recorder);
        let mut growing = Growing::default();
        let told: Vec<String> = events
            .iter()
            .flat_map(|event| growing.settle(event))
            .map(|event| event.to_string())
            .collect();
        assert_eq!(told.len(), 3, "{told:#?}");
        assert!(
            told[0].contains("GET / HTTP/1.1") && told[2].contains("HTTP/1.1 400 Bad"),
            "{told:#?}"
        );
        assert!(growing.0.is_empty());
    }
}
