//! When a client that has lost its server tries again (RFC 6455, section 7.2.3).

use std::time::Duration;

use crate::Random;

// ANCHOR: backoff
/// Before the first attempt, a client waits for up to so long.
const FIRST: Duration = Duration::from_secs(5);

/// And before no attempt for longer than so long.
const LONGEST: Duration = Duration::from_secs(60);

/// How often it has been tried.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backoff {
    attempts: u32,
}

impl Backoff {
    /// How long to wait before the next attempt, with a `chance` from 0 to 1: truncated binary exponential
    /// backoff, with all of it left to chance.
    pub fn wait(&mut self, chance: f64) -> Duration {
        // YOURS: How much longer than before, and up to where?
        let most = FIRST.saturating_mul(2_u32.saturating_pow(self.attempts)).min(LONGEST);
        self.attempts += 1;
        most.mul_f64(chance)
        // YOURS_END
    }

    /// A connection has lasted for so long. A server that lets us in and throws us out is no better than one
    /// that is not there.
    pub fn lasted(&mut self, time: Duration) {
        if time >= LONGEST {
            self.attempts = 0;
        }
    }
}

/// A number from 0 to 1, by chance.
pub fn chance(random: Random) -> f64 {
    let mut bytes = [0; 4];
    random(&mut bytes);
    f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX)
}
// ANCHOR_END: backoff
