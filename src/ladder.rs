//! The ladder: every probe against every chapter, or against other servers. A chapter's probes fail on
//! the chapter before it, and hold in every chapter from it on.

use std::fmt;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::chapters;
use crate::probes::{self, PATIENCE, Probe, Target, Verdict, explain};

/// How long a probe waits where the law wants it to fail, mostly in silence.
const SHORT_PATIENCE: Duration = Duration::from_secs(2);

/// How many cells are judged at the same time.
const AT_ONCE: usize = 24;

/// What came of one probe on one chapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// The promise holds.
    Holds,
    /// It does not, for this reason.
    Fails(String),
}

/// One probe, and what came of it on each server.
pub struct Row {
    /// The probe.
    pub probe: Probe,
    /// In the order of the columns.
    pub cells: Vec<Cell>,
}

/// Every probe against some servers.
pub struct Matrix {
    /// The servers' names.
    pub columns: Vec<String>,
    /// In the order of the probes.
    pub rows: Vec<Row>,
}

/// A server in a matrix.
pub struct Column {
    /// What its column is called.
    pub name: String,
    /// How to reach it.
    pub target: Target,
    /// The last chapter whose probes are to hold: for them the probes wait long, for others not.
    pub chapter: u8,
}

/// Every probe against every chapter.
pub struct Ladder {
    /// Column 0 is chapter 00, where nothing listens.
    matrix: Matrix,
}

/// Climbs the ladder. `programs` are the chapters' servers, in order.
pub fn climb(programs: &[PathBuf]) -> Ladder {
    let column =
        |(chapter, target): (u8, Target)| Column { name: format!("{chapter:02}"), target, chapter };
    Ladder { matrix: matrix((0..).zip(targets(programs)).map(column).collect()) }
}

/// Holds each of some servers against every probe.
pub fn matrix(columns: Vec<Column>) -> Matrix {
    let probes = probes::all();
    let width = columns.len();
    let cells: Mutex<Vec<Option<Cell>>> = Mutex::new(vec![None; probes.len() * width]);
    let next = AtomicUsize::new(0);
    let work = || loop {
        let at = next.fetch_add(1, Ordering::Relaxed);
        let Some(probe) = probes.get(at / width) else { return };
        let cell = judge(&columns[at % width], probe);
        cells.lock().expect("no probe panics")[at] = Some(cell);
    };
    // Most cells only wait, so there are more of these threads than cores.
    thread::scope(|scope| (0..AT_ONCE).for_each(|_| drop(scope.spawn(work))));
    let mut cells = cells.into_inner().expect("no probe panics").into_iter().flatten();
    let row = |probe| Row { probe, cells: cells.by_ref().take(width).collect() };
    let rows = probes.into_iter().map(row).collect();
    Matrix { columns: columns.into_iter().map(|column| column.name).collect(), rows }
}

fn judge(column: &Column, probe: &Probe) -> Cell {
    let patience = if probe.chapter > column.chapter { SHORT_PATIENCE } else { PATIENCE };
    match column.target.judge(probe, patience) {
        Ok(Verdict::Holds) => Cell::Holds,
        Ok(Verdict::Fails(failure, recording)) => {
            Cell::Fails(explain(probe, &failure, &recording, usize::MAX))
        }
        Ok(Verdict::Unseen) => Cell::Fails("its terminal cannot be seen".to_owned()),
        Err(error) => Cell::Fails(error.to_string()),
    }
}

/// Chapter 00 has no server: its column is tried where nobody listens, and port 0 is nobody's.
fn targets(programs: &[PathBuf]) -> impl Iterator<Item = Target> {
    let nobody = Target::Running(([127, 0, 0, 1], 0).into());
    let announced =
        |program: PathBuf| Target::Announced(Box::new(move || chapters::announced(&program)));
    [nobody].into_iter().chain(programs.iter().cloned().map(announced))
}

impl Ladder {
    /// Where the law is broken: one explanation each.
    pub fn broken(&self) -> Vec<String> {
        self.matrix.rows.iter().flat_map(Row::broken).collect()
    }
}

impl Row {
    /// Where the law is broken on the chapters, of which the first cell is chapter 00's.
    fn broken(&self) -> Vec<String> {
        let first = usize::from(self.probe.chapter);
        let before = &self.cells[first - 1];
        let mut broken: Vec<String> = self.cells[first..]
            .iter()
            .enumerate()
            .filter_map(|(i, cell)| match cell {
                Cell::Holds => None,
                Cell::Fails(why) => Some(format!("on chapter {:02}:\n{why}", first + i)),
            })
            .collect();
        if *before == Cell::Holds {
            broken.push(format!(
                "\"{}\" is new in chapter {first:02}, but holds in the chapter before",
                self.probe.promise
            ));
        }
        broken
    }
}

impl fmt::Display for Ladder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Nothing holds where nothing listens: its column is left out.
        self.matrix.write(out, 1)
    }
}

impl fmt::Display for Matrix {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(out, 0)
    }
}

impl Matrix {
    /// Writes the columns from number `from` on.
    fn write(&self, out: &mut fmt::Formatter<'_>, from: usize) -> fmt::Result {
        let width = self.rows.iter().map(|row| row.probe.promise.chars().count()).max();
        let width = width.unwrap_or(0);
        write!(out, "    {:width$}", "")?;
        self.columns[from..].iter().try_for_each(|name| write!(out, "  {name}"))?;
        let mut chapter = 0;
        for row in &self.rows {
            let new = row.probe.chapter != chapter;
            chapter = row.probe.chapter;
            let number = if new { format!("{chapter:02}") } else { String::new() };
            write!(out, "\n{number:2}  {:width$}", row.probe.promise)?;
            for (name, cell) in self.columns.iter().zip(&row.cells).skip(from) {
                let mark = if *cell == Cell::Holds { "●" } else { "·" };
                write!(out, "  {mark:>0$}", name.len())?;
            }
        }
        write!(out, "\n\n● holds   · fails\n")
    }
}
