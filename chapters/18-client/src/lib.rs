//! Chapter 18, The other end: a client.

mod address;
mod backoff;
mod client;
mod desk;
mod layers;
mod letters;
mod masks;
mod opening;
mod program;
mod settings;
mod talk;
mod transport;
mod unacknowledged;

pub use address::Address;
pub use backoff::{Backoff, chance};
pub use client::Client;
pub use desk::{Desk, Over};
pub use layers::{Layers, Told, Unmasked};
pub use letters::{LETTERS, Letter, read_lines, read_socket};
pub use masks::{MaskedWriter, Random, masked, random};
pub use opening::{Answer, Refused, Wish};
pub use program::run;
pub use settings::Settings;
pub use talk::Talk;
pub use transport::{Transport, trust};
pub use unacknowledged::{Resend, Unacknowledged};
