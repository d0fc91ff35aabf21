//! How many promises and questions each chapter has: a page needs it of all chapters, for the sidebar.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::html::data;
use crate::chapters::ALL;
use crate::probes;

/// The chapters' counts as an element that shows nothing.
pub(super) fn of(built: &Path) -> anyhow::Result<String> {
    let mut chapters = Vec::new();
    for chapter in ALL {
        let page = format!("{}.html", chapter.slug);
        let questions = fs::read_to_string(built.join(&page))?.matches("class=\"quiz\"").count();
        let promises = probes::all().iter().filter(|probe| probe.chapter == chapter.number);
        chapters.push(json!({
            "number": chapter.number,
            "page": chapter.slug,
            "promises": promises.count(),
            "questions": questions,
        }));
    }
    Ok(data("chapters", &chapters).map_err(anyhow::Error::msg)? + "\n")
}
