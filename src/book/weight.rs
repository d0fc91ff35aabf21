//! What makes a page light: one script in place of many, the search's only when somebody searches, and no bytes that
//! nobody reads.

use std::collections::HashMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use anyhow::{Context, Result};

use super::html::without;
use super::links;

/// Around the text of a page. The scripts that can wait until it is there stand after it.
const TEXT_BEGINS: &str = "<main>";
const TEXT_ENDS: &str = "</main>";

/// What the names of the search's scripts begin with.
const SEARCH: [&str; 3] = ["elasticlunr-", "mark-", "searcher-"];

/// Scripts and styles that only some pages need: what their names begin with, and what such a page has in it.
const SELDOM: [(&str, &str); 2] =
    [("theme/decode-", "class=\"play\""), ("theme/play-", "class=\"play\"")];

/// How a page asks for a style.
const STYLE: (&str, &str) = ("<link rel=\"stylesheet\" href=\"", "\">\n");

/// How a page asks for a script.
const BEGINS: &str = "<script src=\"";
const ENDS: &str = "\"></script>";

/// What each picture of a button begins with: once in a page is enough.
const LICENSE: (&str, &str) = ("<!--! Font Awesome", "-->");

/// What a drawing says only where it is a file of its own.
const NAMESPACE: &str = " xmlns=\"http://www.w3.org/2000/svg\"";

/// Pictures that mdBook has ready for code that runs, can be edited or hides lines, which no page of ours has.
const PICTURES: [&str; 4] = ["fa-eye", "fa-eye-slash", "fa-play", "fa-clock-rotate-left"];

/// What the name of the script with the table of contents begins with: each page loads it before its text.
const CONTENTS: &str = "toc-";

/// Makes the pages of a built book lighter, and changes nothing that can be seen.
pub(super) fn lighten(built: &Path) -> Result<()> {
    join_scripts(built)?;
    for style in links::files(built, "css")? {
        let css = fs::read_to_string(&style)?;
        fs::write(&style, dense(&without_comments(&css)))?;
    }
    for script in links::files(built, "js")? {
        let name = script.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(CONTENTS) {
            fs::write(&script, shortened(fs::read_to_string(&script)?))?;
        }
    }
    Ok(())
}

/// A style without the room that means nothing. In a line with a text, all of it may mean something.
fn dense(css: &str) -> String {
    let lines = css.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.fold(String::new(), |all, line| {
        let line = match line.contains(['"', '\'']) {
            true => line.to_owned(),
            false => line.replace(": ", ":").replace(" {", "{"),
        };
        let end = if line.ends_with(['{', '}', ';', ',']) { "" } else { "\n" };
        all + &line + end
    })
}

/// What surrounds the text of a page, without comments, but for those about a license, without the room before its lines,
/// and without empty lines.
fn without_room(text: &str) -> String {
    let text = without(text, ("<!--", "-->"), |comment| comment.contains("icense"));
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// A page without the room before and after its text, whose own room counts, without styles that it does not need, and
/// without what its drawings need not say.
fn closely(html: &str) -> String {
    let html = PICTURES.iter().fold(html.replace(NAMESPACE, ""), |html, picture| {
        without(&html, (&format!("<template id={picture}>"), "</template>"), |_| false)
    });
    let html = without(&html, STYLE, |name| is_needed(name, &html));
    let parts = html.split_once(TEXT_BEGINS).and_then(|(head, rest)| {
        let (text, foot) = rest.rsplit_once(TEXT_ENDS)?;
        Some((without_room(head), text, without_room(foot)))
    });
    match parts {
        Some((head, text, foot)) => format!("{head}\n{TEXT_BEGINS}{text}{TEXT_ENDS}\n{foot}\n"),
        None => html,
    }
}

/// A style without its comments, but for those about a license.
fn without_comments(css: &str) -> String {
    without(css, ("/*", "*/"), |comment| comment.contains("icense"))
}

/// Makes one script of those that each page loads after its text.
fn join_scripts(built: &Path) -> Result<()> {
    let mut joined = HashMap::new();
    for page in links::pages(built)? {
        let html = closely(&licensed_once(&fs::read_to_string(&page)?));
        let Some((head, rest)) = html.split_once(TEXT_ENDS) else { continue };
        let (names, rest) = without_scripts(rest);
        let (search, mut own): (Vec<_>, Vec<_>) =
            names.into_iter().partition(|name| is_search(name));
        own.retain(|name| is_needed(name, head));
        if own.is_empty() {
            continue;
        }
        if !joined.contains_key(&own) {
            let name = write(built, &own)?;
            joined.insert(own.clone(), name);
        }
        let script = format!(
            "<script src=\"{}\" data-search=\"{}\"></script>\n</body>",
            joined[&own],
            search.join(" ")
        );
        fs::write(&page, format!("{head}{TEXT_ENDS}{}", rest.replacen("</body>", &script, 1)))?;
    }
    Ok(())
}

/// A page with the first of its notices about the license of its pictures, and without the same ones after it.
fn licensed_once(html: &str) -> String {
    let mut is_first = true;
    without(html, LICENSE, |_| std::mem::take(&mut is_first))
}

/// The names of the scripts of a part of a page, and that part without them.
fn without_scripts(mut html: &str) -> (Vec<String>, String) {
    let (mut names, mut rest) = (Vec::new(), String::new());
    while let Some((before, script)) = html.split_once(BEGINS) {
        let Some((name, after)) = script.split_once(ENDS) else { break };
        names.push(name.to_owned());
        rest += before;
        html = after;
    }
    (names, rest + html)
}

fn is_search(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    SEARCH.iter().any(|begins| file.starts_with(begins))
}

fn is_needed(name: &str, page: &str) -> bool {
    SELDOM.iter().all(|(begins, mark)| !name.contains(begins) || page.contains(mark))
}

/// Writes the scripts into one, whose name changes with what is in it, and says that name.
fn write(built: &Path, names: &[String]) -> Result<String> {
    let mut all = String::new();
    for name in names {
        let file = name.trim_start_matches('/');
        let script =
            fs::read_to_string(built.join(file)).with_context(|| format!("no script {name}"))?;
        all += &shortened(script);
        // A script may end without a semicolon, or with a comment.
        all += "\n;\n";
    }
    let mut hasher = DefaultHasher::new();
    all.hash(&mut hasher);
    let name = format!("scripts-{:016x}.js", hasher.finish());
    fs::write(built.join(&name), all)?;
    Ok(name)
}

/// A script without its comments, and without the room before its lines: a quarter of the bytes of ours. A text that goes on
/// over several lines would lose its room too, so a script with one stays as it is.
fn shortened(script: String) -> String {
    let lines = script.lines().map(str::trim_start).filter(|line| !line.starts_with("//"));
    if lines.clone().any(|line| line.matches('`').count() % 2 == 1) {
        return script;
    }
    lines.fold(String::new(), |all, line| all + line + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_taken_out_of_a_page_in_their_order() {
        let page =
            "a<script src=\"b.js\"></script>c<script>d</script><script src=\"e/f.js\"></script>g";
        let (names, rest) = without_scripts(page);
        assert_eq!(names, ["b.js", "e/f.js"]);
        assert_eq!(rest, "ac<script>d</script>g");
    }

    #[test]
    fn a_style_keeps_its_license() {
        let css = "/* why */a{}/* MIT License */b{}";
        assert_eq!(without_comments(css), "a{}/* MIT License */b{}");
    }

    #[test]
    fn a_notice_comes_once() {
        let notice = "<!--! Font Awesome Free -->";
        let page = format!("a{notice}b{notice}c{notice}d");
        assert_eq!(licensed_once(&page), format!("a{notice}bcd"));
        assert_eq!(licensed_once("none"), "none");
    }

    #[test]
    fn a_style_is_dense_but_its_texts_are_not() {
        let css = "a :hover,\nb {\n  color: red;\n  content: \": {\";\n}\n\nc\nd {\n}\n";
        assert_eq!(dense(css), "a :hover,b{color:red;content: \": {\";}c\nd{}");
    }

    #[test]
    fn a_page_has_room_only_in_its_text() {
        let page = format!(
            "<html>\n\n    <head>\n<!-- why -->\n  <main>\n  <pre>\n\n  a</pre><svg{NAMESPACE}></svg>\n</main>\n\n    </html>\n"
        );
        let close = "<html>\n<head>\n<main>\n  <pre>\n\n  a</pre><svg></svg>\n</main>\n</html>\n";
        assert_eq!(closely(&page), close);
        assert_eq!(closely("  none"), "  none");
    }

    #[test]
    fn a_script_is_shortened_but_its_texts_are_not() {
        let script = "f();\n  // why\n  g('// text'); // this\n";
        assert_eq!(shortened(script.to_owned()), "f();\ng('// text'); // this\n");
        let text = "f(`a\n  // b`);\n";
        assert_eq!(shortened(text.to_owned()), text);
    }
}
