//! Where the commands speak: a terminal, wide or narrow, with colours or without; a pipe; a page of the book.
//!
//! All of them are told the same plain text. What a line is, its beginning says: a mark, a label, a caret. So
//! nothing has to be known here of what is told, and nothing there of where.

use std::io::{ErrorKind, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use anyhow::{Error, Result};
use terminal_size::terminal_size_of;
use textwrap::WordSplitter;

/// The column in which the text of a line with a label begins.
const TEXT: usize = 13;
/// In fewer columns than these nothing can be read.
const NARROWEST: usize = 30;
/// How many columns a byte takes: two digits and a space.
const BYTE: usize = 3;

/// How a command of ours begins.
const COMMAND: &str = "cargo run -- ";
/// What stands between two columns of text, at the least.
const GAP: &str = "  ";
/// How many columns make it worth to go on under a column of text.
const ROOM: usize = 16;

const BAD: Style = AnsiColor::Red.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const LABEL: Style = Style::new().bold();

/// Whoever read what is said does not read any more: the page was closed, or `| head` has enough.
#[derive(Debug)]
pub struct Unheard;

impl std::fmt::Display for Unheard {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("nobody reads this any more")
    }
}

impl std::error::Error for Unheard {}

/// A line with a label before its text.
pub fn labelled(label: &str, text: &str) -> String {
    format!("  {label:width$} {text}", width = TEXT - 3)
}

/// A place that text is written to.
pub struct Screen {
    out: Box<dyn Write>,
    /// In columns. Without it, a line is as long as it is.
    width: Option<usize>,
    colours: bool,
    passing: Passing,
    /// What is said for the moment.
    status: String,
}

/// What becomes of a line that is said for the moment only.
#[derive(Clone, Copy, PartialEq)]
enum Passing {
    /// The next line takes its place, as a terminal can.
    Overwritten,
    /// It stays, in a page.
    Kept,
    /// It is not said: what goes through a pipe is the result.
    Unsaid,
}

impl Screen {
    /// What this program's own output goes to. Colours are left out in a pipe, or where `NO_COLOR` is set.
    pub fn stdout() -> Screen {
        let stdout = std::io::stdout();
        Screen {
            width: terminal_size_of(&stdout).map(|(width, _)| width.0.into()),
            colours: AutoStream::choice(&stdout) != ColorChoice::Never,
            passing: match stdout.is_terminal() {
                true => Passing::Overwritten,
                false => Passing::Unsaid,
            },
            out: Box::new(anstream::stdout()),
            status: String::new(),
        }
    }

    /// Plain text, in so many columns: a page.
    pub fn plain(out: impl Write + 'static, width: Option<usize>) -> Screen {
        let (passing, status) = (Passing::Kept, String::new());
        Screen { out: Box::new(out), width, colours: false, passing, status }
    }

    /// Whether whoever writes here may use colours.
    pub fn has_colours(&self) -> bool {
        self.colours
    }

    /// How many bytes have room in one line behind a label.
    pub fn bytes(&self) -> usize {
        self.columns().map_or(usize::MAX, |columns| (columns - TEXT + 1) / BYTE)
    }

    /// Writes lines as they are.
    ///
    /// # Errors
    ///
    /// [`Unheard`], or what is said cannot be written.
    pub fn write(&mut self, text: &str) -> Result<()> {
        let status = std::mem::take(&mut self.status);
        if self.passing == Passing::Overwritten && !status.is_empty() {
            self.put(&format!("\r{:1$}\r", "", status.chars().count()))?;
        }
        self.put(text)
    }

    /// Says for the moment what is being waited for. On a terminal the next thing that is said takes its place;
    /// a page keeps it as a line, once; a pipe does not get it. Say it only after a few seconds.
    ///
    /// # Errors
    ///
    /// As [`Screen::write`].
    pub fn status(&mut self, text: &str) -> Result<()> {
        // In the last column, a terminal may go on to the next line.
        let columns = self.columns().map_or(usize::MAX, |columns| columns - 1);
        let text: String = text.chars().take(columns).collect();
        if text == self.status {
            return Ok(());
        }
        match self.passing {
            Passing::Overwritten => {
                self.write(&text)?;
                self.status = text;
            }
            Passing::Kept => {
                self.say(&text)?;
                self.status = text;
            }
            Passing::Unsaid => {}
        }
        Ok(())
    }

    fn put(&mut self, text: &str) -> Result<()> {
        self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()).map_err(|error| {
            match error.kind() {
                ErrorKind::BrokenPipe => Error::new(Unheard),
                _ => Error::new(error).context("what is found cannot be written"),
            }
        })
    }

    /// Writes lines for a reader: in the columns that there are, and with marks and labels in colours.
    ///
    /// # Errors
    ///
    /// As [`Screen::write`].
    pub fn say(&mut self, text: &str) -> Result<()> {
        let lines = text.lines().flat_map(|line| self.line(line));
        let text: String = lines.map(|line| line + "\n").collect();
        self.write(&text)
    }

    fn columns(&self) -> Option<usize> {
        self.width.map(|width| width.max(NARROWEST))
    }

    /// One line, broken into as many as it takes.
    fn line(&self, line: &str) -> Vec<String> {
        // A command is there to be copied, and whoever copies two lines gets two commands.
        let is_command = line.contains(COMMAND);
        let Some(columns) = self.columns().filter(|_| !is_command) else {
            return vec![self.paint(line, line)];
        };
        let indent = " ".repeat(hang(line, columns));
        let options = textwrap::Options::new(columns)
            .subsequent_indent(&indent)
            .word_splitter(WordSplitter::NoHyphenation);
        let lines = textwrap::wrap(line, options);
        let first = lines.first().map(|first| self.paint(line, first));
        let rest = lines.iter().skip(1).map(|more| match line.starts_with('✗') {
            true => self.paint(line, more),
            false => more.clone().into_owned(),
        });
        first.into_iter().chain(rest).collect()
    }

    /// The colours of a whole line, given to a part of it.
    fn paint(&self, line: &str, part: &str) -> String {
        if !self.colours {
            return part.to_owned();
        }
        let (style, cut) = match () {
            _ if line.starts_with('✗') || line.trim_start().starts_with('^') => (BAD, part.len()),
            _ if line.starts_with('●') => (GOOD, '●'.len_utf8()),
            _ if has_label(line) => (LABEL, TEXT - 1),
            _ => return part.to_owned(),
        };
        match part.split_at_checked(cut) {
            None | Some(("", _)) => part.to_owned(),
            Some((painted, rest)) => format!("{style}{painted}{style:#}{rest}"),
        }
    }
}

/// The column in which a line goes on that is too long: under its second column of text, if that leaves room.
fn hang(line: &str, columns: usize) -> usize {
    let text = line.trim_start();
    if text.starts_with('^') {
        return TEXT;
    }
    let indent = line.len() - text.len();
    let column = text.find(GAP).map(|gap| {
        let spaces = text[gap..].len() - text[gap..].trim_start().len();
        indent + text[..gap].chars().count() + spaces
    });
    match column {
        Some(column) if column + ROOM <= columns => column,
        _ => (indent + 2).min(columns / 2),
    }
}

/// Whether a line looks as [`labelled`] makes it.
fn has_label(line: &str) -> bool {
    let Some((label, text)) = line.split_at_checked(TEXT) else { return false };
    let Some(label) = label.strip_prefix("  ").and_then(|label| label.strip_suffix(GAP)) else {
        return false;
    };
    !label.starts_with(' ') && !label.trim_end().contains(GAP) && !text.starts_with(' ')
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::{COMMAND, Passing, Screen, Unheard, labelled};

    /// What stands on it can be read.
    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("nobody panics").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Nobody reads it.
    struct Closed;

    impl io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn said(width: Option<usize>, colours: bool) -> String {
        let paper = Paper::default();
        let mut screen = Screen { colours, ..Screen::plain(paper.clone(), width) };
        let text = [
            "● 04 prints the text of a frame".to_owned(),
            "✗ chapter 05: answers with a frame that has the right length".to_owned(),
            String::new(),
            "    81 07 4c 69 20 4a 69 6e 67                       FIN, text, 7 bytes".to_owned(),
            "  client → server · text frame, 7 bytes, masked".to_owned(),
            "  the client closes the connection".to_owned(),
            "    Host: server.example.com   which of its names".to_owned(),
            labelled("expected", "the text \"Li Jing\", in one frame that is not masked"),
            labelled("bytes", "81 08 4c 69"),
            format!("{:16}^ byte 1 of frame: FIN, text, 8 bytes", ""),
            labelled("a hint", "cargo run -- check 5 --hint   (0 of 3 seen)"),
        ];
        screen.say(&text.join("\n")).expect("written");
        let bytes = paper.0.lock().expect("nobody panics").clone();
        String::from_utf8(bytes).expect("UTF-8")
    }

    #[test]
    fn a_narrow_screen_breaks_lines_under_their_text() {
        let said = said(Some(40), false);
        let mut lines = said.lines().filter(|line| !line.contains(COMMAND));
        assert!(lines.all(|line| line.chars().count() <= 40));
        insta::assert_snapshot!("narrow", said);
    }

    #[test]
    fn a_pipe_and_a_wide_screen_break_none() {
        assert_eq!(said(None, false), said(Some(200), false));
        assert_eq!(said(None, false).lines().count(), 11);
    }

    #[test]
    fn colours_mark_and_change_no_letter() {
        let coloured = said(Some(40), true);
        insta::assert_snapshot!("colours", coloured.replace('\u{1b}', "ESC"));
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), said(Some(40), false));
    }

    #[test]
    fn what_is_waited_for_is_said_for_the_moment() {
        let said = |passing| {
            let paper = Paper::default();
            let mut screen = Screen { passing, ..Screen::plain(paper.clone(), Some(30)) };
            for _ in 0..2 {
                screen.status("waiting for the second client").expect("written");
            }
            screen.status("waiting").expect("written");
            screen.say("● kept").expect("written");
            let bytes = paper.0.lock().expect("nobody panics").clone();
            String::from_utf8(bytes).expect("UTF-8")
        };
        assert_eq!(said(Passing::Unsaid), "● kept\n");
        assert_eq!(said(Passing::Kept), "waiting for the second client\nwaiting\n● kept\n");
        let spaces = |count| " ".repeat(count);
        let terminal = format!(
            "waiting for the second client\r{}\rwaiting\r{}\r● kept\n",
            spaces(29),
            spaces(7)
        );
        assert_eq!(said(Passing::Overwritten), terminal);
    }

    #[test]
    fn a_reader_who_left_is_no_failure_of_ours() {
        let error = Screen::plain(Closed, None).say("●").expect_err("nobody reads");
        assert!(error.is::<Unheard>());
    }
}
