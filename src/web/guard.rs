//! Who may ask the workshop: pages of its own, and nobody else's.
//!
//! It listens on loopback, but every page of every site in the reader's browser can reach loopback
//! too. `Host` tells a foreign name that was made to point here, `Origin` and `Sec-Fetch-Site` tell a
//! foreign page.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Refuses what does not come from a page of this workshop.
pub(super) async fn admit(State(port): State<u16>, request: Request, next: Next) -> Response {
    match refusal(request.headers(), port) {
        Some(why) => (StatusCode::FORBIDDEN, format!("{why}\n")).into_response(),
        None => {
            let mut response = next.run(request).await;
            // Nor may another site's page show ours in a frame of its own.
            let policy = HeaderValue::from_static("frame-ancestors 'self'");
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
            response
        }
    }
}

fn refusal(headers: &HeaderMap, port: u16) -> Option<String> {
    let value = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    // Browsers leave out the port that is HTTP's own.
    let port = if port == 80 { String::new() } else { format!(":{port}") };
    let ours = ["127.0.0.1", "localhost"].map(|name| format!("{name}{port}"));
    match value("host") {
        Some(host) if ours.iter().any(|name| name == host) => {}
        host => {
            return Some(format!(
                "the workshop is {}, and not {}",
                ours[0],
                host.unwrap_or("nameless")
            ));
        }
    }
    if let Some(origin) = value("origin")
        && !ours.iter().any(|name| origin == format!("http://{name}"))
    {
        return Some(format!("a page of {origin} may not use the workshop"));
    }
    match value("sec-fetch-site") {
        None | Some("same-origin" | "none") => None,
        Some(site) if value("sec-fetch-mode") == Some("navigate") && site != "?" => None,
        Some(_) => Some("a page of another site may not use the workshop".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(fields: &[(&'static str, &str)]) -> bool {
        let fields = fields.iter().map(|(name, value)| {
            (axum::http::HeaderName::from_static(name), value.parse().expect("a value"))
        });
        refusal(&fields.collect(), 3000).is_some()
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
        assert!(refused(&[host, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")]));
        assert!(refused(&[host, ("sec-fetch-site", "same-site")]));
    }
}
