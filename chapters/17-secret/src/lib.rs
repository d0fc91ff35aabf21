//! Chapter 17, Secret: TLS between the loop and everything that it serves.

mod certificate;
mod secure;
mod serve;
mod session;

pub use certificate::{Certificate, config, self_signed};
pub use secure::{Rules, Sealed, Secure};
pub use serve::{Settings, serve};
