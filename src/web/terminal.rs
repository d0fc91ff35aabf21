//! The workshop's own lines in the terminal.

use std::io::Write;
use std::sync::mpsc::{Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;

/// How many lines may wait for a terminal that is not read. Later ones are lost: the pages matter more.
const WAITING: usize = 64;
/// How long the last lines may take, when the workshop ends.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Prints from a thread of its own. A terminal that was closed, or that nobody reads, neither ends nor stops
/// the workshop. Clones share the thread.
#[derive(Clone)]
pub(super) struct Terminal(SyncSender<ToPrint>);

enum ToPrint {
    Line(String),
    /// Nothing follows; whoever waits for that is told.
    End(Sender<()>),
}

impl Terminal {
    pub(super) fn open(mut out: impl Write + Send + 'static) -> Terminal {
        let (sender, to_print) = sync_channel(WAITING);
        thread::spawn(move || {
            for next in to_print {
                // Nobody is left who could be told of a terminal, or a workshop, that has gone.
                let _ = match next {
                    ToPrint::Line(line) => writeln!(out, "{line}").and_then(|()| out.flush()).ok(),
                    ToPrint::End(waiting) => waiting.send(()).ok(),
                };
            }
        });
        Terminal(sender)
    }

    /// Prints a line, some time.
    pub(super) fn say(&self, line: impl Into<String>) {
        let _ = self.0.try_send(ToPrint::Line(line.into()));
    }

    /// Waits until all is printed, but not for long.
    pub(super) fn close(&self) {
        let (end, printed) = channel();
        if self.0.try_send(ToPrint::End(end)).is_ok() {
            let _ = printed.recv_timeout(LAST_WORDS);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::{Terminal, WAITING};

    /// A terminal that was closed: it fails each time.
    struct Closed;

    impl io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A terminal that nobody reads: it waits until somebody does.
    struct Unread(Arc<Mutex<()>>);

    impl io::Write for Unread {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _read = self.0.lock();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_terminal_that_is_closed_or_not_read_holds_nobody_up() {
        let read = Arc::new(Mutex::new(()));
        let nobody = read.lock().expect("the only one so far");
        let (closed, unread) = (Terminal::open(Closed), Terminal::open(Unread(read.clone())));
        for terminal in [&closed, &unread] {
            (0..=2 * WAITING).for_each(|number| terminal.say(format!("line {number}")));
        }
        closed.close();
        drop(nobody);
        unread.close();
    }
}
