//! The table of a class: a row for each project, and what most stumble over.

use std::path::Path;

use ch00_wire::visible;

use crate::chapters::Chapter;
use crate::check::report::{Report, State};
use crate::probes::{self, Probe};

/// How many promises are listed at most that projects stumble over.
const LISTED: usize = 10;

/// The heads of the columns.
pub(super) const COLUMNS: [&str; 4] = ["project", "kept up to", "promises", "what fails first"];

/// What was found of a class so far.
pub(super) struct Table {
    last: Option<u8>,
    /// Every project, also those that have no row yet.
    names: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// One project.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) found: Found,
}

/// What was found of a project.
pub(super) enum Found {
    /// How it stands to the promises.
    Report {
        /// Of the chapters that are begun.
        report: Report,
        /// The first chapter that was to be checked, and is not begun.
        not_begun: Option<Chapter>,
    },
    /// It could not be checked.
    Nothing(Unchecked),
}

/// Why a project could not be checked.
pub(super) struct Unchecked {
    /// In one line.
    why: String,
    /// In all words.
    pub(super) words: String,
}

/// The cells of a row, in the order of [`COLUMNS`].
pub(super) struct Cells {
    pub(super) mark: char,
    pub(super) name: String,
    pub(super) kept_up_to: String,
    pub(super) kept: Option<(usize, usize)>,
    pub(super) first: String,
}

impl Unchecked {
    /// The compiler says many words before, and the language of a server many around, what is wrong.
    pub(super) fn new(words: &str, is_of_start: bool) -> Unchecked {
        let words: String = words.lines().map(|line| visible(line) + "\n").collect();
        let first = words.lines().find(|line| !line.is_empty()).unwrap_or_default();
        let mut behind = words.lines().skip_while(|line| !names_an_error(line)).map(str::trim);
        let error = behind.next();
        let place = behind.next().and_then(|line| line.strip_prefix("--> "));
        let printed = || words.lines().nth(1).map(str::trim);
        let why = match (is_of_start, error, place) {
            (true, _, _) => [Some(first), error.or_else(printed)]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join("; "),
            (false, Some(error), Some(place)) => format!("{error}, {place}"),
            (false, error, _) => error.unwrap_or(first).to_owned(),
        };
        Unchecked { why, words }
    }
}

/// Whether a line begins with the kind of an error, as compilers and the languages of servers print it.
fn names_an_error(line: &str) -> bool {
    ["rror:", "rror[", "rror ["].iter().any(|kind| line.contains(kind))
}

impl Cells {
    /// How many promises are kept of how many.
    pub(super) fn promises(&self) -> String {
        self.kept.map_or("–".to_owned(), |(kept, all)| format!("{kept} of {all}"))
    }
}

impl Row {
    pub(super) fn cells(&self) -> Cells {
        let name = visible(&self.name);
        let none = "–".to_owned();
        let (report, not_begun) = match &self.found {
            Found::Report { report, not_begun } => (report, not_begun),
            Found::Nothing(Unchecked { why, .. }) => {
                return Cells {
                    mark: '–', name, kept_up_to: none, kept: None, first: why.clone()
                };
            }
        };
        let first = report.first_open();
        Cells {
            mark: first.map_or(State::Holds.mark(), |finding| finding.state.mark()),
            name,
            kept_up_to: report
                .kept_up_to()
                .map_or(none, |chapter| format!("{:02}", chapter.number)),
            kept: Some((report.kept(), report.findings.len())),
            first: match (first, not_begun) {
                (Some(finding), _) => visible(&finding.line(&finding.to_hint)),
                (None, Some(chapter)) => format!("chapter {:02} is not begun", chapter.number),
                (None, None) => String::new(),
            },
        }
    }
}

impl Table {
    /// Of a class in which nothing was looked at yet.
    pub(super) fn of(last: Option<u8>, names: Vec<String>) -> Table {
        Table { last, names, rows: Vec::new() }
    }

    /// How many projects there are, with a row or without.
    pub(super) fn all(&self) -> usize {
        self.names.len()
    }

    /// How far the check goes.
    pub(super) fn reach(&self) -> String {
        match self.last {
            Some(last) => format!("up to chapter {last:02}"),
            None => "each as far as it has come".to_owned(),
        }
    }

    /// How far the check has come.
    pub(super) fn progress(&self) -> String {
        format!("{} of {}", self.rows.len(), projects(self.all()))
    }

    /// Whether every project keeps every promise that was to be checked.
    pub(super) fn is_kept(&self) -> bool {
        let is_kept = |row: &Row| match &row.found {
            Found::Report { report, not_begun } => {
                not_begun.is_none() && report.kept() == report.findings.len()
            }
            Found::Nothing(_) => false,
        };
        self.rows.iter().all(is_kept)
    }

    /// What comes before the rows.
    pub(super) fn head(&self, folder: &Path) -> String {
        let count = projects(self.all());
        let [name, kept_up_to, promises, first] = COLUMNS;
        let heads = self.columns(' ', name, kept_up_to, promises, first);
        format!("checking {count} in {}, {}\n\n{heads}", folder.display(), self.reach())
    }

    /// A row, in columns.
    pub(super) fn line(&self, row: &Row) -> String {
        let cells = row.cells();
        let promises = cells.promises();
        self.columns(cells.mark, &cells.name, &cells.kept_up_to, &promises, &cells.first)
    }

    fn columns(&self, mark: char, name: &str, kept: &str, promises: &str, first: &str) -> String {
        let heads = COLUMNS.map(str::len);
        let names = self.names.iter().map(|name| visible(name).chars().count());
        let width = names.chain([heads[0]]).max().unwrap_or_default();
        let line = format!(
            "{mark} {name:width$}  {kept:kept_width$}  {promises:promises_width$}  {first}",
            kept_width = heads[1],
            promises_width = heads[2],
        );
        line.trim_end().to_owned()
    }

    /// The promises that most projects fail at, and how many do. What is not written yet does not fail.
    pub(super) fn failures(&self) -> Vec<(&'static Probe, usize)> {
        let fails = |probe: &Probe, row: &&Row| match &row.found {
            Found::Report { report, .. } => report.findings.iter().any(|finding| {
                finding.probe.id == probe.id && matches!(finding.state, State::Fails)
            }),
            Found::Nothing(_) => false,
        };
        let count = |probe| self.rows.iter().filter(|row| fails(probe, row)).count();
        let mut counted: Vec<_> = probes::all().iter().map(|probe| (probe, count(probe))).collect();
        counted.retain(|(_, count)| *count > 0);
        // Those that as many fail at stay in the order of the course.
        counted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counted.truncate(LISTED);
        counted
    }

    /// The head of that list.
    pub(super) fn stumbles_over(&self) -> String {
        match self.failures().is_empty() {
            true => format!("no promise fails in {}", projects(self.checked())),
            false => format!("what most stumble over, of {}:", projects(self.checked())),
        }
    }

    /// The list.
    pub(super) fn stumbles(&self) -> String {
        let failures = self.failures();
        let lines = failures
            .iter()
            .map(|(probe, count)| format!("{count:4}  {:02} {}\n", probe.chapter, probe.says));
        format!("\n{}\n{}", self.stumbles_over(), lines.collect::<String>())
    }

    /// How many projects could be checked.
    fn checked(&self) -> usize {
        self.rows.iter().filter(|row| matches!(row.found, Found::Report { .. })).count()
    }
}

fn projects(count: usize) -> String {
    match count {
        1 => "1 project".to_owned(),
        count => format!("{count} projects"),
    }
}

#[cfg(test)]
mod tests {
    use super::Unchecked;

    #[test]
    fn of_many_words_those_are_told_that_say_what_is_wrong() {
        let why = |words, is_of_start| Unchecked::new(words, is_of_start).why;
        let compiler = "warning: unused\n --> a.rs\n\nerror[E0308]: mismatched types\n --> b.rs\n";
        assert_eq!(why(compiler, false), "error[E0308]: mismatched types, b.rs");
        let node = "the server ended before it listened, with exit code 1\n  \
                    it printed: node:internal/modules/cjs/loader:1228\n  \
                    it printed: Error: Cannot find module '/x'";
        let said = "the server ended before it listened, with exit code 1; it printed: Error: Cannot find module '/x'";
        assert_eq!(why(node, true), said);
        let other =
            "the server ended before it listened, with exit code 1\n  it printed: no such file";
        assert_eq!(why(other, true), other.replace("\n ", ";"));
        let one = "the server cannot be started: php: No such file or directory (os error 2)";
        assert_eq!(why(one, true), one);
    }
}
