//! One loop's part of a server that has several: a host that hears the bus.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use ch06_select::{ClientId, Message, Protocol, Service};
use ch07_room::Outbox;
use ch15_pressure::{Host, Letter, Lively, Patient};

// ANCHOR: branch
/// What other threads may tell a branch.
pub enum Mail {
    /// What they may tell its host.
    Letter(Letter),
    /// Somebody, here or elsewhere, has said this to everybody.
    Heard(Arc<Message<'static>>),
}

/// One loop's part of a server.
pub struct Branch<P>(pub Host<P>);

impl<S: Patient, P: Protocol> Service<S> for Branch<P> {
    fn connected(&mut self, client: ClientId, sink: &mut S) {
        self.0.connected(client, sink);
    }

    fn received(&mut self, client: ClientId, bytes: &mut [u8], sink: &mut S) {
        self.0.received(client, bytes, sink);
    }

    fn left(&mut self, client: ClientId, why: io::Result<()>, sink: &mut S) {
        self.0.left(client, why, sink);
    }
}

impl<S: Patient, P: Protocol> Lively<S> for Branch<P> {
    type Mail = Mail;

    fn mail(&mut self, mail: Mail, sink: &mut S) {
        match mail {
            Mail::Letter(letter) => self.0.mail(letter, sink),
            Mail::Heard(message) => self.0.outbox(sink).send_to_all(&message),
        }
    }

    fn tick(&mut self, sink: &mut S) -> Option<Instant> {
        self.0.tick(sink)
    }
}
// ANCHOR_END: branch
