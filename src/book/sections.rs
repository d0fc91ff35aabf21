//! "On this page": the list of a page's sections, below its title. A wide window shows it beside the text.

use super::pieces::{attribute, between, without_links};

/// A page with fewer sections has no list, nor has one with more, which is a list itself.
const FEWEST: usize = 3;
const MOST: usize = 30;

/// The text of a page, with the list of its sections behind its title.
pub(super) fn listed(text: &str) -> String {
    let sections: Vec<String> = text.split("<h2").skip(1).filter_map(line).collect();
    let Some((title, rest)) = text.split_once("</h1>") else { return text.to_owned() };
    if !(FEWEST..=MOST).contains(&sections.len()) {
        return text.to_owned();
    }
    let lines = sections.concat();
    format!(
        "{title}</h1>\n<nav class=\"sections\" aria-label=\"On this page\"><details>\
         <summary>On this page</summary>\n<ul>\n{lines}</ul>\n</details></nav>{rest}"
    )
}

/// The line of a section, from behind the beginning of its heading's tag.
fn line(heading: &str) -> Option<String> {
    let (inner, _) = between(heading, ">", "</h2>")?;
    let anchor = attribute(heading.split('>').next()?, "id")?;
    Some(format!("<li><a href=\"#{anchor}\">{}</a></li>\n", without_links(inner)))
}

#[cfg(test)]
mod tests {
    use super::listed;

    fn page(sections: usize) -> String {
        let section = |number| {
            format!(
                "<h2 id=\"s{number}\"><a class=\"header\" href=\"#s{number}\">The <code>{number}</code></a></h2>\n"
            )
        };
        format!("<h1 id=\"t\">T</h1>\n{}", (0..sections).map(section).collect::<String>())
    }

    #[test]
    fn a_page_with_sections_lists_them() {
        let listed = listed(&page(3));
        assert!(listed.starts_with("<h1 id=\"t\">T</h1>\n<nav class=\"sections\""), "{listed}");
        assert!(listed.contains("<li><a href=\"#s2\">The <code>2</code></a></li>"), "{listed}");
    }

    #[test]
    fn a_page_with_few_or_very_many_stays_as_it_is() {
        for sections in [0, 2, 31] {
            assert_eq!(listed(&page(sections)), page(sections));
        }
    }
}
