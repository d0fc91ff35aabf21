//! The page *Every MUST*: no statement of RFC 6455 is missing. Its lines and promises are looked up when the book is
//! built, which fails if one is gone.

use std::collections::BTreeMap;

use frame_by_frame::book::musts::statements;

/// How often each section of RFC 6455 has which word in capitals, as (MUST, MUST NOT, SHOULD, SHOULD NOT). Section 2,
/// which says what the words mean, is left out; so are the lines of contents, and SHALL and RECOMMENDED, which only
/// section 2 has.
const WORDS: [(&str, [usize; 4]); 40] = [
    ("3", [1, 1, 0, 0]),
    ("4.1", [39, 0, 3, 0]),
    ("4.2.1", [1, 0, 0, 1]),
    ("4.2.2", [8, 2, 0, 0]),
    ("4.3", [1, 0, 0, 0]),
    ("4.4", [1, 0, 0, 0]),
    ("5.1", [3, 1, 0, 0]),
    ("5.2", [10, 0, 0, 0]),
    ("5.3", [3, 1, 0, 0]),
    ("5.4", [4, 6, 0, 0]),
    ("5.5", [1, 1, 0, 0]),
    ("5.5.1", [4, 2, 2, 0]),
    ("5.5.2", [1, 0, 1, 0]),
    ("5.6", [1, 0, 0, 0]),
    ("5.8", [1, 0, 0, 0]),
    ("6.1", [8, 0, 0, 0]),
    ("6.2", [5, 0, 0, 0]),
    ("7.1.1", [0, 0, 4, 0]),
    ("7.1.2", [1, 0, 1, 0]),
    ("7.1.7", [2, 1, 2, 1]),
    ("7.2.1", [2, 0, 0, 1]),
    ("7.2.2", [1, 0, 0, 0]),
    ("7.2.3", [0, 0, 3, 0]),
    ("7.3", [0, 0, 0, 1]),
    ("7.4.1", [0, 3, 1, 0]),
    ("8.1", [1, 0, 0, 0]),
    ("9", [1, 1, 0, 0]),
    ("9.1", [4, 1, 0, 0]),
    ("10.2", [0, 0, 2, 0]),
    ("10.3", [1, 0, 0, 0]),
    ("10.4", [1, 0, 1, 0]),
    ("10.6", [1, 0, 1, 0]),
    ("10.7", [1, 0, 2, 0]),
    ("11.1.1", [2, 0, 0, 0]),
    ("11.1.2", [2, 0, 0, 0]),
    ("11.3.1", [0, 1, 0, 0]),
    ("11.3.2", [0, 1, 0, 0]),
    ("11.3.3", [0, 1, 0, 0]),
    ("11.3.4", [0, 1, 0, 0]),
    ("11.3.5", [0, 1, 0, 0]),
];

/// The words, in the order of the counts.
const LEVELS: [&str; 4] = ["MUST", "MUST NOT", "SHOULD", "SHOULD NOT"];

#[test]
fn every_statement_of_rfc_6455_is_listed() {
    let mut listed: BTreeMap<String, [usize; 4]> = BTreeMap::new();
    for statement in statements().iter().filter(|statement| statement.rfc == 6455) {
        let at = LEVELS.iter().position(|level| *level == statement.level);
        let at = at.unwrap_or_else(|| panic!("{} is no word of section 2", statement.level));
        listed.entry(statement.section.clone()).or_default()[at] += 1;
    }
    let words: BTreeMap<String, [usize; 4]> =
        WORDS.iter().map(|(section, counts)| ((*section).to_owned(), *counts)).collect();
    assert_eq!(listed, words);
}
