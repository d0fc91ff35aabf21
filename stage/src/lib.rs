//! The stage on which conversations are recorded: scripted clients, a server as a process with its terminal
//! read along, and a tap that stands between any client and any server. The chapters' tests and the workshop
//! use it; no chapter's server does.

mod carry;
mod client;
mod program;
mod server;
mod stage;
mod taken;
mod tap;
mod waiting;

pub use carry::carry;
pub use client::{Client, Trouble};
pub use program::{Exit, Program, at_first_interrupt, end_all};
pub use server::{ENDING, Server, StartError};
pub use stage::Stage;
pub use taken::{descriptors, memory};
pub use tap::{Relay, Tap};
