//! Who may ask the workshop: pages of its own, opened by someone who knows its secret, and nobody else.
//!
//! Every page of every site in the reader's browser can reach loopback, and so can every other user of the
//! machine. `Host` tells a foreign name that was made to point here, `Origin` and `Sec-Fetch-Site` tell a
//! foreign page, and the secret tells a foreign user.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Result, anyhow};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::http::uri::Scheme;
use hyper::{HeaderMap, Method, Request, StatusCode, Uri};
use tokio::time::timeout;

use super::answer::{Answer, empty, html, text};

/// How long a request's body may take, and how long it may be.
const PATIENCE: Duration = Duration::from_secs(30);
const LONGEST_BODY: usize = 1024 * 1024;

/// The name of the secret in an address.
const TOKEN: &str = "token";

/// An address under which a browser finds the workshop: scheme, name, and a port that is not the scheme's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    scheme: Scheme,
    host: String,
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Origin, String> {
        let wanted = || "write it like https://name-3000.app.github.dev".to_owned();
        let uri: Uri = text.parse().map_err(|_| wanted())?;
        let scheme = uri.scheme().filter(|scheme| usual_port(scheme).is_some()).cloned();
        let scheme = scheme.ok_or_else(wanted)?;
        let host = uri.authority().map(|authority| authority.as_str().to_ascii_lowercase());
        let host = host.filter(|host| !host.contains('@')).ok_or_else(wanted)?;
        if !matches!(uri.path_and_query().map(|path| path.as_str()), None | Some("" | "/")) {
            return Err(wanted());
        }
        Ok(Origin::new(scheme, &host))
    }
}

impl Origin {
    fn new(scheme: Scheme, host: &str) -> Origin {
        Origin { host: without_port(host, &scheme), scheme }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}://{}", self.scheme, self.host)
    }
}

fn usual_port(scheme: &Scheme) -> Option<&'static str> {
    match scheme.as_str() {
        "http" => Some(":80"),
        "https" => Some(":443"),
        _ => None,
    }
}

/// A host without the port that browsers leave out.
fn without_port(host: &str, scheme: &Scheme) -> String {
    let port = usual_port(scheme).unwrap_or_default();
    host.strip_suffix(port).unwrap_or(host).to_owned()
}

/// Knows who may come in.
pub(super) struct Guard {
    /// The first is what the terminal prints.
    origins: Vec<Origin>,
    /// Two workshops on one machine share the cookies of their pages: each has a name of its own.
    cookie: String,
    secret: String,
}

impl Guard {
    /// A guard with a new secret, of a workshop that listens at `at`, and that is also found under `others`.
    pub(super) fn new(at: SocketAddr, others: &[Origin]) -> Result<Guard> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| anyhow!("no secret can be made: {error}"))?;
        let secret = random.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Guard::with(at, others, secret))
    }

    fn with(at: SocketAddr, others: &[Origin], secret: String) -> Guard {
        let port = at.port();
        // Who listens everywhere is found on loopback too.
        let named = (!at.ip().is_unspecified()).then(|| at.to_string());
        let loopback = ["127.0.0.1", "localhost"].map(|name| format!("{name}:{port}"));
        let hosts = || named.iter().chain(&loopback);
        let mut origins: Vec<Origin> =
            hosts().map(|host| Origin::new(Scheme::HTTP, host)).collect();
        if !others.is_empty() {
            // Some proxies put the name of this machine in the place of their own, and keep the scheme.
            origins.extend(hosts().map(|host| Origin::new(Scheme::HTTPS, host)));
            origins.extend(others.iter().cloned());
        }
        Guard { origins, cookie: format!("frame-by-frame-{port}"), secret }
    }

    /// The address of the book, with the secret, under one of its origins.
    pub(super) fn address(&self, origin: &Origin) -> String {
        format!("{origin}/?{TOKEN}={}", self.secret)
    }

    /// The address of the book on this machine, with the secret.
    pub(super) fn address_here(&self) -> String {
        self.address(&self.origins[0])
    }

    /// The name of the cookie that holds the secret.
    pub(super) fn cookie(&self) -> &str {
        &self.cookie
    }

    /// Whether a request with these fields comes from a page of the workshop that was opened with the secret.
    pub(super) fn admits(&self, headers: &HeaderMap) -> bool {
        self.refusal(headers).is_none() && self.has_secret(headers)
    }

    /// Why a request cannot come from a page of the workshop.
    fn refusal(&self, headers: &HeaderMap) -> Option<String> {
        let value = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
        let host = value("host").unwrap_or_default().to_ascii_lowercase();
        let is_ours = |origin: &Origin| without_port(&host, &origin.scheme) == origin.host;
        if !self.origins.iter().any(is_ours) {
            let scheme = value("x-forwarded-proto").unwrap_or("http");
            return Some(format!(
                "the workshop is {}, and not {host}. If a proxy stands before it, start the workshop \
                 with --origin {scheme}://{host}",
                self.origins[0]
            ));
        }
        if let Some(origin) = value("origin")
            && !self.origins.iter().any(|ours| ours.to_string() == origin)
        {
            return Some(format!(
                "a page of {origin} may not use the workshop. If this is the address of the book, behind \
                 a proxy, start the workshop with --origin {origin}"
            ));
        }
        match value("sec-fetch-site") {
            None | Some("same-origin" | "none") => None,
            Some(site) if value("sec-fetch-mode") == Some("navigate") && site != "?" => None,
            Some(_) => Some("a page of another site may not use the workshop".to_owned()),
        }
    }

    fn has_secret(&self, headers: &HeaderMap) -> bool {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let pairs =
            cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
        pairs.into_iter().any(|(name, value)| name.trim() == self.cookie && value == self.secret)
    }

    /// Where the page is, without the secret, if the address of a request has the right one.
    fn opened<B>(&self, request: &Request<B>) -> Option<String> {
        if request.method() != Method::GET {
            return None;
        }
        let (tokens, others): (Vec<&str>, Vec<&str>) =
            request.uri().query()?.split('&').partition(|pair| pair.starts_with("token="));
        tokens.iter().find(|pair| pair[TOKEN.len() + 1..] == self.secret)?;
        // Relative, because a proxy may have put the book into a folder.
        let page = request.uri().path().rsplit('/').next().unwrap_or_default();
        let query =
            if others.is_empty() { String::new() } else { format!("?{}", others.join("&")) };
        Some(format!("./{page}{query}"))
    }

    /// Lets the browser remember the secret, and sends it on to the page.
    ///
    /// Not `SameSite=Strict`: whoever follows a link to the book from a page of a course, or opens the
    /// address in an editor that is a page itself, would be asked for the secret again. What does something is
    /// asked with POST, or as a WebSocket, and of those the origin is looked at.
    fn welcome(&self, page: &str) -> Answer {
        let Guard { cookie, secret, .. } = self;
        let cookie = format!("{cookie}={secret}; HttpOnly; SameSite=Lax; Path=/");
        let mut answer = empty(StatusCode::SEE_OTHER);
        for (name, value) in [(header::SET_COOKIE, &*cookie), (header::LOCATION, page)] {
            match HeaderValue::from_str(value) {
                Ok(value) => answer.headers_mut().insert(name, value),
                Err(error) => return text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
            };
        }
        answer
    }
}

/// Lets in who may come in; `next` answers them.
pub(super) async fn admit(
    guard: &Guard,
    request: Request<Incoming>,
    next: impl AsyncFnOnce(Request<Bytes>) -> Answer,
) -> Answer {
    let answer = match guard.refusal(request.headers()) {
        Some(why) => unseen(text(StatusCode::FORBIDDEN, format!("{why}\n"))),
        None => match guard.opened(&request) {
            Some(page) => unseen(guard.welcome(&page)),
            None if guard.has_secret(request.headers()) => complete(request, next).await,
            None => unseen(without_secret(request.headers())),
        },
    };
    protected(answer)
}

/// Once all of the request is here: half a one is not waited for for ever.
async fn complete(
    request: Request<Incoming>,
    next: impl AsyncFnOnce(Request<Bytes>) -> Answer,
) -> Answer {
    let (head, body) = request.into_parts();
    match timeout(PATIENCE, Limited::new(body, LONGEST_BODY).collect()).await {
        Ok(Ok(body)) => next(Request::from_parts(head, body.to_bytes())).await,
        Ok(Err(_)) => empty(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => empty(StatusCode::REQUEST_TIMEOUT),
    }
}

/// Tells a reader what to do: with a page, or in a line where a script has asked.
fn without_secret(headers: &HeaderMap) -> Answer {
    let accepted = headers.get(header::ACCEPT).and_then(|kinds| kinds.to_str().ok());
    match accepted.is_some_and(|kinds| kinds.contains("text/html")) {
        true => html(StatusCode::FORBIDDEN, include_str!("secret.html")),
        false => {
            let what = "open the address that the terminal printed when the workshop started\n";
            text(StatusCode::FORBIDDEN, what)
        }
    }
}

/// An answer that no browser keeps.
fn unseen(mut answer: Answer) -> Answer {
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn protected(mut answer: Answer) -> Answer {
    let fields = answer.headers_mut();
    // No other site's page may show ours in a frame of its own.
    let policy = HeaderValue::from_static("frame-ancestors 'self'");
    fields.insert(header::CONTENT_SECURITY_POLICY, policy);
    // And what is text stays text, whatever it looks like.
    let nosniff = HeaderValue::from_static("nosniff");
    fields.insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODESPACE: &str = "https://name-3000.app.github.dev";

    fn guard(others: &[&str]) -> Guard {
        let others: Vec<Origin> = others.iter().map(|one| one.parse().expect("one")).collect();
        Guard::with(([127, 0, 0, 1], 3000).into(), &others, "5ec7e7".to_owned())
    }

    fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
        let fields = fields.iter().map(|(name, value)| {
            (header::HeaderName::from_static(name), value.parse().expect("a value"))
        });
        fields.collect()
    }

    fn refused(fields: &[(&'static str, &str)]) -> bool {
        guard(&[]).refusal(&headers(fields)).is_some()
    }

    #[test]
    fn only_our_own_pages_are_let_in() {
        let host = ("host", "127.0.0.1:3000");
        assert!(!refused(&[host]));
        assert!(!refused(&[("host", "localhost:3000"), ("origin", "http://localhost:3000")]));
        assert!(!refused(&[host, ("sec-fetch-site", "same-origin")]));
        assert!(!refused(&[
            host,
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate")
        ]));
        assert!(refused(&[]));
        assert!(refused(&[("host", "evil.example:3000")]));
        assert!(refused(&[("host", "127.0.0.1:3001")]));
        assert!(refused(&[host, ("origin", "http://evil.example")]));
        assert!(refused(&[host, ("origin", "http://127.0.0.1:3001")]));
        assert!(refused(&[host, ("origin", "null")]));
        assert!(refused(&[host, ("origin", CODESPACE)]));
        assert!(refused(&[host, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")]));
        assert!(refused(&[host, ("sec-fetch-site", "same-site")]));
    }

    #[test]
    fn a_named_origin_is_ours_whatever_the_proxy_leaves_of_it() {
        let guard = guard(&[CODESPACE, "http://127.0.0.1:8080/"]);
        let let_in = |host: &str, origin: &str| {
            guard.refusal(&headers(&[("host", host), ("origin", origin)])).is_none()
        };
        assert!(let_in("name-3000.app.github.dev", CODESPACE));
        assert!(let_in("name-3000.app.github.dev:443", CODESPACE));
        assert!(let_in("localhost:3000", CODESPACE));
        assert!(let_in("localhost:3000", "https://localhost:3000"));
        assert!(let_in("127.0.0.1:8080", "http://127.0.0.1:8080"));
        assert!(!let_in("name-3000.app.github.dev", "https://other-3000.app.github.dev"));
        assert!(!let_in("name-3000.app.github.dev", "http://name-3000.app.github.dev"));
        assert!(!let_in("other-3000.app.github.dev", CODESPACE));
        let why = guard.refusal(&headers(&[("host", "app:3000"), ("x-forwarded-proto", "https")]));
        assert!(why.expect("unknown").contains("--origin https://app:3000"));
    }

    #[test]
    fn an_origin_has_a_scheme_and_a_host_and_no_more() {
        let read = |text: &str| text.parse::<Origin>().map(|origin| origin.to_string());
        assert_eq!(read("HTTPS://Book.example:443/").as_deref(), Ok("https://book.example"));
        assert_eq!(read("http://book.example:443").as_deref(), Ok("http://book.example:443"));
        for wrong in
            ["book.example", "book.example:3000", "ftp://a", "http://a/b", "http://a?b", ""]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert!(read("http://user@a").is_err());
    }

    #[test]
    fn the_secret_is_taken_from_the_address_once_and_then_from_the_cookie() {
        let guard = guard(&[]);
        let opened = |address: &str| {
            let request = Request::get(address).body(()).expect("a request");
            guard.opened(&request)
        };
        assert_eq!(opened("/?token=5ec7e7").as_deref(), Some("./"));
        assert_eq!(opened("/a/b.html?x=1&token=5ec7e7&y").as_deref(), Some("./b.html?x=1&y"));
        for wrong in ["/", "/?token=", "/?token=5ec7e7f", "/?atoken=5ec7e7", "/5ec7e7"] {
            assert_eq!(opened(wrong), None, "{wrong}");
        }
        let knows = |cookie: &str| guard.has_secret(&headers(&[("cookie", cookie)]));
        assert!(knows("frame-by-frame-3000=5ec7e7"));
        assert!(knows("a=b; frame-by-frame-3000=5ec7e7; c"));
        assert!(!knows("frame-by-frame-3000=5ec7e8"));
        assert!(!knows("frame-by-frame-3001=5ec7e7"));
        assert!(!knows(""));
    }
}
