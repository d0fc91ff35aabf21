//! Mistakes with requests, chapter 13.

use ch06_select::{Emit, End};
use ch08_hixie::Dialect;
use ch13_door::Door;

use super::Frames;
use super::deflate::agree;

/// Answers a whole head.
pub fn start(door: &Door, head: &[u8], emit: Emit<'_>) -> Result<Dialect<Frames>, End> {
    ch13_door::start(door, agree, head, emit)
}
