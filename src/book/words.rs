//! The words of the glossary, explained where they are read: a button for the first of each in a page, and what it
//! shows. Browsers open it without a script.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::pieces::{Piece, attribute, between, name, pieces, without_links};

/// The page that has the words.
const PAGE: &str = "glossary.html";

/// Words that are more often an ordinary word of the language. Where the term is meant, the page links to it.
const ORDINARY: [&str; 19] = [
    "app",
    "arm",
    "body",
    "drop",
    "echo",
    "extension",
    "flush",
    "form",
    "head",
    "key",
    "ladder",
    "option-and-result",
    "reset",
    "service",
    "slice",
    "stack",
    "turn",
    "vector",
    "zoo",
];

/// Elements whose text is explained, and those within them whose text is not.
const PROSE: [&str; 2] = ["p", "li"];
const NOT_PROSE: [&str; 12] = [
    "a",
    "button",
    "code",
    "dl",
    "figcaption",
    "figure",
    "h1",
    "pre",
    "script",
    "section",
    "summary",
    "svg",
];

/// The words of the glossary.
pub(super) struct Glossary(Vec<Term>);

struct Term {
    /// Its anchor in the glossary.
    id: String,
    /// As the glossary writes it.
    name: String,
    /// The first paragraph about it, without links: a click on one would end a lab.
    says: String,
    /// How it is found in a text: the singular and the plural. A word of every day has none, and is marked only by a link.
    forms: Vec<String>,
    /// Its first byte, in lower case: most terms are told from a text by that.
    first: u8,
}

impl Glossary {
    /// Reads them from a built book.
    pub(super) fn of(built: &Path) -> anyhow::Result<Glossary> {
        let terms = Glossary::read(&fs::read_to_string(built.join(PAGE))?);
        anyhow::ensure!(!terms.0.is_empty(), "{PAGE} explains no words");
        Ok(terms)
    }

    fn read(page: &str) -> Glossary {
        let entries = page.split("<h3 id=\"").skip(1);
        let terms = entries.filter_map(|entry| {
            let (id, rest) = entry.split_once('"')?;
            let (name, rest) = between(rest, ">", "</h3>")?;
            let (says, _) = between(rest, "<p>", "</p>")?;
            let [name, says] = [name, says].map(without_links);
            let forms = if ORDINARY.contains(&id) { Vec::new() } else { forms(&name) };
            let first = name.as_bytes().first()?.to_ascii_lowercase();
            Some(Term { id: id.to_owned(), name, says, forms, first })
        });
        Glossary(terms.collect())
    }

    /// Whether this page is the glossary itself.
    pub(super) fn is_at(file: &Path) -> bool {
        file == Path::new(PAGE)
    }

    /// The text of a page with its words marked, and what they show.
    pub(super) fn explained(&self, text: &str) -> (String, String) {
        // A page that links to a word has chosen the place for it.
        let linked = links(text).filter_map(|id| self.term(id)).map(|term| term.id.as_str());
        let mut marking = Marking {
            glossary: self,
            marked: linked.collect(),
            open: Vec::new(),
            is_button: false,
        };
        let marked = pieces(text).map(|piece| marking.piece(piece)).collect();
        let shown = self.0.iter().filter(|term| marking.marked.contains(term.id.as_str()));
        (marked, shown.map(Term::explanation).collect())
    }

    fn term(&self, id: &str) -> Option<&Term> {
        self.0.iter().find(|term| term.id == id)
    }

    /// The term that a text begins with, and how long it is there.
    fn beginning(&self, text: &str) -> Option<(&Term, usize)> {
        let first = text.as_bytes().first()?.to_ascii_lowercase();
        let terms = self.0.iter().filter(|term| term.first == first);
        let found = terms.filter_map(|term| Some((term, term.length_in(text)?)));
        found.max_by_key(|(_, length)| *length)
    }
}

/// The terms that a page links to.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let tags = pieces(text).filter_map(|piece| match piece {
        Piece::Tag(tag) => attribute(tag, "href"),
        Piece::Text(_) => None,
    });
    tags.filter_map(|to| to.strip_prefix(PAGE)?.strip_prefix('#'))
}

fn forms(name: &str) -> Vec<String> {
    let plurals = ["", "s", "es"].map(|end| format!("{name}{end}"));
    let with_ies = name.strip_suffix('y').map(|stem| format!("{stem}ies"));
    plurals.into_iter().chain(with_ies).collect()
}

impl Term {
    /// How long it is at the beginning of a text.
    fn length_in(&self, text: &str) -> Option<usize> {
        let forms = self.forms.iter().filter(|form| self.is_at(text, form));
        forms.map(String::len).max()
    }

    fn is_at(&self, text: &str, form: &str) -> bool {
        let Some((here, behind)) = text.split_at_checked(form.len()) else { return false };
        if !here.eq_ignore_ascii_case(form) {
            return false;
        }
        let ends = !behind.starts_with(|next: char| next.is_alphanumeric() || "-_".contains(next));
        // An abbreviation has capital letters wherever it is.
        let is_abbreviation = self.name.chars().skip(1).any(char::is_uppercase);
        ends && (here == form || !is_abbreviation)
    }

    fn button(&self, text: &str) -> String {
        format!("{}{text}</button>", self.button_begins())
    }

    fn button_begins(&self) -> String {
        format!("<button type=\"button\" class=\"word\" popovertarget=\"word-{}\">", self.id)
    }

    /// What its button shows.
    fn explanation(&self) -> String {
        let Term { id, name, says, .. } = self;
        format!(
            "<div class=\"word-says\" id=\"word-{id}\" popover role=\"group\" aria-label=\"{name}\">\
             <p><strong>{name}.</strong> {says}</p><p><a href=\"{PAGE}#{id}\">In the glossary</a></p></div>\n"
        )
    }
}

/// A pass over the pieces of a page.
struct Marking<'a> {
    glossary: &'a Glossary,
    /// The terms that the page has marked already, or links to.
    marked: BTreeSet<&'a str>,
    /// The elements of prose, and of what is not prose, that are open.
    open: Vec<String>,
    /// Whether the link that is open has become a button.
    is_button: bool,
}

impl<'a> Marking<'a> {
    fn piece(&mut self, piece: Piece) -> String {
        match piece {
            Piece::Text(text) if self.is_in_prose() => self.text(text),
            Piece::Text(text) => text.to_owned(),
            Piece::Tag(tag) => self.tag(tag),
        }
    }

    fn is_in_prose(&self) -> bool {
        let is_one_of =
            |names: &[&str]| self.open.iter().any(|open| names.contains(&open.as_str()));
        is_one_of(&PROSE) && !is_one_of(&NOT_PROSE)
    }

    /// A link to a term becomes its button: what is open in the page stays open.
    fn tag(&mut self, tag: &str) -> String {
        let Some((name, opens)) = name(tag) else { return tag.to_owned() };
        let term = links(tag).find_map(|id| self.glossary.term(id)).filter(|_| self.is_in_prose());
        if opens && (PROSE.contains(&name) || NOT_PROSE.contains(&name)) {
            self.open.push(name.to_owned());
        } else if let Some(at) = self.open.iter().rposition(|open| open == name) {
            self.open.truncate(at);
        }
        match term {
            Some(term) => {
                self.is_button = true;
                term.button_begins()
            }
            None if name == "a" && !opens && std::mem::take(&mut self.is_button) => {
                "</button>".to_owned()
            }
            None => tag.to_owned(),
        }
    }

    fn text(&mut self, text: &str) -> String {
        let mut out = String::new();
        let mut before = ' ';
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let begins_word = !before.is_alphanumeric() && !"-_&#".contains(before);
            let found = self.glossary.beginning(rest).filter(|_| begins_word);
            let found = found.filter(|(term, _)| !self.marked.contains(term.id.as_str()));
            let length = found.map_or(next.len_utf8(), |(_, length)| length);
            let (here, behind) = rest.split_at(length);
            out += &found.map_or(here.to_owned(), |(term, _)| term.button(here));
            self.marked.extend(found.map(|(term, _)| term.id.as_str()));
            before = here.chars().next_back().unwrap_or(next);
            rest = behind;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::Glossary;

    const GLOSSARY: &str = "<h1 id=\"glossary\">Glossary</h1>\
        <h3 id=\"mask\"><a class=\"header\" href=\"#mask\">Mask</a></h3>\n<p>The <a href=\"#key\">key</a>.</p>\
        <h3 id=\"masking-key\"><a class=\"header\" href=\"#masking-key\">Masking-key</a></h3>\n<p>Four bytes.</p>\
        <h3 id=\"fin\"><a class=\"header\" href=\"#fin\">FIN</a></h3>\n<p>A bit.</p>\
        <h3 id=\"turn\"><a class=\"header\" href=\"#turn\">Turn</a></h3>\n<p>Of a loop.</p>";

    fn explained(text: &str) -> String {
        let (marked, _) = Glossary::read(GLOSSARY).explained(text);
        marked
            .replace("<button type=\"button\" class=\"word\" popovertarget=\"word-", "[")
            .replace("\">", "|")
            .replace("</button>", "]")
    }

    #[test]
    fn the_first_of_a_word_is_marked_in_any_of_its_forms() {
        assert_eq!(explained("<p>Masks, a mask.</p>"), "<p>[mask|Masks], a mask.</p>");
        assert_eq!(
            explained("<ul><li>a masking-key</li></ul>"),
            "<ul><li>a [masking-key|masking-key]</li></ul>"
        );
        assert_eq!(explained("<p>fin, FINAL, FIN</p>"), "<p>fin, FINAL, [fin|FIN]</p>");
    }

    #[test]
    fn what_only_looks_like_a_word_is_not_marked() {
        for text in [
            "<h2>The mask</h2>",
            "<p>unmask, masked, mask-like, in turn</p>",
            "<p><code>mask</code> <a href=x>mask</a></p>",
            "<figure><p>mask</p></figure>",
            "mask",
        ] {
            assert_eq!(explained(text), text.replace("\">", "|"));
        }
    }

    #[test]
    fn a_link_to_a_word_shows_it_in_place_and_is_its_mark() {
        let text =
            "<p>a mask, <a href=\"glossary.html#mask\"><em>masked</em></a>, <a href=x>mask</a></p>";
        let marked = "<p>a mask, [mask|<em>masked</em>], <a href=x>mask</a></p>";
        assert_eq!(explained(text), marked);
        assert_eq!(
            explained("<p><a href=\"glossary.html#turn\">turns</a></p>"),
            "<p>[turn|turns]</p>"
        );
    }

    #[test]
    fn only_the_words_of_a_page_come_with_it_and_without_links() {
        let (_, shown) = Glossary::read(GLOSSARY).explained("<p>A mask</p>");
        assert_eq!(shown.matches("popover").count(), 1, "{shown}");
        assert!(shown.contains("<strong>Mask.</strong> The key.</p>"), "{shown}");
        assert!(shown.contains("href=\"glossary.html#mask\""), "{shown}");
    }
}
