//! What an operator asks: numbers of what has happened, as text.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::Limits;

// ANCHOR: counters
/// What all loops of a server count together. Any thread may count and read.
#[derive(Debug, Default)]
pub struct Counters {
    /// Clients that are here now.
    clients: AtomicU64,
    /// How many of them come from where.
    addresses: Mutex<HashMap<Option<IpAddr>, usize>>,
    /// Connections that were taken.
    pub connected: AtomicU64,
    /// Opening handshakes that have succeeded.
    pub opened: AtomicU64,
    /// Messages that were heard.
    pub messages: AtomicU64,
    /// Bytes that came, and bytes that the system has taken for clients.
    pub received: AtomicU64,
    /// Bytes that the system has taken for clients.
    pub sent: AtomicU64,
    /// Clients that were cut off, because they did not read.
    pub slow: AtomicU64,
    /// Pings that were answered.
    pub pongs: AtomicU64,
    /// How long these took, in all, in microseconds.
    pub round_trips: AtomicU64,
    /// What is counted by a reason or a code: the name with its label, and how often.
    labelled: Mutex<BTreeMap<String, u64>>,
    /// The server is about to end.
    pub ending: AtomicBool,
}
// ANCHOR_END: counters

// ANCHOR: limits
impl Counters {
    /// Lets a client in, if there is room. Otherwise it says which limit is reached.
    pub(crate) fn enter(&self, from: Option<IpAddr>, limits: &Limits) -> Result<(), &'static str> {
        // YOURS: Who has no room, and what has to be remembered of the others?
        let mut addresses = lock(&self.addresses);
        let here = addresses.get(&from).copied().unwrap_or(0);
        if self.clients.load(Relaxed) >= limits.max_clients as u64 {
            return Err("clients");
        }
        if here >= limits.max_clients_per_address {
            return Err("address");
        }
        addresses.insert(from, here + 1);
        self.clients.fetch_add(1, Relaxed);
        self.connected.fetch_add(1, Relaxed);
        Ok(())
        // YOURS_END
    }

    /// A client that was let in is gone.
    pub(crate) fn leave(&self, from: Option<IpAddr>) {
        // YOURS: Which address has to be forgotten?
        let mut addresses = lock(&self.addresses);
        self.clients.fetch_sub(1, Relaxed);
        match addresses.get_mut(&from) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(addresses.remove(&from)),
        }
        // YOURS_END
    }

    /// A ping was answered after so long.
    pub(crate) fn round_trip(&self, took: Duration) {
        self.pongs.fetch_add(1, Relaxed);
        self.round_trips.fetch_add(took.as_micros() as u64, Relaxed);
    }

    /// Counts one more of those with this label.
    pub(crate) fn label(&self, name: &str, label: &str, value: impl std::fmt::Display) {
        let name = format!("{name}{{{label}=\"{value}\"}}");
        *lock(&self.labelled).entry(name).or_default() += 1;
    }
}

/// Numbers are whole whatever a thread was about when it panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
// ANCHOR_END: limits

// ANCHOR: text
impl Counters {
    /// All of them in Prometheus' text format.
    pub fn text(&self) -> String {
        let number = |number: &AtomicU64| number.load(Relaxed).to_string();
        let seconds = self.round_trips.load(Relaxed) as f64 / 1e6;
        let all = [
            ("ws_clients", "gauge", number(&self.clients)),
            ("ws_connected_total", "counter", number(&self.connected)),
            ("ws_opened_total", "counter", number(&self.opened)),
            ("ws_messages_total", "counter", number(&self.messages)),
            ("ws_received_bytes_total", "counter", number(&self.received)),
            ("ws_sent_bytes_total", "counter", number(&self.sent)),
            ("ws_slow_total", "counter", number(&self.slow)),
            ("ws_round_trip_seconds_count", "counter", number(&self.pongs)),
            ("ws_round_trip_seconds_sum", "counter", seconds.to_string()),
        ];
        let mut text = String::new();
        for (name, kind, value) in all {
            let _ = writeln!(text, "# TYPE {name} {kind}\n{name} {value}");
        }
        for (name, count) in &*lock(&self.labelled) {
            let _ = writeln!(text, "{name} {count}");
        }
        text
    }
}
// ANCHOR_END: text
