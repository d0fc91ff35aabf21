//! Every link of the built book leads somewhere, and no page loads anything from another machine.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use html5ever::interface::TokenizerResult;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

/// The pages of a built book, in order of their names.
pub(super) fn pages(book: &Path) -> io::Result<Vec<PathBuf>> {
    files(book, "html")
}

/// The files of a built book with this extension, in order of their names.
pub(super) fn files(book: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![book.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(end) if end == extension => files.push(path),
                _ => {}
            }
        }
    }
    files.sort();
    Ok(files)
}

/// The links that lead nowhere, and what is loaded from elsewhere: a line each.
pub(super) fn broken(book: &Path) -> io::Result<Vec<String>> {
    let mut read = HashMap::new();
    for page in pages(book)? {
        let html = fs::read_to_string(&page)?;
        read.insert(page, Page::read(&html));
    }
    let mut broken = Vec::new();
    for page in pages(book)? {
        let name = page.strip_prefix(book).unwrap_or(&page).display();
        for Link { to, is_loaded } in &read[&page].links {
            if *is_loaded && is_elsewhere(to) {
                broken.push(format!("{name} loads {to} from another machine"));
            }
            if !leads_somewhere(&page, to, &read) {
                broken.push(format!("{name} has a link to {to}, which is not there"));
            }
        }
    }
    broken.dedup();
    Ok(broken)
}

/// What a page links to, and what can be linked to in it.
#[derive(Default)]
struct Page {
    ids: HashSet<String>,
    links: Vec<Link>,
}

/// An address in a page.
struct Link {
    to: String,
    /// Whether the page loads it by itself, as it does a picture.
    is_loaded: bool,
}

impl Page {
    fn read(html: &str) -> Page {
        let reader = Tokenizer::new(Reader::default(), TokenizerOpts::default());
        let input = BufferQueue::default();
        input.push_back(StrTendril::from_slice(html));
        // It stops behind each script, for a browser to run that.
        while let TokenizerResult::Script(()) = reader.feed(&input) {}
        reader.end();
        reader.sink.0.into_inner()
    }
}

/// Takes what matters from the tags of a page.
#[derive(Default)]
struct Reader(RefCell<Page>);

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let Token::TagToken(tag) = token else { return TokenSinkResult::Continue };
        if tag.kind == TagKind::EndTag {
            return TokenSinkResult::Continue;
        }
        let mut page = self.0.borrow_mut();
        for attribute in tag.attrs {
            let value = attribute.value.to_string();
            match &*attribute.name.local {
                "id" => drop(page.ids.insert(value)),
                "src" => page.links.push(Link { to: value, is_loaded: true }),
                "href" => {
                    let is_loaded = &*tag.name == "link";
                    page.links.push(Link { to: value, is_loaded });
                }
                _ => {}
            }
        }
        // What looks like a tag within these is none.
        match &*tag.name {
            "script" => TokenSinkResult::RawData(RawKind::ScriptData),
            "style" => TokenSinkResult::RawData(RawKind::Rawtext),
            "title" | "textarea" => TokenSinkResult::RawData(RawKind::Rcdata),
            _ => TokenSinkResult::Continue,
        }
    }
}

fn is_elsewhere(link: &str) -> bool {
    link.starts_with("//") || (link.contains("://") && !link.starts_with("http://127.0.0.1"))
}

fn leads_somewhere(page: &Path, link: &str, pages: &HashMap<PathBuf, Page>) -> bool {
    if link.contains("://") || link.starts_with("data:") || link.starts_with("mailto:") {
        return true;
    }
    let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
    let path = path.split('?').next().unwrap_or_default();
    let target = match path {
        "" => page.to_path_buf(),
        path => normal(&page.with_file_name(path)),
    };
    match pages.get(&target) {
        Some(page) => fragment.is_empty() || page.ids.contains(fragment),
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

#[cfg(test)]
mod tests {
    use super::Page;

    #[test]
    fn only_the_attributes_of_tags_are_links() {
        let html = "<!doctype html><title><a href=title></title><link rel=icon href='a.png'>\
                    <script>\"<a href='script'>\"</script><script src=\"b.js\"></script>\
                    <p ID=p title=\"<a href='text'>\">&lt;a href=c&gt;<a href=\"d.html?x&amp;y#z\">";
        let page = Page::read(html);
        let links: Vec<_> =
            page.links.iter().map(|link| (link.to.as_str(), link.is_loaded)).collect();
        assert_eq!(links, [("a.png", true), ("b.js", true), ("d.html?x&y#z", false)]);
        assert!(page.ids.contains("p") && page.ids.len() == 1);
    }
}
