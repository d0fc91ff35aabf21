//! Chapter 11, Messages: fragments put together, and UTF-8 judged as it arrives.

use super::Script;

pub(super) const SCRIPTS: &[(&str, Script)] = &[];
