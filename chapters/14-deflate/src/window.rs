//! What both directions share: the end of a message, and the window of what was said before it.

// ANCHOR: window
/// What a sender cuts off the end of each message, and a receiver appends (RFC 7692, section 7.2).
pub(crate) const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// Moves a window of `size` bytes on over what is said. It keeps up to a quarter more, so that it is not
/// moved each time.
pub(crate) fn slide(window: &mut Vec<u8>, said: &[u8], size: usize) {
    // YOURS: Which bytes fall out of the window?
    let said = &said[said.len().saturating_sub(size)..];
    let (room, wanted) = (size + size / 4, window.len() + said.len());
    if wanted > room {
        window.drain(..wanted.saturating_sub(size).min(window.len()));
    } else if wanted > size {
        window.reserve_exact(room - window.len());
    }
    window.extend_from_slice(said);
    // YOURS_END
}
// ANCHOR_END: window
