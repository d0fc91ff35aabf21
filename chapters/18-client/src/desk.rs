//! What outlives a connection: what is to be sent, what was, and how the end is told.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::SyncSender;

use ch01_listen::{on_one_line, printable};
use ch05_reply::TEXT;
use ch06_select::{BINARY, Message};

use crate::{Resend, Unacknowledged};

// ANCHOR: over
/// How a connection has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Over {
    /// It was not opened, and another attempt may succeed.
    Unreachable(String),
    /// It was not opened, and the server has said why not.
    Refused(String),
    /// Both sides have said goodbye, with this code.
    Goodbye(Option<u16>),
    /// One of the rules was broken.
    Failed(String),
    /// Nobody has said goodbye.
    Lost(String),
}

impl Over {
    /// The program's exit code.
    pub fn code(&self) -> u8 {
        match self {
            Over::Goodbye(None | Some(1000 | 1001)) => 0,
            Over::Unreachable(_) | Over::Refused(_) => 1,
            Over::Lost(_) => 3,
            Over::Goodbye(_) | Over::Failed(_) => 4,
        }
    }

    /// Whether it makes sense to connect again: to a server that restarts, too (section 7.4.1, and the codes
    /// 1012 and 1013 of the registry).
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Over::Unreachable(_) | Over::Lost(_) | Over::Goodbye(Some(1001 | 1012 | 1013))
        )
    }
}

impl fmt::Display for Over {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Over::Unreachable(why) | Over::Refused(why) => write!(out, "not connected: {why}"),
            Over::Goodbye(None) => out.write_str("goodbye, without a code"),
            Over::Goodbye(Some(code)) => write!(out, "goodbye: {code}"),
            Over::Failed(why) => write!(out, "the server breaks a rule, {why}"),
            Over::Lost(why) => write!(out, "the connection is lost: {why}"),
        }
    }
}
// ANCHOR_END: over

// ANCHOR: desk
/// What there is to send, and what became of it.
pub struct Desk {
    /// Messages that wait for a connection.
    pub to_send: VecDeque<Message<'static>>,
    /// Those that were sent, and have perhaps not arrived.
    pub unacknowledged: Unacknowledged,
    /// What asks for the next line.
    pub want: SyncSender<()>,
    /// The input has ended.
    pub input_ended: bool,
    /// Somebody wants the program to end.
    pub stopped: bool,
}

impl Desk {
    /// A line is to be sent. One that is not a text is not.
    pub fn line(&mut self, mut line: Vec<u8>) {
        while let Some(b'\n' | b'\r') = line.last() {
            line.pop();
        }
        match String::from_utf8(line) {
            Ok(text) => {
                self.to_send.push_back(Message { opcode: TEXT, payload: text.into_bytes().into() });
            }
            Err(error) => tell("not sent, as it is not UTF-8", error.as_bytes()),
        }
    }

    /// A connection is gone: says of each message that is not certain to have arrived what becomes of it.
    pub fn account(&mut self, resend: Resend, goes_on: bool) {
        // YOURS: What may be sent again, and what has to be said?
        let (unknown, more) = self.unacknowledged.take();
        if more > 0 {
            eprintln!("ws: {more} earlier messages have perhaps not arrived");
        }
        if resend == Resend::Always && goes_on {
            let before = unknown.into_iter();
            self.to_send = before.chain(std::mem::take(&mut self.to_send)).collect();
            return;
        }
        unknown.iter().for_each(|message| tell("has perhaps not arrived", &message.payload));
        if !goes_on {
            self.to_send.iter().for_each(|message| tell("not sent", &message.payload));
        }
        // YOURS_END
    }
}

/// Says something about a message, whose beginning is enough.
fn tell(what: &str, payload: &[u8]) {
    eprintln!("ws: {what}: {}", on_one_line(&payload[..payload.len().min(200)]));
}
// ANCHOR_END: desk

// ANCHOR: print
/// Prints a text on a line. In a pipe, it is not changed, and each line of standard output is one: so a binary message
/// is told of on standard error.
pub fn print(message: &Message<'_>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match &message.payload {
        payload if message.opcode == BINARY => {
            let digits: String = payload.iter().map(|byte| format!("{byte:02x}")).collect();
            eprintln!("ws: binary {digits}");
        }
        payload if out.is_terminal() => writeln!(out, "{}", printable(payload))?,
        payload => {
            out.write_all(payload)?;
            out.write_all(b"\n")?;
        }
    }
    out.flush()
}
// ANCHOR_END: print
