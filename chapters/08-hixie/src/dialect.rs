//! The choice: a request says which protocol its connection speaks.

use ch02_key::{Request, bad_request};
use ch06_select::{Emit, End, Event, Protocol};

use crate::frames::{OlderFrames, OlderWriter};
use crate::handshake::{OlderRequest, Version};

// ANCHOR: dialect
/// What a connection speaks once its request has been answered.
#[derive(Debug, PartialEq, Eq)]
pub enum Dialect<F> {
    /// The protocol of RFC 6455.
    Newer(F),
    /// That of 2010: Hixie-76 or Hixie-75.
    Older(OlderFrames),
}

impl<F: Protocol> Protocol for Dialect<F> {
    fn receive(&mut self, bytes: &mut [u8], emit: Emit<'_>) -> Result<(), End> {
        match self {
            Dialect::Newer(frames) => frames.receive(bytes, emit),
            Dialect::Older(frames) => frames.receive(bytes, emit),
        }
    }
}
// ANCHOR_END: dialect

// ANCHOR: start
/// Answers a whole head: an older request here, any other as in chapter 07.
pub fn start<F: Default>(head: &[u8], emit: Emit<'_>) -> Result<Dialect<F>, End> {
    // YOURS: Which of the two handshakes does this head ask for?
    match Request::parse(head).ok().and_then(|request| OlderRequest::find(&request)) {
        None => ch07_room::start(head, emit).map(Dialect::Newer),
        Some(Ok(request)) => Ok(Dialect::Older(start_older(&request, emit))),
        Some(Err(why)) => Err(End { last: bad_request(&why).into(), why: format!("400: {why}") }),
    }
    // YOURS_END
}

/// The head leaves before the eight bytes after the client's have come: some proxies of the day held
/// those back until they saw a 101.
fn start_older(request: &OlderRequest, emit: Emit<'_>) -> OlderFrames {
    emit(Event::Send(request.head().as_bytes()));
    match request.version {
        Version::Hixie76(parts) => OlderFrames::with_keys(parts),
        Version::Hixie75 => {
            emit(Event::Opened(Box::new(OlderWriter)));
            OlderFrames::without_keys()
        }
    }
}
// ANCHOR_END: start
