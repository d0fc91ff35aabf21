//! Chapter 13, Who may come in: the opening handshake to the letter, and an Origin that is looked at.

use super::Script;

pub(super) const SCRIPTS: &[(&str, Script)] = &[];
