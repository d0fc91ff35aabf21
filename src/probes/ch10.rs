//! Chapter 10, Ping, pong, goodbye: control frames, and the closing handshake.

use super::Script;

pub(super) const SCRIPTS: &[(&str, Script)] = &[];
