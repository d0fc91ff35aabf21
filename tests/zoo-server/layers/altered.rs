//! A sink before which a mistake stands.

use std::net::SocketAddr;
use std::time::Instant;

use ch06_select::{ClientId, Sink};
use ch15_pressure::Patient;

/// What a mistake makes of what a service does to its sink. What it does not name goes on as it is.
pub trait Alter<S: Patient> {
    fn fill(&mut self, sink: &mut S, to: &[ClientId], write: impl FnOnce(&mut Vec<u8>));

    fn close(&mut self, sink: &mut S, client: ClientId) {
        sink.close(client);
    }

    fn stop(&mut self, sink: &mut S) {
        sink.stop();
    }
}

/// A sink, and the mistake before it.
pub struct Altered<'a, S, M> {
    pub sink: &'a mut S,
    pub mistake: M,
}

impl<S: Patient, M: Alter<S>> Sink for Altered<'_, S, M> {
    fn fill(&mut self, to: &[ClientId], write: impl FnOnce(&mut Vec<u8>)) {
        self.mistake.fill(self.sink, to, write);
    }

    fn close(&mut self, client: ClientId) {
        self.mistake.close(self.sink, client);
    }
}

impl<S: Patient, M: Alter<S>> Patient for Altered<'_, S, M> {
    fn now(&self) -> Instant {
        self.sink.now()
    }

    fn waiting(&self, client: ClientId) -> usize {
        self.sink.waiting(client)
    }

    fn address(&self, client: ClientId) -> Option<SocketAddr> {
        self.sink.address(client)
    }

    fn sent(&self) -> u64 {
        self.sink.sent()
    }

    fn stop(&mut self) {
        self.mistake.stop(self.sink);
    }
}
