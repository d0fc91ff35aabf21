//! A frame to play with.

use std::path::Path;

use ch00_wire::{hex, rfc_request};

use super::figures;
use super::html::escaped;

/// The place of the frame that `book/theme/play.js` makes, with the request that has to be sent before it. Without the
/// script, and on paper, it is a recorded frame.
pub(super) fn frame(
    course: &Path,
    name: &str,
    event: &str,
    caption: &str,
) -> Result<String, String> {
    let recorded = figures::recording(course, name, Some(event), caption)?;
    let request = hex(&rfc_request());
    Ok(format!(
        "<section class=\"play\" aria-label=\"A frame to play with: {}\" data-request=\"{request}\">\n\n\
         {recorded}\n</section>\n",
        escaped(caption)
    ))
}
