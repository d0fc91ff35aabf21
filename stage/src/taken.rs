//! What a process has taken of its system, where that tells.

use std::fs;

/// The resident memory of a process, in bytes, to the page. `None` where the system does not say.
pub fn memory(process: u32) -> Option<u64> {
    // The number in `status` is as old as the last time when a processor told its own count.
    let pages = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    let line = pages.lines().find_map(|line| line.strip_prefix("Rss:"))?;
    Some(line.split_ascii_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

/// How many descriptors a process has open. `None` as above.
pub fn descriptors(process: u32) -> Option<usize> {
    Some(fs::read_dir(format!("/proc/{process}/fd")).ok()?.count())
}
