//! The command line of the workshop: `cargo run` opens the book.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use clap::{Args, Parser, Subcommand};
use frame_by_frame::book::{self, Edition};
use frame_by_frame::command_line::quoted;
use frame_by_frame::command_line::{address, address_of_server};
use frame_by_frame::folder::{self, is_occupied};
use frame_by_frame::paper::Printed;
use frame_by_frame::screen::{Screen, Unheard};
use frame_by_frame::{build, bundle, chapters, check, ladder, own, paper, tap, web};

/// Build a WebSocket server from the socket up, in Rust.
///
/// Without a command: opens the book, with its labs, in a web server on this machine.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Task>,
    /// Where to serve the book; if the port is taken, the next free one is used
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// Where to serve it instead, for other machines too: 0.0.0.0:3000 in a container
    #[arg(long, value_name = "ADDRESS", value_parser = address, conflicts_with = "port")]
    listen: Option<SocketAddr>,
    /// Under which other address a browser finds it, such as https://name-3000.app.github.dev
    #[arg(long, value_name = "ORIGIN")]
    origin: Vec<web::Origin>,
    /// What the pages check; the same as with `check`
    #[command(flatten)]
    server: ServerChoice,
}

#[derive(Subcommand)]
enum Task {
    /// Run the server of a chapter
    Run {
        /// The chapter, such as 5
        chapter: u8,
        /// What its program is told: where to listen, if not on the port in PORT or on 127.0.0.1:4000, and
        /// the options that it has
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENT")]
        arguments: Vec<OsString>,
    },
    /// Make a Rust project of your own, or add the next chapter to it
    ///
    /// Each body that is yours to write holds a question. Nothing that you wrote is ever changed.
    Start {
        /// The folder of the project
        #[arg(default_value = own::FOLDER)]
        folder: PathBuf,
        /// The chapter to write; those before it are given
        #[arg(long, default_value_t = 1)]
        chapter: u8,
    },
    /// Hold your own server against the probes, chapter by chapter, up to the first that fails
    ///
    /// The exit code is 0 if every promise holds, 1 if one does not, and 2 if that cannot be found out: the
    /// server does not compile or listen, or the command is wrong.
    ///
    /// Chapter 18 is about a client: `check 18 -- COMMAND` listens, and starts the command with an address as
    /// its last argument, or in place of {url}.
    Check {
        /// The last chapter to check; otherwise the one that you began last, or with --server and
        /// --attach the last one of the course
        chapter: Option<u8>,
        /// Go on after a failure, and end with a table
        #[arg(long)]
        all: bool,
        /// Check again whenever you save
        #[arg(long, conflicts_with = "json")]
        watch: bool,
        /// Give the next of three hints for the first promise that is not kept
        #[arg(long, conflicts_with_all = ["json", "watch", "all", "solution"])]
        hint: bool,
        /// Where every promise holds, or after the last hint, show how the course wrote the same chapter
        #[arg(long, conflicts_with_all = ["json", "watch"])]
        solution: bool,
        /// Print what is found as JSON, for programs
        #[arg(long)]
        json: bool,
        /// Check every project of a folder, and print one table of all
        ///
        /// A project is a folder that `start` made, or one with a file server.txt: one line with the
        /// command of the server, like node server.mjs {port}. It runs in that folder.
        #[arg(long, value_name = "FOLDER", conflicts_with_all = CHECKS_ONE)]
        class: Option<PathBuf>,
        /// Write the table of the class as a page, too
        #[arg(long, value_name = "FILE", requires = "class")]
        html: Option<PathBuf>,
        /// Write it for a spreadsheet, too
        #[arg(long, value_name = "FILE", requires = "class")]
        csv: Option<PathBuf>,
        #[command(flatten)]
        server: ServerChoice,
        /// The command that starts your client
        #[arg(last = true, value_name = "COMMAND", conflicts_with_all = NO_CLIENT)]
        client: Vec<String>,
    },
    /// Show any conversation, named byte by byte
    Tap {
        /// Where clients connect: a port, or an address with a port
        #[arg(long, value_parser = address)]
        listen: SocketAddr,
        /// Where the server is: a port, or an address with a port
        #[arg(long, value_parser = address_of_server)]
        to: SocketAddr,
    },
    /// Print which probe holds in which chapter
    Ladder,
    /// Write the book as files, for any web server, or as a PDF
    Book {
        /// The folder to write: a new or empty one, or one that holds the book already [default:
        /// book/static in cargo's target folder]
        #[arg(long, group = "what")]
        out: Option<PathBuf>,
        /// The file to write instead, on pages of A4; it takes Chromium, which prints it
        #[arg(long, value_name = "FILE", group = "what")]
        pdf: Option<PathBuf>,
        /// The worksheet of the lesson for teachers instead, as a PDF
        #[arg(long, value_name = "FILE", group = "what")]
        worksheet: Option<PathBuf>,
        /// The slides of that lesson instead, as a PDF
        #[arg(long, value_name = "FILE", group = "what")]
        slides: Option<PathBuf>,
    },
    /// Write the course and all crates into a folder, for laptops without a network
    ///
    /// There `cargo run` builds the course from this folder alone. Rust itself is not in it.
    Bundle {
        /// The folder to write: a new or empty one
        folder: PathBuf,
    },
    /// Run a server of the zoo, which makes one mistake: which one?
    ///
    /// It listens on the port in PORT, or on 4000.
    Zoo {
        /// The number that your teacher gave you, such as 17
        number: u16,
    },
}

/// The options of a check that are for one server, and not for a class.
const CHECKS_ONE: [&str; 8] =
    ["all", "watch", "hint", "solution", "json", "server", "attach", "own"];

/// The options of a check that do not go with the command of a client.
const NO_CLIENT: [&str; 4] = ["server", "attach", "own", "class"];

#[derive(Args)]
#[group(multiple = false)]
struct ServerChoice {
    /// The command that starts your server; its port is in the variable PORT, and replaces {port};
    /// from chapter 07 on, {app} is the app that it is to run: echo or room
    #[arg(long, value_name = "COMMAND")]
    server: Option<String>,
    /// The port, or the address, of a server that runs already
    #[arg(long, value_name = "ADDRESS", value_parser = address_of_server)]
    attach: Option<SocketAddr>,
    /// The folder of your project, if it is not my-server in this folder
    #[arg(long, value_name = "FOLDER")]
    own: Option<PathBuf>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        None => {
            let desk = web::Desk { port: cli.port, listen: cli.listen, origins: cli.origin };
            let out = std::io::stdout();
            web::open(book::course(), &desk, cli.server.into(), out).map(|()| ExitCode::SUCCESS)
        }
        Some(task) => perform(task, &mut Screen::stdout()),
    };
    result.unwrap_or_else(|error| {
        if !error.is::<Unheard>() {
            anstream::eprintln!("{error:#}");
        }
        ExitCode::from(2)
    })
}

fn perform(task: Task, screen: &mut Screen) -> Result<ExitCode> {
    let holds = match task {
        Task::Run { chapter, arguments } => return run_server(chapter, &arguments),
        Task::Start { folder, chapter } => begin_chapter(&folder, chapter, screen)?,
        Task::Check { class: Some(folder), chapter, html, csv, .. } => {
            check::class(&check::Class { folder, last: chapter, html, csv }, screen)?
        }
        Task::Check { chapter, all, watch, hint, solution, json, server, client, .. } => {
            let check = match (watch, solution) {
                (true, _) => check::watch,
                (_, true) => check::solution,
                _ => check::check,
            };
            let options = check::Options { last: chapter, all, hint, json };
            let words: Vec<String> = client.iter().map(|word| quoted(word)).collect();
            let subject = match words.is_empty() {
                true => server.into(),
                false => check::Subject::Client(words.join(" ")),
            };
            check(&subject, options, screen)?
        }
        Task::Tap { listen, to } => tap::tap(listen, to, screen).map(|()| true)?,
        Task::Ladder => climb(screen)?,
        Task::Book { pdf: Some(file), .. } => print(&file, Printed::Book, screen)?,
        Task::Book { worksheet: Some(file), .. } => print(&file, Printed::Worksheet, screen)?,
        Task::Book { slides: Some(file), .. } => print(&file, Printed::Slides, screen)?,
        Task::Book { out, .. } => write_book(out, screen)?,
        Task::Bundle { folder } => write_bundle(&folder, screen)?,
        Task::Zoo { number } => return run_zoo(number),
    };
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Becomes a server of the zoo, which is built when it is first needed.
fn run_zoo(number: u16) -> Result<ExitCode> {
    let what = format!("the server {number} of the zoo");
    let program = build::build_example(&book::course(), "zoo", &mut says_what_is_built(&what))?;
    let mut server = Command::new(program);
    server.arg(number.to_string());
    if std::env::var_os("PORT").is_none() {
        server.env("PORT", ZOO_PORT);
    }
    become_program(server).with_context(|| format!("{what} cannot be started"))
}

/// Where the chapters' servers listen too.
const ZOO_PORT: &str = "4000";

/// Becomes the chapter's program, or runs it to its end where a program cannot become another.
fn run_server(chapter: u8, arguments: &[OsString]) -> Result<ExitCode> {
    let chapter = chapters::find(chapter).map_err(anyhow::Error::msg)?;
    let what = format!("the server of chapter {:02}", chapter.number);
    let program = chapter.program(&book::course(), &mut says_what_is_built(&what))?;
    let mut server = Command::new(program);
    server.args(arguments);
    become_program(server).with_context(|| format!("{what} cannot be started"))
}

#[cfg(unix)]
fn become_program(mut command: Command) -> std::io::Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(command.exec())
}

#[cfg(not(unix))]
fn become_program(mut command: Command) -> std::io::Result<ExitCode> {
    let code = command.status()?.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Tells a terminal what cargo does, under a line that says why.
fn says_what_is_built(what: &str) -> impl FnMut(&str) {
    let mut head = Some(format!("building {what}:"));
    move |status| {
        if let Some(head) = head.take() {
            anstream::eprintln!("{head}");
        }
        anstream::eprintln!("  {status}");
    }
}

fn begin_chapter(folder: &Path, chapter: u8, screen: &mut Screen) -> Result<bool> {
    let chapter = chapters::find(chapter).map_err(anyhow::Error::msg)?;
    let to_write = own::start(&book::course(), folder, chapter)?;
    screen.say(&format!("chapter {:02}, {}, is yours to write:", chapter.number, chapter.title))?;
    for file in to_write {
        screen.say(&format!("  {}", file.display()))?;
    }
    screen.say(&format!(
        "\nEach todo! asks a question; {}.html in the book answers it. Then: cargo run -- check{}",
        chapter.slug,
        own::flag(folder)
    ))?;
    Ok(true)
}

fn climb(screen: &mut Screen) -> Result<bool> {
    let programs =
        chapters::programs(&book::course(), &mut says_what_is_built("the chapters' programs"))?;
    let ladder = ladder::climb(&programs);
    screen.write(&ladder.to_string())?;
    let broken = ladder.broken();
    for law in &broken {
        screen.say(&format!("\nthe ladder is broken {law}"))?;
    }
    Ok(broken.is_empty())
}

/// The file that says that a folder holds the book, and may be emptied for the next one.
const MARK: &str = ".frame-by-frame-book";

fn write_book(out: Option<PathBuf>, screen: &mut Screen) -> Result<bool> {
    let course = book::course();
    let out = match out {
        Some(out) => out,
        None => folder::of_books()?.join("static"),
    };
    let out = std::path::absolute(out)?;
    if is_occupied(&out) && !out.join(MARK).exists() {
        bail!("{} holds other things, which would be lost: choose a new folder", out.display());
    }
    folder::make(&out, "choose another one with --out")?;
    let built = book::build(&course, &out, Edition::Static);
    // Also where the build has failed half-way: the next one may empty the folder again.
    std::fs::write(out.join(MARK), "").context("the folder cannot be marked as the book's")?;
    built?;
    screen.say(&format!("the book is written: {}", out.join("index.html").display()))?;
    Ok(true)
}

fn print(file: &Path, what: Printed, screen: &mut Screen) -> Result<bool> {
    let file = std::path::absolute(file)?;
    paper::write(&book::course(), what, &file)?;
    screen.say(&format!("{what} printed: {}", file.display()))?;
    Ok(true)
}

fn write_bundle(folder: &Path, screen: &mut Screen) -> Result<bool> {
    let folder = std::path::absolute(folder)?;
    let bundle = bundle::write(&book::course(), &folder, || {
        screen
            .say("collecting all crates, those of other systems too: this may take some minutes")?;
        Ok(())
    })?;
    screen.say(&format!(
        "the bundle is written: {}, {bundle}\nOn a laptop with Rust, copy that folder, and type \
         there: cargo run",
        folder.display()
    ))?;
    Ok(true)
}

impl From<ServerChoice> for check::Subject {
    fn from(choice: ServerChoice) -> Self {
        match (choice.server, choice.attach) {
            (Some(command), _) => check::Subject::Command(command),
            (None, Some(address)) => check::Subject::Running(address),
            (None, None) => check::Subject::Own(choice.own.unwrap_or_else(|| ".".into())),
        }
    }
}
