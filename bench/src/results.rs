//! What was measured, raw, and what follows from it. The book reads results with this file, too.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A whole run.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Results {
    pub machine: Machine,
    /// What each server is: its version, and where it is from.
    pub servers: BTreeMap<String, String>,
    pub modes: Vec<Played>,
    pub idle: Vec<Idle>,
    /// The same over TLS.
    #[serde(default)]
    pub secret: Vec<Idle>,
    /// Who was left out, and why.
    pub missing: BTreeMap<String, String>,
}

/// Where and when it was measured.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Machine {
    pub when: String,
    pub processor: String,
    pub cores: usize,
    pub kernel: String,
    pub congestion: String,
    pub commit: String,
    pub rust: String,
    /// How much else it had to do.
    pub load: String,
}

/// A mode, on so many cores.
#[derive(Debug, Serialize, Deserialize)]
pub struct Played {
    pub mode: String,
    pub cores: usize,
    /// In the order in which they played in each round.
    pub servers: Vec<Samples>,
}

/// What a server did in each round; or why it is not counted.
#[derive(Debug, Serialize, Deserialize)]
pub struct Samples {
    pub server: String,
    pub rounds: Vec<Sample>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fault: Option<String>,
}

/// So many messages were heard, in such a time, and took so much of the server's.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Sample {
    pub messages: u64,
    pub cpu_ns: u64,
    pub wall_ns: u64,
}

/// What a process has in memory for itself, in bytes: its proportional set size.
pub type Memory = u64;

/// What clients that do nothing cost.
#[derive(Debug, Serialize, Deserialize)]
pub struct Idle {
    pub server: String,
    pub clients: usize,
    /// Before they came, while they are there, and after each has said something.
    pub rounds: Vec<[Memory; 3]>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fault: Option<String>,
}

impl Sample {
    pub fn cpu(&self) -> f64 {
        self.cpu_ns as f64 / self.messages as f64
    }

    pub fn rate(&self) -> f64 {
        self.messages as f64 / self.wall_ns as f64 * 1e9
    }
}

/// The median of some numbers, and the least and the greatest.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    pub median: f64,
    pub least: f64,
    pub most: f64,
}

impl Spread {
    pub fn of(numbers: impl IntoIterator<Item = f64>) -> Option<Spread> {
        let mut numbers: Vec<f64> = numbers.into_iter().collect();
        numbers.sort_by(f64::total_cmp);
        let (least, most) = (*numbers.first()?, *numbers.last()?);
        let middle = numbers.len() / 2;
        let median = match numbers.len() % 2 {
            1 => numbers[middle],
            _ => (numbers[middle - 1] + numbers[middle]) / 2.0,
        };
        Some(Spread { median, least, most })
    }
}

impl Samples {
    pub fn cpu(&self) -> Option<Spread> {
        Spread::of(self.rounds.iter().map(Sample::cpu)).filter(|_| self.fault.is_none())
    }

    /// The processor's time for a message beside another server's, round by round.
    pub fn beside(&self, other: &Samples) -> Option<Spread> {
        if self.fault.is_some() || other.fault.is_some() {
            return None;
        }
        let rounds = self.rounds.iter().zip(&other.rounds);
        Spread::of(rounds.map(|(one, other)| one.cpu() / other.cpu()))
    }
}

impl Idle {
    /// Bytes of memory a client: when it is there, and when it has said something.
    pub fn bytes(&self) -> Option<[Spread; 2]> {
        let grown = |[before, _, _]: &[Memory; 3], after: &Memory| {
            (*after as f64 - *before as f64) / self.clients as f64
        };
        let of = |at: usize| Spread::of(self.rounds.iter().map(|round| grown(round, &round[at])));
        if self.fault.is_some() { None } else { Some([of(1)?, of(2)?]) }
    }
}
