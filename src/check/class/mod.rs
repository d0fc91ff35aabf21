//! `check --class`: every project of a folder, held against the promises, and one table of all.

mod files;
mod project;
mod table;

use std::fs;
use std::path::{self, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail};
use stage::StartError;

use super::judge::News;
use crate::chapters;
use crate::screen::{Screen, Unheard};
use project::Project;
use table::{Found, Row, Table, Unchecked};

/// A folder of projects, and where its table goes beside the screen.
pub struct Class {
    /// Each project is a folder in it.
    pub folder: PathBuf,
    /// The last chapter to check. Without it: of each project as much as a check of its own would look at.
    pub last: Option<u8>,
    /// The table as a page.
    pub html: Option<PathBuf>,
    /// The table for a spreadsheet.
    pub csv: Option<PathBuf>,
}

/// The check was interrupted.
const INTERRUPTED: &str = "interrupted";

/// Checks one project after another, and tells of each at once. A project that cannot be checked has its row too. The
/// files are written anew after each row. True if every project keeps every promise.
///
/// # Errors
///
/// There is no such chapter or folder, it has no folders in it, a file cannot be written, the check was interrupted, or
/// nobody reads what is said.
pub fn class(class: &Class, screen: &mut Screen) -> Result<bool> {
    if let Some(last) = class.last {
        chapters::find(last).map_err(anyhow::Error::msg)?;
    }
    let folders = projects(&class.folder)?;
    let mut table = Table::of(class.last, folders.iter().map(|folder| name(folder)).collect());
    // Now, because a file that cannot be written is better known before the check than after it.
    class.write(&table)?;
    screen.say(&table.head(&class.folder))?;
    let is_over = Arc::new(AtomicBool::new(false));
    stage::at_first_interrupt({
        let is_over = is_over.clone();
        move || {
            is_over.store(true, Ordering::SeqCst);
            stage::end_all();
        }
    });
    for folder in &folders {
        let found = examine(folder, class.last, &table, &is_over, screen);
        // Its servers were ended under its hands: what it has found says nothing.
        if is_over.load(Ordering::SeqCst) {
            break;
        }
        let row = Row { name: name(folder), found: found? };
        screen.say(&table.line(&row))?;
        table.rows.push(row);
        class.write(&table)?;
    }
    screen.say(&table.stumbles())?;
    if is_over.load(Ordering::SeqCst) {
        bail!("{INTERRUPTED}: the table has {}", table.progress());
    }
    Ok(table.is_kept())
}

/// One project. Why it cannot be checked is not an error, but a row.
fn examine(
    folder: &Path,
    last: Option<u8>,
    table: &Table,
    is_over: &AtomicBool,
    screen: &mut Screen,
) -> Result<Found> {
    let mut tell = |doing: &str| -> Result<()> {
        if is_over.load(Ordering::SeqCst) {
            bail!(INTERRUPTED);
        }
        let number = table.rows.len() + 1;
        screen.status(&format!("{number} of {} · {} · {doing} …", table.all(), name(folder)))
    };
    let result = Project::of(folder).and_then(|project| {
        tell("building")?;
        project.judge(last, &mut |news| match news {
            News::Begins(probe) => tell(&format!("{:02} {}", probe.chapter, probe.says)),
            News::Found(_) => Ok(()),
        })
    });
    match result {
        Ok(found) => Ok(found),
        Err(error) if error.is::<Unheard>() => Err(error),
        Err(error) => {
            let is_of_start = error.is::<StartError>();
            Ok(Found::Nothing(Unchecked::new(&format!("{error:#}"), is_of_start)))
        }
    }
}

/// The folders in a folder, by name.
fn projects(folder: &Path) -> Result<Vec<PathBuf>> {
    let unread = || {
        format!(
            "{} cannot be read: name the folder in which each project has a folder of its own",
            folder.display()
        )
    };
    let folder = path::absolute(folder).with_context(unread)?;
    let mut folders = Vec::new();
    for entry in fs::read_dir(&folder).with_context(unread)? {
        let path = entry.with_context(unread)?.path();
        if path.is_dir() && !name(&path).starts_with('.') {
            folders.push(path);
        }
    }
    if folders.is_empty() {
        bail!("there is no folder in {}: give each project a folder of its own", folder.display());
    }
    folders.sort_by_key(|folder| (name(folder).to_lowercase(), name(folder)));
    Ok(folders)
}

/// What a project is called.
fn name(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

impl Class {
    /// Writes the table to the files that were asked for.
    fn write(&self, table: &Table) -> Result<()> {
        let files = [(&self.html, files::html as fn(&Table) -> String), (&self.csv, files::csv)];
        for (file, text) in files {
            let Some(file) = file else { continue };
            fs::write(file, text(table)).with_context(|| {
                format!("the table cannot be written to {}: name another file", file.display())
            })?;
        }
        Ok(())
    }
}
