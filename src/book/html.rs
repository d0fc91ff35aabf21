//! Text and data on their way into HTML.

use serde::Serialize;
use serde_json::Value;

/// A text that HTML shows as it is, also within an attribute.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A text with a capital letter.
pub(crate) fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// How an element with data begins and ends.
const DATA: (&str, &str) = ("<script type=\"application/json\" class=\"", "</script>");

/// An element that shows nothing and holds data for a script, which finds it by its class.
pub(super) fn data(class: &str, data: &impl Serialize) -> Result<String, String> {
    let (begins, ends) = DATA;
    Ok(format!("{begins}{class}\">{}{ends}", json(data)?))
}

fn json(data: &impl Serialize) -> Result<String, String> {
    let json = serde_json::to_string(data).map_err(|error| error.to_string())?;
    // Within a script element only this would be taken for HTML.
    Ok(json.replace('<', "\\u003c"))
}

/// A page with its data of these classes changed, one after the other.
pub(super) fn with_data(
    page: &str,
    classes: &[&str],
    mut change: impl FnMut(&mut Value),
) -> Result<String, String> {
    let (begins, ends) = DATA;
    let mut parts = page.split(begins);
    let mut changed = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        changed += begins;
        let data = part.split_once("\">").filter(|(class, _)| classes.contains(class));
        let Some((class, (text, after))) =
            data.and_then(|(class, rest)| Some((class, rest.split_once(ends)?)))
        else {
            changed += part;
            continue;
        };
        let mut data = serde_json::from_str(text).map_err(|error| error.to_string())?;
        change(&mut data);
        changed.extend([class, "\">", &json(&data)?, ends, after]);
    }
    Ok(changed)
}

/// A page without its data, where no script will read it.
pub(super) fn without_data(page: &str) -> String {
    without(page, DATA, |_| false)
}

/// A text without what begins and ends with these two marks, but for what is kept. What does not end goes to the end.
pub(super) fn without(
    text: &str,
    (begins, ends): (&str, &str),
    mut keeps: impl FnMut(&str) -> bool,
) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(begins) {
        let (inner, after) = behind.split_once(ends).unwrap_or((behind, ""));
        kept += before;
        if keeps(inner) {
            kept.extend([begins, inner, ends]);
        }
        rest = after;
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use super::{data, without_data};

    #[test]
    fn data_can_be_taken_out_again() {
        let page =
            format!("a{}b{}", data("x", &"</script>").expect("data"), data("y", &1).expect("data"));
        assert_eq!(without_data(&page), "ab");
        assert_eq!(without_data("none"), "none");
    }
}
