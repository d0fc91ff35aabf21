//! The chapters, in order: the one list of them.

use std::path::{Path, PathBuf};
use std::process::Command;

use ch01_listen::Socket;

/// One chapter with a server.
#[derive(Clone, Copy)]
pub struct Chapter {
    /// From 1.
    pub number: u8,
    /// What the book calls it.
    pub title: &'static str,
    /// The name of its folder and of its page.
    pub slug: &'static str,
    /// Its server.
    pub serve: fn(&Socket) -> !,
}

impl Chapter {
    /// The name of its package.
    pub fn package(&self) -> String {
        format!("ch{}", self.slug)
    }

    /// The folder of its package.
    pub fn folder(&self, course: &Path) -> PathBuf {
        course.join("chapters").join(self.slug)
    }

    /// The command that runs its server on a port that the system chooses. `workshop` is this program.
    pub fn command(&self, workshop: &Path) -> Command {
        let mut command = Command::new(workshop);
        command.args(["run", &self.number.to_string(), "127.0.0.1:0"]);
        command
    }
}

/// Every chapter with a server. Chapter 00, the instrument, has none.
pub const CHAPTERS: [Chapter; 8] = [
    Chapter { number: 1, title: "Listen", slug: "01-listen", serve: ch01_listen::serve },
    Chapter { number: 2, title: "The key", slug: "02-key", serve: ch02_key::serve },
    Chapter { number: 3, title: "Accept", slug: "03-accept", serve: ch03_accept::serve },
    Chapter { number: 4, title: "Decode", slug: "04-decode", serve: ch04_decode::serve },
    Chapter { number: 5, title: "Reply", slug: "05-reply", serve: ch05_reply::serve },
    Chapter { number: 6, title: "Many at once", slug: "06-select", serve: ch06_select::serve },
    Chapter { number: 7, title: "The room", slug: "07-room", serve: ch07_room::serve },
    Chapter { number: 8, title: "2010", slug: "08-hixie", serve: ch08_hixie::serve },
];

/// The chapter with this number; the error says which there are.
pub fn find(number: u8) -> Result<Chapter, String> {
    let found = CHAPTERS.iter().find(|chapter| chapter.number == number);
    found.copied().ok_or_else(|| {
        format!(
            "there is no chapter {number:02} with a server: choose from 1 to {}",
            CHAPTERS.len()
        )
    })
}
