//! The workshop on any desk: who may ask it, from where, and how much; and what it does when its terminal goes.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;

use crate::common::{
    PATIENCE, address_in, address_of, ask, client_of_lab, cookie, course, host_of, line_with,
    open_book, open_book_in, open_lab, open_lab_of, serving, succeeds, workshop,
};
use ch00_wire::{hex, masked_frame};

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
    let foreign = format!("{ours}\r\n{JSON}\r\nOrigin: http://evil.example");
    let foreign = asked("POST /lab", &foreign, "{\"chapter\":5}");
    assert!(foreign.starts_with("HTTP/1.1 403"), "{foreign}");
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
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket";
    let chat = format!("GET /lab/{lab}/chat");
    let requests = [
        ("GET /", "Accept: text/html", ""),
        ("GET /?token=", "", ""),
        ("GET /?token=0123456789abcdef0123456789abcdef", "", ""),
        ("GET /lab.css", "Cookie: frame-by-frame=1", ""),
        ("GET /reload", "Accept: text/event-stream", ""),
        ("POST /check", &post, "{\"chapter\":1,\"hint\":false,\"columns\":80,\"address\":null}"),
        ("POST /lab", &post, "{\"chapter\":5}"),
        ("POST /lab/raw", &post, &format!("{{\"lab\":{lab},\"text\":\"\"}}")),
        (&chat, upgrade, ""),
    ];
    for (request, fields, body) in requests {
        let answer = ask(at, &format!("{request} HTTP/1.1\r\nHost: {at}\r\n{fields}"), body);
        assert!(answer.starts_with("HTTP/1.1 403"), "{request}: {answer}");
        assert!(answer.contains("x-content-type-options: nosniff"), "{request}: {answer}");
        assert!(answer.contains("the terminal"), "it says what to do: {answer}");
    }

    let secret = cookie(&book);
    let foreign = format!("{upgrade}\r\n{secret}\r\nOrigin: http://evil.example");
    let answer = ask(at, &format!("{chat} HTTP/1.1\r\nHost: {at}\r\n{foreign}"), "");
    assert!(answer.starts_with("HTTP/1.1 403"), "a WebSocket of a foreign page: {answer}");
    let page = ask(at, &format!("{chat} HTTP/1.1\r\nHost: {at}\r\n{secret}"), "");
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
    let page = news.get_ref().try_clone().expect("a handle");
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

    page.shutdown(Shutdown::Both).expect("the page goes");
    // Its connections and its server go with it: the client is told.
    client.ended().expect("the lab ends");
}

#[test]
fn a_lab_that_cannot_start_says_why() {
    let book = open_book();
    let at = book.address();
    let head = format!("POST /lab HTTP/1.1\r\nHost: {at}\r\n{}\r\n{JSON}", cookie(&book));
    let lab = |body: &str| ask(at, &head, body);
    assert!(lab("{\"chapter\":99}").contains("there is no chapter 99 with a server"));
    assert!(lab("{\"address\":\"192.0.2.1:80\"}").contains("servers on 127.0.0.1 only"));
    assert!(lab("{\"address\":\"here\"}").starts_with("HTTP/1.1 4"));
}

#[test]
fn labs_are_limited_in_number() {
    let book = open_book();
    let at = book.address();
    let own = TcpListener::bind("127.0.0.1:0").expect("a port");
    let own = format!("{{\"address\":\"{}\"}}", own.local_addr().expect("bound"));
    let pages: Vec<_> = (0..MOST_LABS).map(|_| open_lab_of(&book, &own)).collect();
    let head = format!("POST /lab HTTP/1.1\r\nHost: {at}\r\n{}\r\n{JSON}", cookie(&book));
    let refused = ask(at, &head, &own);
    assert!(refused.starts_with("HTTP/1.1 429"), "{refused}");
    assert!(refused.contains("24 labs are open"), "{refused}");
    drop(pages);
}

#[cfg(unix)]
#[test]
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
