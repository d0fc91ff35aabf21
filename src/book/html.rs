//! Text and data on their way into HTML.

use serde::Serialize;

/// A text that HTML shows as it is, also within an attribute.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// How an element with data begins and ends.
const DATA: (&str, &str) = ("<script type=\"application/json\" class=\"", "</script>");

/// An element that shows nothing and holds data for a script, which finds it by its class.
pub(super) fn data(class: &str, data: &impl Serialize) -> Result<String, String> {
    let json = serde_json::to_string(data).map_err(|error| error.to_string())?;
    // Within a script element only this would be taken for HTML.
    let json = json.replace('<', "\\u003c");
    let (begins, ends) = DATA;
    Ok(format!("{begins}{class}\">{json}{ends}"))
}

/// A page without its data, where no script will read it.
pub(super) fn without_data(page: &str) -> String {
    let mut parts = page.split(DATA.0);
    let first = parts.next().unwrap_or_default();
    let rest = parts.map(|rest| rest.split_once(DATA.1).map_or("", |(_, after)| after));
    first.to_owned() + &rest.collect::<String>()
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
