//! The check of a page: the same as in the terminal, of the server that the workshop was told.

use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use hyper::StatusCode;
use hyper::body::Bytes;
use serde::Deserialize;
use tokio::sync::mpsc::{Sender, channel};

use super::answer::{Answer, Refusal, TEXT, streamed};
use super::lab::on_this_machine;
use super::{QUEUE, Workshop};
use crate::check::{Options, Subject, check};
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
    /// A server that runs; otherwise the one that the workshop was told. A page may name no command: what
    /// this machine runs is decided in its terminal.
    address: Option<SocketAddr>,
}

/// Checks, and streams what a terminal would show, until it is done or the page goes away.
pub(super) fn check_server(workshop: Arc<Workshop>, question: Question) -> Result<Answer, Refusal> {
    let Ok(turn) = workshop.checking.clone().try_lock_owned() else {
        let why = "the workshop checks for another page at the moment: wait until that is done";
        return Err((StatusCode::CONFLICT, why.to_owned()));
    };
    let (sender, text) = channel(QUEUE);
    tokio::task::spawn_blocking(move || {
        answer(&workshop, &question, Page(sender));
        drop(turn);
    });
    Ok(streamed(TEXT, text))
}

fn answer(workshop: &Workshop, question: &Question, mut page: Page) {
    let mut screen = Screen::plain(page.clone(), Some(question.columns));
    let options =
        Options { last: Some(question.chapter), all: false, hint: question.hint, json: false };
    let result: Result<bool> = match question.address {
        None => check(&workshop.subject, options, &mut screen),
        Some(address) => on_this_machine(address)
            .and_then(|address| check(&Subject::Running(address), options, &mut screen)),
    };
    if let Err(error) = result {
        // Where the page has gone, nobody is left to tell.
        let _ = writeln!(page, "{error:#}");
    }
}

/// What a page reads.
#[derive(Clone)]
struct Page(Sender<Bytes>);

impl Write for Page {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Bytes::copy_from_slice(text));
        sent.map(|()| text.len()).map_err(|_| ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
