//! Chapter 14, Smaller: permessage-deflate.

use super::Script;

pub(super) const SCRIPTS: &[(&str, Script)] = &[];
