//! Chapter 12, No mercy: one table of rules, and a close code for each.

use super::Script;

pub(super) const SCRIPTS: &[(&str, Script)] = &[];
