//! The tools of other languages that some tests need, and what is said where one is missing.

use std::collections::VecDeque;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::time::Duration;

use ch00_wire::{Header, RFC_KEY, Recorder, masked_frame, rfc_request};
use frame_by_frame::book::{self, Edition};
use frame_by_frame::{chapters, chromium};
use stage::{Client, Server};

/// How long something may take that has to come.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The folder of the course.
pub fn course() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Copies a folder with everything in it.
pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match from.is_dir() {
            true => copy_folder(&from, &to),
            false => drop(fs::copy(&from, &to).expect("a copy")),
        }
    }
}

/// The book as files, written once for all tests, which only read it.
pub fn static_book() -> &'static Path {
    static BOOK: OnceLock<PathBuf> = OnceLock::new();
    BOOK.get_or_init(|| {
        let files = Path::new(env!("CARGO_TARGET_TMPDIR")).join("book");
        book::build(course(), &files, Edition::Static)
            .unwrap_or_else(|mistakes| panic!("{mistakes}"));
        files
    })
}

/// A command of the workshop.
pub fn workshop(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frame-by-frame"));
    command.args(arguments);
    command
}

/// The chapters' programs, in order, built once for all tests.
pub fn programs() -> &'static [PathBuf] {
    static PROGRAMS: OnceLock<Vec<PathBuf>> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        chapters::programs(course(), &mut |_| ()).unwrap_or_else(|error| panic!("{error}"))
    })
}

/// A chapter's program.
pub fn program(number: usize) -> &'static Path {
    let place = chapters::CHAPTERS.iter().position(|chapter| usize::from(chapter.number) == number);
    &programs()[place.expect("a chapter with a program")]
}

/// A chapter's server, on a port that the system chose.
pub fn chapter(number: u8) -> Server {
    let command = chapters::announced(program(number.into()), None);
    Server::announced(command, &Recorder::new(), PATIENCE).expect("the chapter's server starts")
}

/// The command that runs a chapter's server, as `--server` takes it.
pub fn serving(number: usize) -> String {
    serving_on(number, "127.0.0.1:{port}")
}

/// The same, at a place of its own.
pub fn serving_on(number: usize, place: &str) -> String {
    format!("\"{}\" {place}", program(number).display())
}

/// The workshop with the open book, on a port that the system chose.
pub fn open_book() -> Server {
    open_book_in(Path::new("."), &[])
}

/// The same, opened in a folder, with arguments that name the reader's own server.
pub fn open_book_in(folder: &Path, subject: &[&str]) -> Server {
    let mut command = workshop(&["--port", "0"]);
    command.args(subject).current_dir(folder);
    Server::announced(command, &Recorder::new(), PATIENCE).expect("the workshop opens the book")
}

/// The address of the open book, with the secret that it printed.
pub fn address_of(book: &Server) -> String {
    let line = book.wait_for(0, PATIENCE, |line| line.contains("?token="));
    address_in(&line.expect("a line with the address"))
}

/// The address with the secret, in a line that the workshop printed.
pub fn address_in(line: &str) -> String {
    line.split_whitespace().find(|word| word.contains("?token=")).expect("an address").to_owned()
}

/// Where the workshop listens that has printed an address.
pub fn host_of(address: &str) -> SocketAddr {
    address.split('/').nth(2).and_then(|host| host.parse().ok()).expect("a host")
}

/// The field with which a request shows that it knows the secret of a printed address.
pub fn cookie_of(address: &str) -> String {
    let (_, secret) = address.split_once("?token=").expect("a secret");
    format!("Cookie: frame-by-frame-{}={secret}", host_of(address).port())
}

/// The same, of the open book.
pub fn cookie(book: &Server) -> String {
    cookie_of(&address_of(book))
}

/// Sends one HTTP request and reads the whole answer.
pub fn ask(at: SocketAddr, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(at).expect("connected");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let length = body.len();
    let request = format!("{head}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

/// The head with which a page asks for a WebSocket of the workshop.
pub fn upgrade(at: SocketAddr, place: &str, fields: &str) -> String {
    format!(
        "GET {place} HTTP/1.1\r\nHost: {at}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {RFC_KEY}\r\n{fields}"
    )
}

/// What a page is told over a WebSocket of the workshop: each message is a line. The first one is empty, or says why no
/// other will come.
pub struct Told {
    stream: TcpStream,
    /// What is here of a line, and not read yet.
    line: VecDeque<u8>,
}

impl Told {
    /// The page goes.
    pub fn leave(&self) {
        self.stream.shutdown(Shutdown::Both).expect("the page goes");
    }

    /// The payload of the next text message; `None` at the end.
    fn message(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let mut head = Vec::new();
            let header = loop {
                let mut byte = [0];
                self.stream.read_exact(&mut byte)?;
                head.push(byte[0]);
                if let Some(header) = Header::read(&head) {
                    break header;
                }
            };
            let mut payload = vec![0; header.length as usize];
            self.stream.read_exact(&mut payload)?;
            match header.opcode {
                1 => return Ok(Some(payload)),
                8 => return Ok(None),
                _ => {}
            }
        }
    }
}

impl Read for Told {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.line.is_empty() {
            let Some(message) = self.message()? else { return Ok(0) };
            self.line.extend(message.iter().chain(b"\n"));
        }
        self.line.read(buffer)
    }
}

/// Asks the workshop over a WebSocket, as a page does.
pub fn follow(at: SocketAddr, cookie: &str, place: &str, question: &str) -> BufReader<Told> {
    let mut page = TcpStream::connect(at).expect("connected");
    page.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let head = upgrade(at, place, cookie) + "\r\n\r\n";
    page.write_all(head.as_bytes()).expect("sent");
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        page.read_exact(&mut byte).expect("a head");
        answer.push(byte[0]);
    }
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    assert!(answer.contains(": s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{answer}");
    page.write_all(&masked_frame(1, question.as_bytes())).expect("sent");
    BufReader::new(Told { stream: page, line: VecDeque::new() })
}

/// Starts the lab of chapter 05, and hands back the page's stream of news, and the lab's number.
pub fn open_lab(book: &Server) -> (BufReader<Told>, u64) {
    open_lab_of(book, "{\"chapter\":5}")
}

/// The same, of a server that is named as a page names it.
pub fn open_lab_of(book: &Server, server: &str) -> (BufReader<Told>, u64) {
    let mut news = follow(book.address(), &cookie(book), "/lab", server);
    let ready = line_with(&mut news, "\"ready\"");
    let ready: serde_json::Value = serde_json::from_str(&ready).expect("JSON");
    (news, ready["lab"].as_u64().expect("a number"))
}

/// The next line that contains what is wanted.
pub fn line_with(news: &mut impl BufRead, wanted: &str) -> String {
    news.lines().map(|line| line.expect("a line")).find(|line| line.contains(wanted)).expect(wanted)
}

/// A client of a lab, with the request of the RFC as a browser sends it; and that request as the lab's server has to
/// see it.
pub fn client_of_lab(book: &Server, lab: u64) -> (Client, Vec<u8>) {
    let at = book.address();
    let request = String::from_utf8(rfc_request()).expect("ASCII");
    let request = request.replace("Host: server.example.com", &format!("Host: {at}"));
    let request = request.replace("http://example.com", &format!("http://{at}"));
    let place = format!("GET /lab/{lab}/chat HTTP/1.1\r\n{}\r\n", cookie(book));
    let mut client = Client::connect(at, &Recorder::new(), PATIENCE).expect("connected");
    let sent = request.replace("GET /chat HTTP/1.1\r\n", &place);
    client.send(sent.as_bytes()).expect("sent");
    (client, request.into_bytes())
}

/// Runs a command to its end; what it printed is the message where it fails.
pub fn succeeds(mut command: Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("the command starts");
    let printed =
        format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{command:?} failed:\n{printed}");
    printed
}

/// Where a client finds a server.
pub fn address(server: &Server) -> String {
    format!("ws://{}", server.address())
}

/// Where a browser finds a page, of the workshop that serves the book.
pub fn page(book: &Server) -> String {
    format!("http://{}", book.address())
}

/// What a client of `tests/clients` prints, when it is told these addresses.
pub fn plays(mut client: Command, script: &str, addresses: &[String]) -> String {
    client.arg(course().join("tests/clients").join(script)).args(addresses);
    succeeds(client)
}

/// Node, with the packages of `tests/clients`; `None`, said aloud, where it is missing.
pub fn node(test: &str) -> Option<Command> {
    let packages = course().join("tests/clients/node_modules/ws");
    let found = runs("node", "--version") && packages.exists();
    found
        .then(|| Command::new("node"))
        .or_else(|| missing(test, "node, and npm ci --prefix tests/clients"))
}

/// PHP with its sockets.
pub fn php(test: &str) -> Option<Command> {
    let mut modules = Command::new("php");
    let found = modules.arg("-m").output().is_ok_and(|output| {
        String::from_utf8_lossy(&output.stdout).lines().any(|line| line == "sockets")
    });
    found.then(|| Command::new("php")).or_else(|| missing(test, "php with its sockets"))
}

/// Python, with the packages of `tests/clients/requirements.txt`.
pub fn python(test: &str) -> Option<Command> {
    python_in("target/venv", test, "target/venv with tests/clients/requirements.txt")
}

/// Python 2.7, with those of `tests/clients/requirements-2010.txt`.
pub fn python_2010(test: &str) -> Option<Command> {
    let needs = "target/venv-2010, of Python 2.7, with tests/clients/requirements-2010.txt";
    python_in("target/venv-2010", test, needs)
}

/// The Autobahn test suite, of that Python, in an environment of its own.
pub fn wstest(test: &str) -> Option<Command> {
    let wstest = course().join("target/venv-autobahn/bin/wstest");
    let found = wstest.exists().then(|| Command::new(wstest));
    found.or_else(|| missing(test, "target/venv-autobahn, made by tests/autobahn/install"))
}

fn python_in(venv: &str, test: &str, needs: &str) -> Option<Command> {
    let venv = course().join(venv);
    let places = [venv.join("bin/python"), venv.join("Scripts/python.exe")];
    match places.into_iter().find(|place| place.exists()) {
        Some(python) => Some(Command::new(python)),
        None => missing(test, needs),
    }
}

/// A Chromium, and the Node that drives it: its path goes to the script in `CHROMIUM`.
pub fn browser(test: &str) -> Option<Command> {
    let mut node = node(test)?;
    node.env("CHROMIUM", chromium(test)?);
    Some(node)
}

/// The same for Firefox: its path goes to the script in `FIREFOX`.
pub fn second_browser(test: &str) -> Option<Command> {
    let mut node = node(test)?;
    let firefox = firefox(test)?.get_program().to_owned();
    let place = firefox.to_str().and_then(chromium::place_on_path);
    node.env("FIREFOX", place.unwrap_or_else(|| firefox.into()));
    Some(node)
}

/// A Chromium, found as the workshop finds it.
pub fn chromium(test: &str) -> Option<PathBuf> {
    chromium::find().or_else(|| missing(test, "chromium, or its path in CHROMIUM"))
}

/// A program of poppler, which reads PDFs.
pub fn poppler(program: &str, test: &str) -> Option<Command> {
    let found = runs(program, "-v").then(|| Command::new(program));
    found.or_else(|| missing(test, &format!("{program}, of poppler-utils")))
}

/// Firefox, in its edition with long support or the newest.
pub fn firefox(test: &str) -> Option<Command> {
    let names = ["firefox-esr", "firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"];
    installed(&names, test, "firefox-esr, or firefox")
}

/// curl, which asks for what it is told to ask for.
pub fn curl(test: &str) -> Option<Command> {
    installed(&["curl"], test, "curl")
}

/// openssl, whose `s_client` speaks TLS as it is told to.
pub fn openssl(test: &str) -> Option<Command> {
    let found = runs("openssl", "version").then(|| Command::new("openssl"));
    found.or_else(|| missing(test, "openssl"))
}

/// Java with Tomcat, as Debian has it.
pub fn tomcat(test: &str) -> Option<Command> {
    let mut java = java(test)?;
    let names = ["embed-core", "embed-websocket", "embed-el", "annotations-api"];
    let jars = names.map(|name| format!("/usr/share/java/tomcat10-{name}.jar"));
    if !jars.iter().all(|jar| Path::new(jar).exists()) {
        return missing(test, "Debian's libtomcat10-embed-java and libtomcat10-java");
    }
    let folder = concat!("-Dcatalina.base=", env!("CARGO_TARGET_TMPDIR"), "/tomcat");
    java.args([folder, "-cp", &jars.join(":")]);
    Some(java)
}

/// Java, with its compiler.
pub fn java(test: &str) -> Option<Command> {
    installed(&["javac"], test, "java and javac")?;
    Some(Command::new("java"))
}

/// The crates of all systems, which a bundle takes along: on this machine already, or from the network.
pub fn crates_of_all_systems(test: &str) -> Option<()> {
    let mut fetch = Command::new(env!("CARGO"));
    let fetch = fetch.args(["fetch", "--locked", "--quiet"]).current_dir(course()).output();
    let found = fetch.is_ok_and(|output| output.status.success());
    found.then_some(()).or_else(|| missing(test, "a network, or cargo fetch beforehand"))
}

/// git, and the files that it knows.
pub fn tracked_files(test: &str) -> Option<Vec<String>> {
    let git = Command::new("git").args(["ls-files", "-z"]).current_dir(course()).output();
    let Some(files) = git.ok().filter(|output| output.status.success()) else {
        return missing(test, "git, and a course that is a repository");
    };
    let files = String::from_utf8_lossy(&files.stdout).into_owned();
    let files = files.split('\0').filter(|file| course().join(file).is_file());
    Some(files.map(str::to_owned).collect())
}

/// hunspell, which knows how words are spelled.
pub fn hunspell(test: &str) -> Option<Command> {
    installed(&["hunspell"], test, "hunspell, and its dictionary en_US")
}

fn installed(names: &[&str], test: &str, needs: &str) -> Option<Command> {
    let found = names.iter().find(|name| runs(name, "--version"));
    found.map(Command::new).or_else(|| missing(test, needs))
}

fn runs(program: &str, argument: &str) -> bool {
    Command::new(program).arg(argument).output().is_ok_and(|output| output.status.success())
}

/// Says aloud that a test did not run. In CI that is a failure.
fn missing<T>(test: &str, tool: &str) -> Option<T> {
    assert!(std::env::var_os("CI").is_none(), "{test}: CI has to have {tool}");
    // Not eprintln!, which the test harness keeps to itself when a test passes.
    let _ = writeln!(std::io::stderr(), "\nNOT RUN: {test}: it needs {tool}\n");
    None
}
