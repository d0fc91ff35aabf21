//! Chapter 15, Under pressure: clients that do not read, never finish or never leave, and a server that
//! ends well.

mod counters;
mod deadlines;
mod event_loop;
mod host;
mod links;
mod lively;
mod mailbox;
mod program;
mod report;
mod seen;
mod serve;
mod settings;

pub use counters::Counters;
pub use deadlines::Deadlines;
pub use event_loop::EventLoop;
pub use host::{Host, Letter, Limits};
pub use links::{Excess, Links, Patience, TooSlow};
pub use lively::{Lively, Patient};
pub use mailbox::Mailbox;
pub use program::{log_to_terminal, on_stop, run, run_prepared};
pub use seen::{Pulse, Seen};
pub use serve::{Frames, host, serve, start};
pub use settings::Settings;
