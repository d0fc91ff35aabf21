//! Chapter 16, Speed: measured, and then made faster, one technique at a time.

mod branch;
mod bus;
mod event_loop;
mod lines;
mod resting;
mod serve;

pub use branch::{Branch, Mail};
pub use bus::{Bus, Local, Shared, Tray};
pub use event_loop::{Door, EventLoop};
pub use lines::Lines;
pub use resting::{Rest, Resting};
pub use serve::{Settings, accept, host, serve, serve_on_loops};
