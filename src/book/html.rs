//! Text and data on their way into HTML.

use serde::Serialize;

/// A text that HTML shows as it is, also within an attribute.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// An element that shows nothing and holds data for a script, which finds it by its class.
pub(super) fn data(class: &str, data: &impl Serialize) -> Result<String, String> {
    let json = serde_json::to_string(data).map_err(|error| error.to_string())?;
    // Within a script element only this would be taken for HTML.
    let json = json.replace('<', "\\u003c");
    Ok(format!("<script type=\"application/json\" class=\"{class}\">{json}</script>"))
}
