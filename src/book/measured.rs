//! What a technique of chapter 16 costs, before and after: what its example has measured.

use std::fs;
use std::path::Path;

use serde::Deserialize;

/// What the example `steps` has written.
const FILE: &str = "bench/steps.json";

/// One technique, measured: the times are in nanoseconds.
#[derive(Deserialize)]
struct Measured {
    name: String,
    what: String,
    before: u64,
    after: u64,
}

/// A line about one of them.
pub(super) fn step(course: &Path, name: &str) -> Result<String, String> {
    let all = read(course)?;
    let one = all.iter().find(|one| one.name == name);
    let Measured { what, before, after, .. } =
        one.ok_or_else(|| format!("{FILE} knows no step {name:?}"))?;
    let [times, before, after] = [ratio(*before, *after), time(*before), time(*after)];
    Ok(format!(
        "<p class=\"measured\"><strong>Measured:</strong> {what}: {before} before, {after} after, <strong>{times} \
         times</strong> as fast.</p>\n"
    ))
}

fn read(course: &Path) -> Result<Vec<Measured>, String> {
    let text = fs::read_to_string(course.join(FILE)).map_err(|error| format!("{FILE}: {error}"))?;
    serde_json::from_str(&text).map_err(|error| format!("{FILE}: {error}"))
}

fn ratio(before: u64, after: u64) -> String {
    format!("{:.1}", before as f64 / after.max(1) as f64)
}

fn time(nanoseconds: u64) -> String {
    match nanoseconds {
        ..1_000 => format!("{nanoseconds} ns"),
        _ => format!("{:.1} µs", nanoseconds as f64 / 1_000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_ratios_are_short() {
        assert_eq!(time(999), "999 ns");
        assert_eq!(time(12_345), "12.3 µs");
        assert_eq!(ratio(900, 100), "9.0");
        assert_eq!(ratio(5, 0), "5.0");
    }
}
