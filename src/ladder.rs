//! The ladder: every probe against every chapter. A chapter's probes fail on the chapter before it,
//! and hold in every chapter from it on.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::chapters::CHAPTERS;
use crate::probes::{self, PATIENCE, Probe, Target, Verdict, explain};

/// How long a probe waits where the law wants it to fail, mostly in silence.
const SHORT_PATIENCE: Duration = Duration::from_secs(1);

/// How many cells are judged at the same time.
const AT_ONCE: usize = 12;

/// What came of one probe on one chapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// The promise holds.
    Holds,
    /// It does not, for this reason.
    Fails(String),
}

/// One probe, and what came of it on chapter 00, where nothing listens, and on each chapter.
pub struct Row {
    /// The probe.
    pub probe: Probe,
    /// By chapter number, from 0.
    pub cells: Vec<Cell>,
}

/// The whole matrix.
pub struct Ladder {
    /// In the order of the probes.
    pub rows: Vec<Row>,
}

/// Climbs the ladder. `workshop` is this program: it runs the chapters' servers.
pub fn climb(workshop: &Path) -> Ladder {
    let probes = probes::all();
    let width = CHAPTERS.len() + 1;
    let cells: Mutex<Vec<Option<Cell>>> = Mutex::new(vec![None; probes.len() * width]);
    let next = AtomicUsize::new(0);
    let work = || loop {
        let at = next.fetch_add(1, Ordering::Relaxed);
        let Some(probe) = probes.get(at / width) else { return };
        let cell = judge(workshop, (at % width) as u8, probe);
        cells.lock().expect("no probe panics")[at] = Some(cell);
    };
    // Most cells only wait, so there are more of these threads than cores.
    thread::scope(|scope| (0..AT_ONCE).for_each(|_| drop(scope.spawn(work))));
    let mut cells = cells.into_inner().expect("no probe panics").into_iter().flatten();
    let rows = probes
        .iter()
        .map(|probe| Row { probe: *probe, cells: cells.by_ref().take(width).collect() });
    Ladder { rows: rows.collect() }
}

/// One probe against one chapter.
fn judge(workshop: &Path, chapter: u8, probe: &Probe) -> Cell {
    let patience = if probe.chapter > chapter { SHORT_PATIENCE } else { PATIENCE };
    match target(workshop, chapter).judge(probe, patience) {
        Ok(Verdict::Holds) => Cell::Holds,
        Ok(Verdict::Fails(failure, recording)) => Cell::Fails(explain(probe, &failure, &recording)),
        Ok(Verdict::Unseen) => Cell::Fails("its terminal cannot be seen".to_owned()),
        Err(error) => Cell::Fails(error.to_string()),
    }
}

fn target(workshop: &Path, chapter: u8) -> Target {
    if chapter == 0 {
        // Port 0 is nobody's: chapter 00 has no server.
        return Target::Running(([127, 0, 0, 1], 0).into());
    }
    let workshop = PathBuf::from(workshop);
    Target::Announced(Box::new(move || {
        let mut command = Command::new(&workshop);
        command.args(["run", &chapter.to_string(), "127.0.0.1:0"]);
        command
    }))
}

impl Ladder {
    /// Where the law is broken: one explanation each.
    pub fn broken(&self) -> Vec<String> {
        self.rows.iter().flat_map(Row::broken).collect()
    }
}

impl Row {
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
        let width = self.rows.iter().map(|row| row.probe.promise.chars().count()).max();
        let width = width.unwrap_or(0);
        write!(out, "{:width$}      ", "")?;
        (1..=CHAPTERS.len()).try_for_each(|chapter| write!(out, "  {chapter:02}"))?;
        let mut chapter = 0;
        for row in &self.rows {
            let new = row.probe.chapter != chapter;
            chapter = row.probe.chapter;
            let number = if new { format!("{chapter:02}") } else { String::new() };
            write!(out, "\n{number:2}  {:width$}  ", row.probe.promise)?;
            for cell in &row.cells[1..] {
                let mark = if *cell == Cell::Holds { "●" } else { "·" };
                write!(out, "   {mark}")?;
            }
        }
        write!(out, "\n\n● holds   · fails\n")
    }
}
