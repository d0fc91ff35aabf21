//! The one door of the workshop: each connection brings one request, whose head says where it goes.
//!
//! A browser's WebSocket to a lab goes on to the lab's tap as raw bytes, so that the lab shows the browser's
//! own handshake. Everything else is HTTP, and is answered by a route; so are the WebSockets of the workshop itself.

use std::convert::Infallible;
use std::io::{self, Cursor};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hyper::HeaderMap;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use stage::Relay;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

use super::guard::{self, Guard};
use super::{Workshop, answer};

/// How long a request's head may take, how long it may be, and how many fields it may have.
const PATIENCE: Duration = Duration::from_secs(30);
const LONGEST_HEAD: usize = 64 * 1024;
const MOST_FIELDS: usize = 128;

/// How soon to ask again for a client, where the system has none to give: it may have no descriptors left.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// Where the address of a lab begins: its number follows, and then what its server is asked for.
const LAB: &str = "/lab/";

/// What is behind the door.
#[derive(Clone)]
pub(super) struct Door {
    pub(super) guard: Arc<Guard>,
    pub(super) workshop: Arc<Workshop>,
}

impl Door {
    /// Takes in whoever comes, for ever.
    pub(super) async fn open(self, listener: TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => drop(tokio::spawn(self.clone().take_in(stream))),
                Err(_) => sleep(ASK_AGAIN).await,
            }
        }
    }

    async fn take_in(self, mut stream: TcpStream) {
        let Some(head) = in_time(PATIENCE, read_head(&mut stream)).await else { return };
        // Whoever has gone already is not missed.
        let _ = match self.lab_of(&head) {
            Some((relay, head)) => hand_over(stream, relay, head),
            None => self.answer(stream, head).await,
        };
    }

    /// The lab that a WebSocket wants to be joined to, and the head for the lab's server. `None` for all that
    /// a route answers: also a lab that has ended, and whoever the guard does not admit.
    fn lab_of(&self, head: &[u8]) -> Option<(Relay, Vec<u8>)> {
        let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
        let mut request = httparse::Request::new(&mut fields);
        request.parse(head).ok().filter(httparse::Status::is_complete)?;
        let (number, _) = in_lab(request.path?)?;
        let headers = headers(request.headers)?;
        // Only a WebSocket: a page of the lab's server would be taken for a page of ours.
        let upgrade = headers.get(header::UPGRADE)?;
        if !upgrade.as_bytes().eq_ignore_ascii_case(b"websocket") || !self.guard.admits(&headers) {
            return None;
        }
        let relay = self.workshop.labs.relay(number.parse().ok()?)?;
        Some((relay, for_server(head, &format!("{LAB}{number}"), self.guard.cookie())))
    }

    async fn answer(self, stream: TcpStream, head: Vec<u8>) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let (read, write) = stream.into_split();
        let stream = TokioIo::new(tokio::io::join(Cursor::new(head).chain(read), write));
        // One request each, so that every head comes past this door.
        let mut http = http1::Builder::new();
        let http = http.keep_alive(false);
        let next = async |request| answer(&self.workshop, request).await;
        let service = service_fn(async |request| {
            Ok::<_, Infallible>(guard::admit(&self.guard, request, next).await)
        });
        http.serve_connection(stream, service).with_upgrades().await.map_err(io::Error::other)
    }
}

/// The number of the lab that a target leads to, and what its server is asked for.
pub(super) fn in_lab(target: &str) -> Option<(&str, &str)> {
    target.strip_prefix(LAB)?.split_once('/')
}

/// What is read, if it comes in time.
async fn in_time<T>(patience: Duration, read: impl Future<Output = io::Result<T>>) -> Option<T> {
    timeout(patience, read).await.ok()?.ok()
}

/// Reads until the head is here, or is too long to be one, or nothing more comes.
async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    while head.len() < LONGEST_HEAD && !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if stream.read_buf(&mut head).await? == 0 {
            break;
        }
    }
    Ok(head)
}

fn headers(fields: &[httparse::Header]) -> Option<HeaderMap> {
    let pair = |field: &httparse::Header| {
        let name = HeaderName::from_bytes(field.name.as_bytes()).ok()?;
        Some((name, HeaderValue::from_bytes(field.value).ok()?))
    };
    let mut headers = HeaderMap::new();
    for field in fields {
        let (name, value) = pair(field)?;
        headers.append(name, value);
    }
    Some(headers)
}

/// What a browser sent, for the lab's server: without the part of the target that names the lab, and without
/// the secret, which is not for that server, nor for those who look at the lab. All else is as it came.
fn for_server(bytes: &[u8], lab: &str, cookie: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.split_inclusive(|byte| *byte == b'\n');
    let request_line = rest.next().unwrap_or_default();
    let at = request_line.windows(lab.len()).position(|part| part == lab.as_bytes());
    let at = at.unwrap_or(request_line.len());
    out.extend_from_slice(&request_line[..at]);
    out.extend_from_slice(request_line.get(at + lab.len()..).unwrap_or_default());
    let mut is_head = true;
    for line in rest {
        is_head &= !matches!(line, b"\r\n" | b"\n");
        match is_head {
            true => out.extend(without_cookie(line, cookie)),
            false => out.extend_from_slice(line),
        }
    }
    out
}

/// A line of a head without one cookie. Without any left, no line is.
fn without_cookie(line: &[u8], cookie: &str) -> Vec<u8> {
    let Some(colon) = line.iter().position(|byte| *byte == b':') else { return line.to_vec() };
    let (name, value) = line.split_at(colon);
    if !name.eq_ignore_ascii_case(b"cookie") {
        return line.to_vec();
    }
    let is_other = |pair: &&[u8]| {
        let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
        name.trim_ascii() != cookie.as_bytes()
    };
    let all: Vec<&[u8]> = value[1..].trim_ascii().split(|byte| *byte == b';').collect();
    let others: Vec<&[u8]> = all.iter().copied().filter(is_other).map(<[u8]>::trim_ascii).collect();
    match others.len() {
        0 => Vec::new(),
        left if left == all.len() => line.to_vec(),
        _ => [name, b": ", &others.join(&b"; "[..]), b"\r\n"].concat(),
    }
}

/// Joins a client to the lab's server, in a thread of its own, as long as it stays.
fn hand_over(stream: TcpStream, relay: Relay, head: Vec<u8>) -> io::Result<()> {
    let stream = stream.into_std()?;
    stream.set_nonblocking(false)?;
    thread::Builder::new().spawn(move || relay.join(&stream, &head)).map(drop)
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    #[test]
    fn the_server_sees_what_the_browser_sent_without_the_lab_and_the_secret() {
        let head = |target: &str, cookie: &str| {
            format!("GET {target} HTTP/1.1\r\nhost: a\r\n{cookie}Origin: b\r\n\r\nCookie: f=1\r\n")
        };
        let cases = [
            ("", ""),
            ("Cookie: f=5ec7e7\r\n", ""),
            ("cookie:f=5ec7e7;a=b\r\n", "cookie: a=b\r\n"),
            ("Cookie: a=b; f=5ec7e7; c=d\r\n", "Cookie: a=b; c=d\r\n"),
            ("COOKIE:  a=f;  ff=2\r\n", "COOKIE:  a=f;  ff=2\r\n"),
        ];
        for (came, goes) in cases {
            let sent = for_server(head("/lab/7/chat?a=/lab/7", came).as_bytes(), "/lab/7", "f");
            let sent = String::from_utf8(sent).expect("UTF-8");
            assert_eq!(sent, head("/chat?a=/lab/7", goes));
        }
    }

    #[test]
    fn half_a_head_is_not_waited_for_for_ever() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let head = runtime.expect("a runtime").block_on(async {
            let (mut client, mut server) = tokio::io::duplex(64);
            client.write_all(b"GET / HTTP/1.1\r\n").await.expect("sent");
            in_time(Duration::from_millis(1), read_head(&mut server)).await
        });
        assert_eq!(head, None);
    }

    #[test]
    fn a_head_is_read_to_its_end_or_to_the_end_of_all() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let read = |mut bytes: &[u8]| runtime.block_on(read_head(&mut bytes)).expect("read").len();
        assert_eq!(read(b"GET / HTTP/1.1\r\n\r\n"), 18);
        assert_eq!(read(b"GET / HTTP/1.1\r\n"), 16);
        assert!((LONGEST_HEAD..=2 * LONGEST_HEAD).contains(&read(&[b'x'; 4 * LONGEST_HEAD])));
    }
}
