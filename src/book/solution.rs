//! The solution of a chapter in its page: what is written in place of the questions of its skeleton. The page opens
//! it for readers who have tried.

use std::path::Path;

use super::html::escaped;
use super::pieces::between;
use crate::chapters::{self, Chapter};
use crate::own;

/// How the place begins in which the solution of a chapter comes.
const PLACE: &str = "<div class=\"solution\" data-chapter=\"";

/// The place for the solution of a chapter. It is filled in the page alone: paper and the search have no use for it.
pub(super) fn place(chapter: &str) -> Result<String, String> {
    let number =
        chapter.parse().map_err(|_| format!("{chapter} is not the number of a chapter"))?;
    chapters::find(number)?;
    Ok(format!("{PLACE}{number}\"></div>\n"))
}

/// Fills the place in the text of a page, if it has one.
pub(super) fn put(course: &Path, text: &str) -> anyhow::Result<String> {
    let Some((number, _)) = between(text, PLACE, "\"") else { return Ok(text.to_owned()) };
    let chapter = chapters::find(number.parse()?).map_err(anyhow::Error::msg)?;
    let empty = format!("{PLACE}{number}\"></div>");
    Ok(text.replacen(&empty, &solution(course, &chapter)?, 1))
}

fn solution(course: &Path, chapter: &Chapter) -> anyhow::Result<String> {
    let mut files = String::new();
    for (name, difference) in own::solution(course, chapter)? {
        let lines: String = difference.lines().map(line).collect();
        // Lines of one kind that follow each other are one change.
        let lines = lines.replace("</ins><ins>", "").replace("</del><del>", "");
        files += &format!(
            "<figure class=\"difference\"><figcaption>{}</figcaption>\n\
             <pre><code class=\"nohighlight\">{lines}</code></pre></figure>\n",
            escaped(&name)
        );
    }
    let number = chapter.number;
    Ok(format!(
        "<details class=\"solution\" data-chapter=\"{number}\"><summary>The solution, as a difference</summary>\n\
         <p>The lines with − are the questions that <code>start --chapter {number}</code> gives you. The lines \
         with + are what we wrote in their place.</p>\n{files}</details>"
    ))
}

/// A line of a difference says by its first letter what it is.
fn line(line: &str) -> String {
    let text = escaped(line);
    match line.chars().next() {
        Some('+') => format!("<ins>{text}\n</ins>"),
        Some('-') => format!("<del>{text}\n</del>"),
        Some('@') => format!("<i>{text}\n</i>"),
        _ => format!("{text}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::{place, put};
    use crate::book::course;

    #[test]
    fn a_place_is_filled_with_what_the_skeleton_lacks() {
        let page = format!("<p>Yours</p>\n{}<p>on</p>", place("3").expect("a chapter"));
        let filled = put(&course(), &page).expect("the course's sources");
        assert!(filled.starts_with("<p>Yours</p>\n<details class=\"solution\""), "{filled}");
        assert!(filled.contains("<del>-") && filled.contains("<ins>+"), "{filled}");
        assert!(
            !filled.contains("</ins><ins>"),
            "lines that follow each other are one change: {filled}"
        );
        assert!(filled.ends_with("</details>\n<p>on</p>"), "{filled}");
    }

    #[test]
    fn only_a_chapter_with_a_server_has_a_solution() {
        assert!(place("0").is_err());
        assert!(place("x").is_err_and(|error| error.contains("x is not the number")));
    }
}
