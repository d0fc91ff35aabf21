//! `check --watch`: the same check again, whenever a file is saved or a key asks for it.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use anyhow::Result;

use super::{Options, Subject, check};
use crate::changes::{self, Place};
use crate::own::Own;
use crate::screen::Screen;

const KEYS: &str =
    "\nsave a file, or press Enter: again · h Enter: hint · l Enter: list all · q Enter: quit";

/// What to do next.
enum Next {
    Again,
    Hint,
    List,
    Quit,
}

/// Checks until the reader has had enough. True if all promises held in the last check.
///
/// # Errors
///
/// As [`check`], where the first one cannot be made at all.
pub fn watch(subject: &Subject, options: Options, screen: &mut Screen) -> Result<bool> {
    let (sender, next) = mpsc::channel();
    read_keys(sender.clone());
    let mut now = options;
    loop {
        // Before the check, so that what is saved in the meantime counts; and each time, because a
        // chapter may have been begun.
        let saved = sender.clone();
        // There is nobody left to tell when the program ends.
        let changed = move || drop(saved.send(Next::Again));
        let watch = changes::watch(places(subject)?, changed);
        let result = check(subject, now, screen);
        let holds = *result.as_ref().unwrap_or(&false);
        if let Err(error) = result {
            screen.say(&format!("{error:#}"))?;
        }
        if let Err(error) = &watch {
            let instead = "press Enter after each save";
            screen.say(&format!("\nsaved files are not seen here ({error:#}): {instead}"))?;
        }
        screen.say(KEYS)?;
        now = match ask(&next) {
            Next::Again => options,
            // A hint follows the explanation of one promise, and a list explains none.
            Next::Hint => Options { hint: true, all: false, ..options },
            Next::List => Options { all: true, ..options },
            Next::Quit => return Ok(holds),
        }
    }
}

/// Waits for a reason to go on. Several of them at once are one.
fn ask(next: &Receiver<Next>) -> Next {
    let first = next.recv().unwrap_or(Next::Quit);
    next.try_iter().fold(first, |earlier, later| match (earlier, later) {
        (Next::Quit, _) => Next::Quit,
        (_, later) => later,
    })
}

/// A key and Enter: this needs no terminal of a special kind. A script that has nothing to say is no
/// reason to end.
fn read_keys(sender: Sender<Next>) {
    thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            let next = match line.trim() {
                "q" => Next::Quit,
                "h" => Next::Hint,
                "l" => Next::List,
                _ => Next::Again,
            };
            if sender.send(next).is_err() {
                return;
            }
        }
    });
}

/// What the student saves: their project, or the files that their command names.
fn places(subject: &Subject) -> Result<Vec<Place>> {
    Ok(match subject {
        Subject::Own(folder) => Own::near(folder)?.places(),
        Subject::Command(line) | Subject::Client(line) => {
            Subject::files(line).into_iter().map(Place::Like).collect()
        }
        Subject::Running(_) => Vec::new(),
    })
}
