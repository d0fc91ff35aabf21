//! The check of a page: the same as in the terminal, of the server that the workshop was told.

use std::io::{self, ErrorKind, Write};
use std::sync::Arc;

use anyhow::Result;
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{Sender, channel};

use super::answer::Refusal;
use super::servers::{project, running};
use super::socket::Lines;
use super::{QUEUE, Workshop};
use crate::check::{Options, Subject, Verdict, verdict};
use crate::screen::Screen;

/// What a page asks for.
#[derive(Deserialize)]
pub(super) struct Question {
    /// The last chapter to check.
    chapter: u8,
    /// Whether to give the next hint.
    hint: bool,
    /// How many columns the page has for the answer.
    columns: usize,
    /// A server that runs; otherwise the one that the workshop was told.
    address: Option<String>,
}

/// What a page is told, a line of JSON each.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum News {
    /// A line that a terminal would show.
    Line(String),
    /// What the check has found; it is over.
    Verdict(Verdict),
    /// Why it could not find out.
    Failed(String),
}

/// Checks, and streams what a terminal would show, until it is done or the page goes away.
pub(super) fn check_server(workshop: Arc<Workshop>, question: Question) -> Result<Lines, Refusal> {
    let Ok(turn) = workshop.checking.clone().try_lock_owned() else {
        let why = "the workshop checks for another page at the moment: wait until that is done";
        return Err((StatusCode::CONFLICT, why.to_owned()));
    };
    let (sender, lines) = channel(QUEUE);
    tokio::task::spawn_blocking(move || {
        answer(&workshop, &question, Page { sender: sender.clone(), line: Vec::new() });
        // Before its page hears of the end, which may ask again at once.
        drop(turn);
        drop(sender);
    });
    Ok(lines)
}

fn answer(workshop: &Workshop, question: &Question, page: Page) {
    let sender = page.sender.clone();
    let mut screen = Screen::plain(page, Some(question.columns));
    let options =
        Options { last: Some(question.chapter), all: false, hint: question.hint, json: false };
    let result: Result<Verdict> = match &question.address {
        None => project(&workshop.subject)
            .and_then(|_| verdict(&workshop.subject, options, &mut screen)),
        Some(address) => {
            running(address).and_then(|at| verdict(&Subject::Running(at), options, &mut screen))
        }
    };
    // Its last line is whole now.
    drop(screen);
    let news = match result {
        Ok(verdict) => News::Verdict(verdict),
        Err(error) => News::Failed(format!("{error:#}")),
    };
    // Where the page has gone, nobody is left to tell.
    let _ = send(&sender, &news);
}

fn send(page: &Sender<String>, news: &News) -> io::Result<()> {
    let json = serde_json::to_string(news)?;
    page.blocking_send(json).map_err(|_| ErrorKind::BrokenPipe.into())
}

/// What a page reads, line by line.
struct Page {
    sender: Sender<String>,
    /// What is here of the next line.
    line: Vec<u8>,
}

impl Page {
    fn end_line(&mut self) -> io::Result<()> {
        let line = String::from_utf8_lossy(&std::mem::take(&mut self.line)).into_owned();
        send(&self.sender, &News::Line(line))
    }
}

impl Write for Page {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        for byte in text {
            match byte {
                b'\n' => self.end_line()?,
                byte => self.line.push(*byte),
            }
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if !self.line.is_empty() {
            let _ = self.end_line();
        }
    }
}
