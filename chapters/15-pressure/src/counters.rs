//! What an operator asks: numbers of what has happened, as text.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

// ANCHOR: counters
/// Numbers that any thread may count up and read.
#[derive(Debug, Default)]
pub struct Counters {
    /// Clients that are connected now.
    pub clients: AtomicU64,
    /// Clients that have connected, in all.
    pub connected: AtomicU64,
    /// Clients that were sent away because there are too many.
    pub refused: AtomicU64,
    /// Opening handshakes that have succeeded.
    pub opened: AtomicU64,
    /// Messages that have been heard.
    pub messages: AtomicU64,
    /// Connections that were lost with an error, or cut off.
    pub lost: AtomicU64,
    /// Pongs that answer a ping of ours.
    pub pongs: AtomicU64,
    /// How long these took, in all, in microseconds.
    pub round_trips: AtomicU64,
}

impl Counters {
    /// A pong has come so long after its ping.
    pub fn round_trip(&self, took: Duration) {
        self.pongs.fetch_add(1, Relaxed);
        self.round_trips.fetch_add(took.as_micros() as u64, Relaxed);
    }
}
// ANCHOR_END: counters

// ANCHOR: text
impl Counters {
    /// All of them in Prometheus' text format.
    pub fn text(&self) -> String {
        let all = [
            ("ws_clients", "gauge", &self.clients),
            ("ws_connected_total", "counter", &self.connected),
            ("ws_refused_total", "counter", &self.refused),
            ("ws_opened_total", "counter", &self.opened),
            ("ws_messages_total", "counter", &self.messages),
            ("ws_lost_total", "counter", &self.lost),
            ("ws_pongs_total", "counter", &self.pongs),
            ("ws_round_trip_microseconds_total", "counter", &self.round_trips),
        ];
        let mut text = String::new();
        for (name, kind, value) in all {
            let _ = writeln!(text, "# TYPE {name} {kind}\n{name} {}", value.load(Relaxed));
        }
        text
    }
}
// ANCHOR_END: text
