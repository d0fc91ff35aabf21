//! What a service is told from this chapter on, and what its sink can do: time, letters, an end.

use std::net::SocketAddr;
use std::time::Instant;

use ch06_select::{ClientId, Service, Sink};

// ANCHOR: lively
/// A service that knows what time it is, and hears from other threads.
pub trait Lively<S>: Service<S> {
    /// What other threads may tell it.
    type Mail: Send + 'static;

    /// Another thread says this.
    fn mail(&mut self, mail: Self::Mail, sink: &mut S);

    /// Called in each turn: does what is due, and says when something will be.
    fn tick(&mut self, sink: &mut S) -> Option<Instant>;
}
// ANCHOR_END: lively

// ANCHOR: patient
/// A sink that knows how long its clients take.
pub trait Patient: Sink {
    /// When this turn began.
    fn now(&self) -> Instant;

    /// How much waits for a client that the system has not taken yet, in bytes.
    fn waiting(&self, client: ClientId) -> usize;

    /// Where a client's connection comes from.
    fn address(&self, client: ClientId) -> Option<SocketAddr>;

    /// Takes no new clients. The loop ends when the last one has left.
    fn stop(&mut self);
}
// ANCHOR_END: patient
