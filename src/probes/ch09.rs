//! Chapter 09, In pieces: frames from a stream, however it is cut.

use super::Script;

pub(super) const SCRIPTS: &[(&str, Script)] = &[];
