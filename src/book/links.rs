//! Every link of the built book leads somewhere, and no page loads anything from another machine.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The pages of a built book, in order of their names.
pub(super) fn pages(book: &Path) -> io::Result<Vec<PathBuf>> {
    let mut pages = Vec::new();
    let mut folders = vec![book.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(extension) if extension == "html" => pages.push(path),
                _ => {}
            }
        }
    }
    pages.sort();
    Ok(pages)
}

/// The links that lead nowhere, and what is loaded from elsewhere: a line each.
pub(super) fn broken(book: &Path) -> io::Result<Vec<String>> {
    let mut ids = HashMap::new();
    let mut texts = Vec::new();
    for page in pages(book)? {
        let html = fs::read_to_string(&page)?;
        ids.insert(page.clone(), values(&html, "id").into_iter().collect::<HashSet<_>>());
        texts.push((page, html));
    }
    let mut broken = Vec::new();
    for (page, html) in &texts {
        let name = page.strip_prefix(book).unwrap_or(page).display();
        let styles = html.split("<link").skip(1).filter_map(|tag| tag.split('>').next());
        let sources = values(html, "src");
        let styles: Vec<String> =
            styles.flat_map(|tag| values(&format!("<{tag}>"), "href")).collect();
        for source in styles.iter().chain(&sources).filter(|source| is_elsewhere(source)) {
            broken.push(format!("{name} loads {source} from another machine"));
        }
        for link in values(html, "href").iter().chain(&sources) {
            if !leads_somewhere(page, link, &ids) {
                broken.push(format!("{name} has a link to {link}, which is not there"));
            }
        }
    }
    broken.dedup();
    Ok(broken)
}

fn is_elsewhere(link: &str) -> bool {
    link.starts_with("//") || (link.contains("://") && !link.starts_with("http://127.0.0.1"))
}

fn leads_somewhere(page: &Path, link: &str, ids: &HashMap<PathBuf, HashSet<String>>) -> bool {
    if link.contains("://") || link.starts_with("data:") || link.starts_with("mailto:") {
        return true;
    }
    let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
    let path = path.split('?').next().unwrap_or_default();
    let target = match path {
        "" => page.to_path_buf(),
        path => normal(&page.with_file_name(path)),
    };
    match ids.get(&target) {
        Some(ids) => fragment.is_empty() || ids.contains(fragment),
        None => target.exists(),
    }
}

/// A path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => drop(out.pop()),
            std::path::Component::CurDir => {}
            part => out.push(part),
        }
    }
    out
}

/// The values of an attribute in a page. What stands inside a script, or in a text, is no attribute.
fn values(html: &str, attribute: &str) -> Vec<String> {
    let start = format!(" {attribute}=\"");
    let mut pieces = html.split("<script");
    let mut markup = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let tag = piece.split('>').next().unwrap_or_default();
        let after = piece.split_once("</script>").map_or("", |(_, after)| after);
        markup.extend(["<", tag, ">", after]);
    }
    let tags = markup.split('<').skip(1).filter_map(|rest| rest.split('>').next());
    let values = tags.flat_map(|tag| tag.split(&start).skip(1));
    let values = values.filter_map(|rest| rest.split('"').next());
    values.map(|value| value.replace("&amp;", "&")).collect()
}
