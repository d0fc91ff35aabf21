//! Keepalive: a ping that says when it was sent, and a layer that looks at the pongs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ch06_select::{Emit, End, Message};
use ch09_stream::{Layer, Part};
use ch10_control::{PING, PONG};

use crate::Counters;

// ANCHOR: pulse
/// What pings are measured with.
#[derive(Clone, Debug)]
pub struct Clock {
    start: Instant,
    counters: Arc<Counters>,
}

impl Default for Clock {
    fn default() -> Self {
        Clock::new(Arc::default())
    }
}

impl Clock {
    /// A clock that starts now.
    pub fn new(counters: Arc<Counters>) -> Self {
        Clock { start: Instant::now(), counters }
    }

    /// A ping that says when it was sent (RFC 6455, section 5.5.2).
    pub fn ping(&self, now: Instant) -> Message<'static> {
        let sent = (now - self.start).as_micros() as u64;
        Message { opcode: PING, payload: sent.to_be_bytes().to_vec().into() }
    }

    /// A pong brings back what its ping said.
    fn pong(&self, payload: &[u8]) {
        let Ok(sent) = payload.try_into().map(u64::from_be_bytes) else { return };
        // A pong that nobody asked for may say anything.
        if let Some(took) = self.start.elapsed().checked_sub(Duration::from_micros(sent)) {
            self.counters.round_trip(took);
        }
    }
}

/// Looks at pongs, and hands all frames on.
#[derive(Default)]
pub struct Pulse<L> {
    clock: Clock,
    layer: L,
}

impl<L> Pulse<L> {
    /// Looks at the frames for `layer`.
    pub fn new(clock: Clock, layer: L) -> Self {
        Pulse { clock, layer }
    }
}

impl<L: Layer> Layer for Pulse<L> {
    fn take(&mut self, part: Part<'_>, emit: Emit<'_>) -> Result<(), End> {
        if part.header.opcode == PONG {
            self.clock.pong(part.payload);
        }
        self.layer.take(part, emit)
    }
}
// ANCHOR_END: pulse
