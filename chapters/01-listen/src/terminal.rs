//! The terminal: what a client sends is made fit for it, and nobody waits for it.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

// ANCHOR: printable
/// Text that a terminal shows and does not obey: invalid UTF-8 becomes `�`, and a character that could
/// move the cursor, or turn the direction of the text around it, is written out. Ends of lines stay.
pub fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    let escape = |c: char| match c != '\n' && (c.is_control() || is_direction(c)) {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    };
    text.chars().map(escape).collect()
}

/// Whether a character changes the direction of the text after it: with one of these, a line can look
/// like another line (CVE-2021-42574).
fn is_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The same on one line: what a client says must not look like lines of our own.
pub fn on_one_line(bytes: &[u8]) -> String {
    printable(bytes).replace('\n', "\\n")
}
// ANCHOR_END: printable

// ANCHOR: show
/// How much may wait for the terminal, in bytes. Lines that come then are left out.
const MAX_WAITING: usize = 1024 * 1024;

static WAITING: AtomicUsize = AtomicUsize::new(0);
static LEFT_OUT: AtomicUsize = AtomicUsize::new(0);

/// The way to the one thread that waits for the terminal.
static LINES: LazyLock<Sender<String>> = LazyLock::new(|| {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || write_each(&lines));
    sender
});

/// Shows a line in the terminal, in order, and without waiting: `println!` waits while nobody reads the
/// terminal, and panics when it is closed.
pub fn show(line: impl Display) {
    let line = format!("{line}\n");
    if WAITING.fetch_add(line.len(), Relaxed) > MAX_WAITING {
        WAITING.fetch_sub(line.len(), Relaxed);
        LEFT_OUT.fetch_add(1, Relaxed);
    } else if let Err(unsent) = LINES.send(line) {
        WAITING.fetch_sub(unsent.0.len(), Relaxed);
    }
}

fn write_each(lines: &Receiver<String>) {
    for mut text in lines {
        text.extend(lines.try_iter());
        let length = text.len();
        match LEFT_OUT.swap(0, Relaxed) {
            0 => {}
            count => text += &format!("({count} lines are left out: the terminal was not read)\n"),
        }
        // Nobody sees this line if the terminal is closed, and the server goes on all the same.
        let mut terminal = io::stdout();
        let _ = terminal.write_all(text.as_bytes()).and_then(|()| terminal.flush());
        WAITING.fetch_sub(length, Relaxed);
    }
}
// ANCHOR_END: show

// ANCHOR: last_lines
/// When it goes, at the end of the program, it lets the terminal have what is left, for a second at most.
pub struct LastLines;

impl Drop for LastLines {
    fn drop(&mut self) {
        let start = Instant::now();
        while WAITING.load(Relaxed) > 0 && start.elapsed() < Duration::from_secs(1) {
            thread::sleep(Duration::from_millis(1));
        }
    }
}
// ANCHOR_END: last_lines
