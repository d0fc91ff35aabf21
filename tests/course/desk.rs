//! The workshop on any desk: who may ask it, from where, and how much; and what it does when its terminal goes.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::thread;

use crate::common::{
    PATIENCE, address_in, address_of, ask, client_of_lab, cookie, course, follow, host_of,
    line_with, open_book, open_book_in, open_lab, open_lab_of, serving, succeeds, upgrade,
    workshop,
};
use ch00_wire::{hex, masked_frame};
use stage::Server;

const JSON: &str = "Content-Type: application/json";
const MOST_LABS: usize = 24;

#[test]
fn the_book_is_served_to_its_own_pages_only() {
    let book = open_book();
    let at = book.address();
    let ours = format!("Host: {at}\r\n{}", cookie(&book));
    let asked = |request: &str, fields: &str, body: &str| {
        ask(at, &format!("{request} HTTP/1.1\r\n{fields}"), body)
    };
    assert!(asked("GET /", &ours, "").starts_with("HTTP/1.1 200"));
    assert!(asked("GET /nothing", &ours, "").starts_with("HTTP/1.1 404"));
    let evil = asked("GET /", &format!("Host: evil.example\r\n{}", cookie(&book)), "");
    assert!(evil.starts_with("HTTP/1.1 403"), "{evil}");
    assert!(evil.contains("--origin http://evil.example"), "it says which option to give: {evil}");
    let foreign = format!("{}\r\nOrigin: http://evil.example", cookie(&book));
    for place in ["/lab", "/check", "/reload"] {
        let foreign = ask(at, &upgrade(at, place, &foreign), "");
        assert!(foreign.starts_with("HTTP/1.1 403"), "{place}: {foreign}");
        let plain = asked(&format!("GET {place}"), &ours, "");
        assert!(plain.starts_with("HTTP/1.1 426"), "{place} is for WebSockets: {plain}");
    }
    let raw = asked("POST /lab/raw", &format!("{ours}\r\n{JSON}"), "{\"lab\":1,\"text\":\"\"}");
    assert!(raw.starts_with("HTTP/1.1 400"), "raw requests go to labs only: {raw}");
}

#[test]
fn without_the_secret_nothing_is_to_be_had() {
    let book = open_book();
    let at = book.address();
    let own = TcpListener::bind("127.0.0.1:0").expect("a port");
    let own = format!("{{\"address\":\"{}\"}}", own.local_addr().expect("bound"));
    let (_page, lab) = open_lab_of(&book, &own);
    let post = format!("{JSON}\r\nOrigin: http://{at}");
    let ours = format!("Origin: http://{at}");
    let page =
        |request: &str, fields: &str| format!("{request} HTTP/1.1\r\nHost: {at}\r\n{fields}");
    let chat = format!("/lab/{lab}/chat");
    let requests = [
        (page("GET /", "Accept: text/html"), String::new()),
        (page("GET /?token=", ""), String::new()),
        (page("GET /?token=0123456789abcdef0123456789abcdef", ""), String::new()),
        (page("GET /lab.css", "Cookie: frame-by-frame=1"), String::new()),
        (page("GET /project", ""), String::new()),
        (page("POST /lab/raw", &post), format!("{{\"lab\":{lab},\"text\":\"\"}}")),
        (upgrade(at, "/reload", &ours), String::new()),
        (upgrade(at, "/check", &ours), String::new()),
        (upgrade(at, "/lab", &ours), String::new()),
        (upgrade(at, &chat, &ours), String::new()),
    ];
    for (request, body) in &requests {
        let answer = ask(at, request, body);
        assert!(answer.starts_with("HTTP/1.1 403"), "{request}: {answer}");
        assert!(answer.contains("x-content-type-options: nosniff"), "{request}: {answer}");
        assert!(answer.contains("the terminal"), "it says what to do: {answer}");
    }

    let secret = cookie(&book);
    let foreign = format!("{secret}\r\nOrigin: http://evil.example");
    let answer = ask(at, &upgrade(at, &chat, &foreign), "");
    assert!(answer.starts_with("HTTP/1.1 403"), "a WebSocket of a foreign page: {answer}");
    let page = ask(at, &page(&format!("GET {chat}"), &secret), "");
    assert!(page.starts_with("HTTP/1.1 404"), "a lab's server has no page of ours: {page}");
}

#[test]
fn the_printed_address_opens_the_book() {
    let book = open_book();
    let at = book.address();
    let address = address_of(&book);
    let query = address.strip_prefix(&format!("http://{at}/")).expect("the address");
    let head = format!("GET /05-reply.html{query} HTTP/1.1\r\nHost: {at}");
    let answer = ask(at, &head, "");
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    assert!(answer.contains("location: ./05-reply.html\r\n"), "{answer}");
    let (_, set) = answer.split_once("set-cookie: ").expect("a cookie");
    let (pair, attributes) = set.split_once("; ").expect("attributes");
    assert!(attributes.starts_with("HttpOnly; SameSite=Lax; Path=/\r\n"), "{answer}");
    let page = ask(at, &format!("GET /05-reply.html HTTP/1.1\r\nHost: {at}\r\nCookie: {pair}"), "");
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.contains("x-content-type-options: nosniff"), "{page}");
}

#[test]
fn a_lab_lives_as_long_as_its_page_listens() {
    let book = open_book();
    let (mut news, lab) = open_lab(&book);
    let (mut client, request) = client_of_lab(&book, lab);
    client.unit().expect("a 101");
    client.send(&masked_frame(1, b"Li Jing")).expect("sent");
    client.frame().expect("the echo");
    let head = line_with(&mut news, "\"request head\"");
    // As the client sent it, but for what is not for the server: the lab's number, and the secret.
    assert!(head.contains(&format!("\"hex\":\"{}\"", hex(&request))), "{head}");
    let echo = line_with(&mut news, "\"hex\":\"81 07 4c 69 20 4a 69 6e 67\"");
    assert!(
        echo.contains("\"from\":\"server\"") && echo.contains("\"text\":\"Li Jing\""),
        "{echo}"
    );

    news.get_ref().leave();
    // Its connections and its server go with it: the client is told.
    client.ended().expect("the lab ends");
}

/// All that a page hears that asks for a lab.
fn lab_of(book: &Server, server: &str) -> String {
    let mut news = follow(book.address(), &cookie(book), "/lab", server);
    let mut all = String::new();
    news.read_to_string(&mut all).expect("it ends");
    all
}

#[test]
fn a_lab_that_cannot_start_says_why() {
    let folder = tempfile::tempdir().expect("a folder without a project");
    let book = open_book_in(folder.path(), &[]);
    let free = TcpListener::bind("127.0.0.1:0").and_then(|port| port.local_addr()).expect("a port");
    for (server, why) in [
        ("{\"chapter\":99}", "there is no chapter 99 with a server"),
        ("{\"address\":\"192.0.2.1:80\"}", "servers on 127.0.0.1 only"),
        ("{\"address\":\"here\"}", "write it like 4000, 127.0.0.1:4000 or localhost:4000"),
        (&format!("{{\"address\":\"{free}\"}}"), "start your server first"),
        ("{\"project\":5}", "cargo run -- start"),
        ("{\"command\":\"php\"}", "unknown variant `command`"),
        ("{", "EOF while parsing"),
    ] {
        let said = lab_of(&book, server);
        assert!(said.contains(why), "{server}: {said}");
    }
}

#[test]
fn a_lab_starts_the_readers_own_project() {
    for chapter in [5, 7] {
        let book = open_book_in(Path::new("."), &["--server", &serving(chapter)]);
        let (mut news, lab) = open_lab_of(&book, &format!("{{\"project\":{chapter}}}"));
        let (mut client, _) = client_of_lab(&book, lab);
        client.unit().expect("a 101");
        client.send(&masked_frame(1, b"Li Jing")).expect("sent");
        client.frame().expect("the echo");
        line_with(&mut news, "\"hex\":\"81 07 4c 69 20 4a 69 6e 67\"");
        // It ends what it has started, if it can be asked.
        assert!(!book.ask_to_end() || book.wait_for_end(PATIENCE), "the workshop goes on");
    }
}

#[test]
fn a_project_that_ends_at_once_is_told_with_its_last_words() {
    let book = open_book_in(Path::new("."), &["--server", "cargo no-such-command"]);
    let said = lab_of(&book, "{\"project\":5}");
    assert!(said.contains("\"failed\"") && said.contains("no-such-command"), "{said}");
}

#[test]
#[ignore = "long"]
fn labs_are_limited_in_number() {
    let book = open_book();
    let own = TcpListener::bind("127.0.0.1:0").expect("a port");
    let own = format!("{{\"address\":\"{}\"}}", own.local_addr().expect("bound"));
    let pages: Vec<_> = (0..MOST_LABS).map(|_| open_lab_of(&book, &own)).collect();
    let refused = lab_of(&book, &own);
    assert!(refused.contains("24 labs are open"), "{refused}");
    drop(pages);
}

/// Each of them takes no connection that a page would need.
#[test]
fn one_page_checks_at_a_time_and_the_others_are_told_so() {
    let folder = tempfile::tempdir().expect("a folder, in which the hints are remembered");
    let book = open_book_in(folder.path(), &["--server", &serving(5)]);
    let check = || {
        let question = "{\"chapter\":5,\"hint\":false,\"columns\":80,\"address\":null}";
        follow(book.address(), &cookie(&book), "/check", question)
    };
    let mut first = check();
    line_with(&mut first, "\"line\"");
    let mut second = String::new();
    check().read_to_string(&mut second).expect("it ends");
    assert!(second.contains("checks for another page"), "{second}");
    let verdict = line_with(&mut first, "\"verdict\"");
    assert!(verdict.contains("\"holds\":true"), "{verdict}");
}

#[cfg(unix)]
#[test]
#[ignore = "long"]
fn a_signal_closes_the_workshop_and_its_labs() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let book = open_book();
        let (_page, lab) = open_lab(&book);
        let (mut client, _) = client_of_lab(&book, lab);
        client.unit().expect("a 101");
        send(signal, book.id());
        assert!(book.wait_for_end(PATIENCE), "{signal}: the workshop goes on");
        assert!(book.lines_from(0).concat().contains("the workshop is closed"));
        client.ended().expect("the lab ends with it");
    }
}

#[cfg(unix)]
fn send(signal: &str, process: u32) {
    let kill = std::process::Command::new("kill").args([signal, &process.to_string()]).status();
    assert!(kill.expect("kill runs").success());
}

/// Whoever reads what it prints goes away: the book stays open, and ends as usual.
#[cfg(unix)]
#[test]
fn a_terminal_that_goes_does_not_end_the_workshop() {
    use std::io::BufReader;
    use std::process::Stdio;
    let mut book = workshop(&["--port", "0"]).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut terminal = BufReader::new(book.stdout.take().expect("its terminal"));
    let line = line_with(&mut terminal, "the book is open at ");
    drop(terminal);
    let at = host_of(&address_in(&line));
    let answer = ask(at, &format!("GET / HTTP/1.1\r\nHost: {at}"), "");
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    // Its last line has nowhere to go.
    send("-TERM", book.id());
    assert!(book.wait().expect("it ends").success());
}

#[test]
fn a_place_that_is_named_is_taken_or_nothing() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = taken.local_addr().expect("bound").to_string();
    let output = workshop(&["--listen", &at]).output().expect("the workshop runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(&format!("cannot listen on {at}")), "{said}");
    let output = workshop(&["--origin", "name.example"]).output().expect("the workshop runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("write it like https://name-3000.app.github.dev"), "{said}");
}

/// Each lab, and the news of each page, once took one of a browser's six connections to a host.
#[test]
#[ignore = "long"]
fn a_dozen_tabs_with_labs_keep_no_page_from_loading() {
    let Some(mut browser) = crate::common::browser("a dozen tabs with labs") else { return };
    let book = open_book();
    browser.arg(course().join("tests/clients/tabs.mjs"));
    browser.arg(address_of(&book)).arg(book.id().to_string());
    println!("{}", succeeds(browser));
}

/// What a proxy writes over in each request.
#[derive(Clone)]
struct Rewrite {
    host: String,
    /// `None`: it leaves the browser's.
    origin: Option<String>,
}

/// A reverse proxy: it passes each connection on, and writes over the host and the origin of its request.
fn proxy(listener: TcpListener, to: SocketAddr, rewrite: &Rewrite) {
    let rewrite = rewrite.clone();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let rewrite = rewrite.clone();
            // Browsers open connections that they never use: those end without a head.
            thread::spawn(move || pass_on(client, to, &rewrite));
        }
    });
}

fn pass_on(mut client: TcpStream, to: SocketAddr, rewrite: &Rewrite) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).map_err(io::Error::other)?;
    let lines = head.split("\r\n").map(|line| match line.split_once(':') {
        Some(("Host", _)) => format!("Host: {}", rewrite.host),
        Some(("Origin", origin)) => {
            format!("Origin: {}", rewrite.origin.as_deref().unwrap_or(origin.trim()))
        }
        _ => line.to_owned(),
    });
    let head = lines.collect::<Vec<_>>().join("\r\n");
    let mut server = TcpStream::connect(to)?;
    server.write_all(head.as_bytes())?;
    let (mut from, mut into) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut into);
        let _ = into.shutdown(Shutdown::Write);
    });
    io::copy(&mut server, &mut client)?;
    client.shutdown(Shutdown::Both)
}

/// The ways of a cloud's proxy, and of a server's that stands before a container.
#[test]
#[ignore = "long"]
fn behind_a_proxy_the_book_its_labs_and_its_checks_need_one_port() {
    let Some(mut browser) = crate::common::browser("the book behind a proxy") else { return };
    let bind = || TcpListener::bind("127.0.0.1:0").expect("a port");
    let (cloud, before) = (bind(), bind());
    let origin = |listener: &TcpListener, name: &str| {
        // Browsers find every name below localhost on this machine.
        format!("http://{name}.localhost:{}", listener.local_addr().expect("bound").port())
    };
    let origins = [origin(&cloud, "name-3000"), origin(&before, "book")];
    let folder = tempfile::tempdir().expect("a folder, in which the hints are remembered");
    let told = ["--origin", &origins[0], "--origin", &origins[1], "--origin", "http://app:3000"];
    let book = open_book_in(folder.path(), &[&told[..], &["--server", &serving(1)]].concat());
    let local = format!("localhost:{}", book.address().port());
    let clouds = Rewrite { host: local.clone(), origin: Some(format!("https://{local}")) };
    let servers = Rewrite { host: "app:3000".to_owned(), origin: None };
    proxy(cloud, book.address(), &clouds);
    proxy(before, book.address(), &servers);

    let address = address_of(&book);
    let (_, query) = address.split_once("/?").expect("a secret");
    browser.arg(course().join("tests/clients/desk.mjs"));
    for (origin, rewrite) in origins.iter().zip([clouds, servers]) {
        browser.arg(format!("{origin}/?{query}")).arg(rewrite.host);
    }
    assert_eq!(succeeds(browser).matches("works").count(), 2);
}
