//! The ladder: every probe against every chapter, or against other servers. A chapter's probes fail on
//! the chapter before it, and hold in every chapter from it on.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::chapters::{self, CHAPTERS, Chapter};
use crate::probes::{self, PATIENCE, Probe, Target, Verdict, explain};

/// How long a probe waits where the law wants it to fail, mostly in silence. A server that is at work then is waited
/// for all the same.
const SHORT_PATIENCE: Duration = Duration::from_secs(4);

/// How many cells that are to fail are judged at the same time: they only wait.
const AT_ONCE: usize = 16;

/// What came of one probe on one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// The promise holds.
    Holds,
    /// It does not, for this reason.
    Fails(String),
    /// Another promise does not hold there, without which this one cannot.
    NotJudged,
    /// It ended with an earlier chapter.
    Over,
    /// The server could not be started, so that nothing is known; why.
    NotStarted(String),
    /// It is a client's, and this is a server; or the other way round.
    NotAsked,
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
    let columns: Vec<Column> = columns(programs).collect();
    let mut matrix = matrix(&columns);
    // The law is about the chapter before: whether a promise fails there is seen, and not concluded.
    let concluded = matrix.rows.iter().enumerate().filter_map(|(row, Row { probe, cells })| {
        let before = before(probe.chapter, cells)?;
        (cells[before] == Cell::NotJudged).then_some((row, before))
    });
    let seen = at_once(concluded.collect(), |(row, before)| {
        (row, before, judge(&columns[before], &probes::all()[row]))
    });
    for (row, before, cell) in seen {
        matrix.rows[row].cells[before] = cell;
    }
    Ladder { matrix }
}

/// Holds each of some servers against every probe, all at the same time.
pub fn matrix(columns: &[Column]) -> Matrix {
    let judged: Vec<Vec<Cell>> = thread::scope(|scope| {
        let judging = |column| scope.spawn(move || judge_column(column));
        let threads: Vec<_> = columns.iter().map(judging).collect();
        threads.into_iter().map(|thread| thread.join().expect("no probe panics")).collect()
    });
    let cells = |row: usize| judged.iter().map(|column| column[row].clone()).collect();
    let rows = probes::all().iter().enumerate();
    let rows = rows.map(|(row, probe)| Row { probe: *probe, cells: cells(row) }).collect();
    Matrix { columns: columns.iter().map(|column| column.name.clone()).collect(), rows }
}

/// Every probe on one server, in order; what needs a promise that is broken there is not judged.
fn judge_column(column: &Column) -> Vec<Cell> {
    let mut holds = HashMap::new();
    let judged = probes::all().iter().map(|probe| {
        let needs = || probe.needs.iter().all(|needed| holds.get(needed).copied().unwrap_or(true));
        let cell = match () {
            _ if !column.target.is_asked(probe) => Cell::NotAsked,
            _ if probe.chapter <= column.chapter && !probe.holds_in(column.chapter) => Cell::Over,
            _ if !needs() => Cell::NotJudged,
            _ => judge(column, probe),
        };
        holds.insert(&probe.id, matches!(cell, Cell::Holds | Cell::Over | Cell::NotAsked));
        cell
    });
    judged.collect()
}

/// Does some work on several threads.
fn at_once<T: Send + Sync + Copy, R: Send>(
    tasks: Vec<T>,
    work: impl Fn(T) -> R + Send + Sync,
) -> Vec<R> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let (tasks, work) = (&tasks, &work);
    let run = || {
        while let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
            let result = work(*task);
            done.lock().expect("no task panics").push(result);
        }
    };
    thread::scope(|scope| (0..AT_ONCE).for_each(|_| drop(scope.spawn(run))));
    done.into_inner().expect("no task panics")
}

fn judge(column: &Column, probe: &Probe) -> Cell {
    let patience = if probe.chapter > column.chapter { SHORT_PATIENCE } else { PATIENCE };
    match column.target.judge(probe, patience, column.chapter) {
        Ok(Verdict::Holds) => Cell::Holds,
        Ok(Verdict::Fails(failure, recording)) => {
            Cell::Fails(explain(probe, &failure, &recording, column.chapter).text(usize::MAX))
        }
        Ok(Verdict::Unseen(why)) => Cell::Fails(why.to_owned()),
        // Where nobody is to listen, nobody does.
        Err(error) if column.chapter == 0 => Cell::Fails(error.to_string()),
        Err(error) => Cell::NotStarted(error.to_string()),
    }
}

/// Chapter 00 has no server: its column is tried where nobody listens, and port 0 is nobody's.
fn columns(programs: &[PathBuf]) -> impl Iterator<Item = Column> {
    let column = |chapter: u8, target| Column { name: format!("{chapter:02}"), target, chapter };
    let nobody = column(0, Target::Running(([127, 0, 0, 1], 0).into()));
    let of_chapter = move |(chapter, program): (&Chapter, &PathBuf)| {
        let program = program.clone();
        let target = match chapter.client {
            true => Target::Caller(Box::new(move |address| chapters::calling(&program, address))),
            false => Target::Announced(Box::new(move |app| chapters::announced(&program, app))),
        };
        column(chapter.number, target)
    };
    [nobody].into_iter().chain(CHAPTERS.iter().zip(programs).map(of_chapter))
}

/// Where in a row of the ladder a chapter is: the first cell is chapter 00's.
fn place(chapter: u8) -> usize {
    1 + CHAPTERS.iter().take_while(|other| other.number < chapter).count()
}

/// Where the chapter before is that has the same kind of program. Before the first client there is none, and a
/// promise of its has nowhere to fail.
fn before(chapter: u8, cells: &[Cell]) -> Option<usize> {
    cells[..place(chapter)].iter().rposition(|cell| *cell != Cell::NotAsked)
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
        let (first, numbers) = (self.probe.chapter, CHAPTERS.map(|chapter| chapter.number));
        let says = &self.probe.says;
        let from = place(first);
        let cells = numbers[from - 1..].iter().zip(&self.cells[from..]);
        let mut broken: Vec<String> = cells
            .filter_map(|(chapter, cell)| match cell {
                Cell::Holds | Cell::Over | Cell::NotAsked => None,
                Cell::Fails(why) => Some(format!("on chapter {chapter:02}:\n{why}")),
                Cell::NotJudged => Some(format!("on chapter {chapter:02}: \"{says}\" needs more")),
                Cell::NotStarted(why) => {
                    Some(format!("on chapter {chapter:02}, which could not be started: {why}"))
                }
            })
            .collect();
        let Some(before) = before(first, &self.cells) else { return broken };
        match &self.cells[before] {
            Cell::Fails(_) => {}
            Cell::NotStarted(why) => broken.push(format!(
                "\"{says}\" is new in chapter {first:02}, and the chapter before could not be started: {why}"
            )),
            _ => broken.push(format!(
                "\"{says}\" is new in chapter {first:02}, but holds in the chapter before"
            )),
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
        let width = self.rows.iter().map(|row| row.probe.says.chars().count()).max();
        let width = width.unwrap_or(0);
        write!(out, "    {:width$}", "")?;
        self.columns[from..].iter().try_for_each(|name| write!(out, "  {name}"))?;
        let mut chapter = 0;
        for row in &self.rows {
            let new = row.probe.chapter != chapter;
            chapter = row.probe.chapter;
            let number = if new { format!("{chapter:02}") } else { String::new() };
            write!(out, "\n{number:2}  {:width$}", row.probe.says)?;
            for (name, cell) in self.columns.iter().zip(&row.cells).skip(from) {
                let mark = match cell {
                    Cell::Holds => "●",
                    Cell::Fails(_) | Cell::NotJudged => "·",
                    Cell::Over | Cell::NotAsked => " ",
                    Cell::NotStarted(_) => "?",
                };
                write!(out, "  {mark:>0$}", name.len())?;
            }
        }
        write!(out, "\n\n● holds   · fails\n")
    }
}
