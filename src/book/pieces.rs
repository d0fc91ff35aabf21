//! A built page as a row of tags and texts, for what is put into it afterwards.

/// A piece of a page, as it is written there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// From `<` to `>`.
    Tag(&'a str),
    /// What stands between tags.
    Text(&'a str),
}

/// All pieces of a page, in order: written one after the other, they are the page.
pub(super) fn pieces(page: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = page;
    std::iter::from_fn(move || {
        let is_tag = rest.starts_with('<');
        let length = if is_tag { end_of_tag(rest) } else { rest.find('<').unwrap_or(rest.len()) };
        let (piece, behind) = rest.split_at(length);
        rest = behind;
        match is_tag {
            true => Some(Piece::Tag(piece)),
            false => Some(Piece::Text(piece)).filter(|_| !piece.is_empty()),
        }
    })
}

/// Where the tag ends that the text begins with: a value between quotes may hold a `>`.
fn end_of_tag(text: &str) -> usize {
    let mut is_value = false;
    let end = text.bytes().position(|byte| {
        is_value ^= byte == b'"';
        byte == b'>' && !is_value
    });
    end.map_or(text.len(), |end| end + 1)
}

/// The name of a tag, and whether it opens or closes an element. `None` for a comment.
pub(super) fn name(tag: &str) -> Option<(&str, bool)> {
    let inner = tag.strip_prefix('<')?;
    let (inner, opens) = inner.strip_prefix('/').map_or((inner, true), |inner| (inner, false));
    let end = inner.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inner.len());
    Some((&inner[..end], opens)).filter(|(name, _)| !name.is_empty())
}

/// The value of an attribute of a tag.
pub(super) fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, behind) = tag.split_once(&format!(" {name}=\""))?;
    behind.split('"').next()
}

/// What stands between two marks, for the first pair of them, and what follows.
pub(super) fn between<'a>(text: &'a str, opens: &str, closes: &str) -> Option<(&'a str, &'a str)> {
    text.split_once(opens)?.1.split_once(closes)
}

/// A piece of a page without links and anchors: their texts stay.
pub(super) fn without_links(html: &str) -> String {
    let is_link = |piece: &Piece| matches!(piece, Piece::Tag(tag) if name(tag).is_some_and(|(name, _)| name == "a"));
    let kept = pieces(html).filter(|piece| !is_link(piece));
    kept.map(|(Piece::Tag(text) | Piece::Text(text))| text).collect()
}

#[cfg(test)]
mod tests {
    use super::{Piece, attribute, name, pieces, without_links};

    const PAGE: &str = "a <b title=\"x > y\">c &amp; d</b><!-- e --> f";

    #[test]
    fn the_pieces_are_the_page() {
        let all: Vec<Piece> = pieces(PAGE).collect();
        assert_eq!(all[1], Piece::Tag("<b title=\"x > y\">"));
        assert_eq!(all[2], Piece::Text("c &amp; d"));
        let joined: String =
            all.iter().map(|(Piece::Tag(text) | Piece::Text(text))| *text).collect();
        assert_eq!(joined, PAGE);
    }

    #[test]
    fn a_tag_has_a_name_and_attributes() {
        assert_eq!(name("<h2 id=\"a\">"), Some(("h2", true)));
        assert_eq!(name("</h2>"), Some(("h2", false)));
        assert_eq!(name("<!-- e -->"), None);
        assert_eq!(attribute("<h2 class=\"b\" id=\"a\">", "id"), Some("a"));
        assert_eq!(attribute("<h2>", "id"), None);
    }

    #[test]
    fn without_links_their_texts_stay() {
        let html = "<p>The <a href=\"#key\">key</a> of <code>a</code></p>";
        assert_eq!(without_links(html), "<p>The key of <code>a</code></p>");
    }
}
