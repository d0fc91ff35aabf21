//! The book that is served: built, and built again whenever something that it is made of changes.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use tokio::sync::mpsc::{Sender, channel};
use tokio::sync::watch;

use super::Workshop;
use super::socket::Lines;
use super::terminal::Terminal;
use crate::book::{self, Edition, Mistakes};
use crate::changes::{self, Place, Watch};
use crate::folder;

/// The book that is served, and the news that there is a newer one.
pub(super) struct LiveBook {
    course: PathBuf,
    shelves: PathBuf,
    /// Where the workshop listens: no other one does.
    port: u16,
    terminal: Terminal,
    /// How many times the book was built; the newest stands on shelf number `editions` mod 2.
    editions: watch::Sender<usize>,
    watch: Mutex<Option<Watch>>,
}

impl LiveBook {
    /// Builds the book for the first time, and watches what it is made of.
    pub(super) fn open(course: PathBuf, port: u16, terminal: Terminal) -> Result<Arc<LiveBook>> {
        let shelves = folder::of_books()?;
        clear_old_shelves(&shelves);
        let live = Arc::new(LiveBook {
            course,
            shelves,
            port,
            terminal,
            editions: watch::Sender::new(0),
            watch: Mutex::default(),
        });
        live.build()?;
        if let Err(error) = live.clone().watch() {
            live.terminal
                .say(format!("changes of the book will not show by themselves: {error:#}"));
        }
        Ok(live)
    }

    /// The folder of the newest book.
    pub(super) fn shelf(&self) -> PathBuf {
        self.shelf_of(*self.editions.borrow())
    }

    fn shelf_of(&self, edition: usize) -> PathBuf {
        // Each workshop has shelves of its own, so that two of them do not empty each other's.
        self.shelves.join(format!("{SHELF}{}-{}", self.port, edition % 2))
    }

    /// Builds on the shelf that is not in use, and then puts that one in use.
    fn build(&self) -> Result<(), Mistakes> {
        let edition = *self.editions.borrow() + 1;
        book::build(&self.course, &self.shelf_of(edition), Edition::Workshop)?;
        self.editions.send_replace(edition);
        Ok(())
    }

    fn watch(self: Arc<LiveBook>) -> Result<()> {
        let live = Arc::downgrade(&self);
        let changed = move || {
            if let Some(live) = live.upgrade() {
                live.rebuild();
            }
        };
        let watch = changes::watch(book::sources(&self.course).map(Place::Whole), changed)?;
        *self.watch.lock().unwrap_or_else(PoisonError::into_inner) = Some(watch);
        Ok(())
    }

    fn rebuild(&self) {
        match self.build() {
            Ok(()) => self.terminal.say("the book has changed"),
            Err(mistakes) => self.terminal.say(format!("the book stays as it was: {mistakes}")),
        }
    }
}

impl Drop for LiveBook {
    fn drop(&mut self) {
        for edition in 0..2 {
            // What cannot be removed now lies in a folder that `cargo clean` empties.
            let _ = std::fs::remove_dir_all(self.shelf_of(edition));
        }
    }
}

/// How the shelf of a workshop begins; its port follows, and 0 or 1.
const SHELF: &str = "workshop-";

/// Removes what workshops left behind that were killed: nobody listens on their ports any more.
fn clear_old_shelves(shelves: &Path) {
    for shelf in shelves.read_dir().into_iter().flatten().flatten() {
        let name = shelf.file_name();
        let port = name.to_str().and_then(|name| name.strip_prefix(SHELF)?.split('-').next());
        let Some(port) = port.and_then(|port| port.parse().ok()) else { continue };
        let at = SocketAddr::from(([127, 0, 0, 1], port));
        if TcpStream::connect_timeout(&at, Duration::from_secs(1)).is_err() {
            // What cannot be removed now is tried again by the next workshop.
            let _ = std::fs::remove_dir_all(shelf.path());
        }
    }
}

/// Tells a page which edition is the newest: at once, and whenever there is a newer one.
pub(super) fn editions(workshop: &Workshop) -> Lines {
    let mut editions = workshop.book.editions.subscribe();
    editions.mark_changed();
    // A page that is slow hears of the newest only.
    let (page, lines) = channel(1);
    tokio::spawn(tell(editions, page));
    lines
}

/// Sends the number of each edition, until the page has gone or the workshop closes.
async fn tell(mut editions: watch::Receiver<usize>, page: Sender<String>) {
    while editions.changed().await.is_ok() {
        let edition = *editions.borrow_and_update();
        if page.send(edition.to_string()).await.is_err() {
            return;
        }
    }
}
