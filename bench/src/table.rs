//! Tables for the terminal.

use std::fmt::Write;

use crate::results::{Idle, Played, Samples, Spread};

/// A row for each server: the processor's time for a message, and that beside the floor's and the first server's.
pub fn played(played: &Played) -> String {
    let mut text = format!("{}, {} core(s)\n", played.mode, played.cores);
    let floor = played.servers.iter().find(|samples| samples.server == "floor");
    let first = played.servers.first();
    let _ = writeln!(
        text,
        "  {:<18} {:>11}  {:^24}  {:^24} {:>10}",
        "",
        "ns/message",
        "÷ floor",
        first.map_or(String::new(), |first| format!("÷ {}", first.server)),
        "messages/s"
    );
    for samples in &played.servers {
        let Some(cpu) = samples.cpu() else {
            let why = samples.fault.as_deref().unwrap_or("nothing was measured");
            let _ = writeln!(text, "  {:<18} not counted: {why}", samples.server);
            continue;
        };
        let rate = Spread::of(samples.rounds.iter().map(|sample| sample.rate()));
        let _ = writeln!(
            text,
            "  {:<18} {:>11.0}  {:>24}  {:>24} {:>10.0}",
            samples.server,
            cpu.median,
            beside(samples, floor),
            beside(samples, first),
            rate.map_or(0.0, |rate| rate.median)
        );
    }
    text
}

fn beside(samples: &Samples, other: Option<&Samples>) -> String {
    let Some(ratio) = other.and_then(|other| samples.beside(other)) else {
        return "–".to_owned();
    };
    format!("{:.2} [{:.2} – {:.2}]", ratio.median, ratio.least, ratio.most)
}

/// A row for each server: the memory that it takes for a client.
pub fn idle(all: &[Idle]) -> String {
    let clients = all.first().map_or(0, |idle| idle.clients);
    let mut text = format!("{clients} clients, bytes each: there, and after a message\n");
    for idle in all {
        let _ = match idle.bytes() {
            Some([there, after]) => writeln!(
                text,
                "  {:<18} {:>9.0} [{:.0} – {:.0}] {:>9.0} [{:.0} – {:.0}]",
                idle.server,
                there.median,
                there.least,
                there.most,
                after.median,
                after.least,
                after.most
            ),
            None => {
                let why = idle.fault.as_deref().unwrap_or("nothing was measured");
                writeln!(text, "  {:<18} not counted: {why}", idle.server)
            }
        };
    }
    text
}
