//! Chapter 16, Speed: measured, and then made faster, one technique at a time.

mod branch;
mod bus;
mod serve;

pub use branch::{Branch, Mail};
pub use bus::{Bus, Local, Shared};
pub use serve::{Settings, serve};
