//! What a loop and a service have to know of each other from this chapter on.

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

    /// Called at the end of each turn: does what is due, and says when something will be.
    fn tick(&mut self, sink: &mut S) -> Option<Instant>;
}
// ANCHOR_END: lively

// ANCHOR: patient
/// A sink that knows how long its clients take.
pub trait Patient: Sink {
    /// When this turn began.
    fn now(&self) -> Instant;

    /// How much waits for a client, in bytes, because the system would not take it.
    fn waiting(&self, client: ClientId) -> usize;

    /// Where a client's connection comes from.
    fn address(&self, client: ClientId) -> Option<SocketAddr>;

    /// How many bytes the system has taken so far, for all clients.
    fn sent(&self) -> u64;

    /// The loop ends when the last client has left, or when the time for goodbyes is over.
    fn stop(&mut self);
}
// ANCHOR_END: patient
