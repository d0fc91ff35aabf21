//! What an operator asks: numbers of what has happened, as text.

use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Display, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::Limits;
use crate::host::ENDING;

// ANCHOR: counters
/// What all loops of a server count together. Any thread may count and read.
#[derive(Debug, Default)]
pub struct Counters {
    /// Clients that are here now.
    clients: AtomicU64,
    /// How many of them come from where.
    addresses: Mutex<HashMap<Network, usize>>,
    /// Connections that were taken.
    pub connected: AtomicU64,
    /// Opening handshakes that have succeeded.
    pub opened: AtomicU64,
    /// Messages that were heard.
    pub messages: AtomicU64,
    /// Bytes that came.
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
    /// Lets a client in, or says why there is no room for it.
    pub(crate) fn enter(&self, from: Network, limits: &Limits) -> Result<(), &'static str> {
        // YOURS: For whom is there no room, and what has to be remembered of the others?
        let mut addresses = lock(&self.addresses);
        let here = addresses.get(&from).copied().unwrap_or(0);
        let (reason, why) = match self.clients.load(Relaxed) as usize {
            _ if self.ending.load(Relaxed) => ("ending", ENDING),
            clients if clients >= limits.max_clients => ("clients", "there are too many clients"),
            _ if here >= limits.max_clients_per_address => ("address", "there are too many of you"),
            _ => {
                addresses.insert(from, here + 1);
                self.clients.fetch_add(1, Relaxed);
                self.connected.fetch_add(1, Relaxed);
                return Ok(());
            }
        };
        self.label("ws_refused_total", "reason", reason);
        Err(why)
        // YOURS_END
    }

    /// A client that was let in is gone.
    pub(crate) fn leave(&self, from: Network) {
        self.clients.fetch_sub(1, Relaxed);
        let mut addresses = lock(&self.addresses);
        match addresses.get_mut(&from) {
            Some(here) if *here > 1 => *here -= 1,
            _ => drop(addresses.remove(&from)),
        }
    }
}

/// The addresses that one customer of a network has are counted as one: in IPv6, all that have the
/// same first half.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Network(u64);

/// No address of IPv6 that somebody has begins like this.
const FOUR: u64 = 0xffff;

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(four) => Network(FOUR << 32 | u64::from(four.to_bits())),
            IpAddr::V6(six) => Network((six.to_bits() >> 64) as u64),
        }
    }
}

impl Display for Network {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 >> 32 {
            FOUR => Ipv4Addr::from_bits(self.0 as u32).fmt(out),
            _ => Ipv6Addr::from_bits(u128::from(self.0) << 64).fmt(out),
        }
    }
}
// ANCHOR_END: limits

// ANCHOR: label
impl Counters {
    /// A ping was answered after so long.
    pub(crate) fn round_trip(&self, took: Duration) {
        self.pongs.fetch_add(1, Relaxed);
        self.round_trips.fetch_add(took.as_micros() as u64, Relaxed);
    }

    /// Counts one more of those with this label.
    pub(crate) fn label(&self, name: &str, label: &str, value: impl Display) {
        let name = format!("{name}{{{label}=\"{value}\"}}");
        *lock(&self.labelled).entry(name).or_default() += 1;
    }
}

/// Numbers are whole whatever a thread was about when it panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
// ANCHOR_END: label

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
