//! How many cases of the Autobahn suite each chapter wins: a picture and a table of what was measured.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::{drawing, figures};

/// What a test has measured.
#[derive(Deserialize)]
struct Measured {
    /// The number of each group, and how many cases it has.
    groups: Vec<(String, usize)>,
    chapters: Vec<Won>,
}

/// What one chapter has won.
#[derive(Deserialize)]
struct Won {
    chapter: u8,
    /// In how many cases of each group that was run its messages are right.
    messages: BTreeMap<String, usize>,
    /// In how many of these the end is right, too.
    won: BTreeMap<String, usize>,
}

/// What the groups are about.
const ABOUT: [(&str, &str); 11] = [
    ("1", "messages of every length"),
    ("2", "pings and pongs"),
    ("3", "reserved bits"),
    ("4", "reserved opcodes"),
    ("5", "fragments"),
    ("6", "UTF-8"),
    ("7", "the closing handshake"),
    ("9", "up to 16 MiB"),
    ("10", "one long message"),
    ("12", "compression"),
    ("13", "its parameters"),
];

const FILE: &str = "tests/autobahn/curve.json";

/// A bar for each chapter, as long as what it wins, and a faint one behind it: in so many cases the messages are right.
pub(super) fn picture(course: &Path, caption: &str) -> Result<String, String> {
    let measured = Measured::read(course)?;
    let cases = measured.groups.iter().map(|(_, cases)| cases).sum();
    let bar = |won: &Won| {
        let parts = [&won.won, &won.messages].map(|counts| counts.values().sum());
        (format!("{:02}", won.chapter), parts)
    };
    let bars: Vec<(String, [usize; 2])> = measured.chapters.iter().map(bar).collect();
    Ok(figures::drawn("autobahn", &drawing::bars(&bars, cases), caption))
}

/// A row for each group: how many cases it has, which chapter is the first that wins all, and how many each of them wins.
pub(super) fn table(course: &Path) -> Result<String, String> {
    let measured = Measured::read(course)?;
    let numbers = measured.chapters.iter().map(|won| format!(" {:02} |", won.chapter));
    let numbers: String = numbers.collect();
    let mut table = format!("| Group and its cases | Won by |{numbers}\n|---|--:|");
    table += &"--:|".repeat(measured.chapters.len());
    table.push('\n');
    for (group, cases) in &measured.groups {
        let about = ABOUT.iter().find(|(number, _)| number == group);
        let (_, about) =
            about.ok_or_else(|| format!("nobody knows what group {group} is about"))?;
        let winner = measured.winner(group, *cases)?;
        table += &format!("| {group}: {about}, {cases} | {winner:02} |");
        for won in &measured.chapters {
            let count = won.won.get(group);
            table += &count.map_or_else(|| " – |".to_owned(), |count| format!(" {count} |"));
        }
        table.push('\n');
    }
    Ok(table)
}

impl Measured {
    fn read(course: &Path) -> Result<Measured, String> {
        let text = fs::read_to_string(course.join(FILE));
        let text = text.map_err(|error| format!("{FILE} cannot be read: {error}"))?;
        serde_json::from_str(&text).map_err(|error| format!("{FILE}: {error}"))
    }

    /// The first chapter from which on all cases of a group are won.
    fn winner(&self, group: &str, cases: usize) -> Result<u8, String> {
        let wins = |won: &&Won| won.won.get(group) == Some(&cases);
        let first = self.chapters.iter().rev().take_while(wins).last();
        first.map(|won| won.chapter).ok_or_else(|| format!("no chapter wins group {group}"))
    }
}
