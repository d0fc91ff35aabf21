//! What goes back to a page, and the JSON that came from it.

use std::convert::Infallible;
use std::io;

use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::{self, HeaderValue};
use hyper::{HeaderMap, Request, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// What the workshop answers.
pub(super) type Answer = Response<UnsyncBoxBody<Bytes, io::Error>>;

/// Why the workshop does not do what it was asked for.
pub(super) type Refusal = (StatusCode, String);

/// The kind of what is only text.
pub(super) const TEXT: &str = "text/plain; charset=utf-8";

/// An answer that says nothing but its status.
pub(super) fn empty(status: StatusCode) -> Answer {
    let nothing = Full::default().map_err(|never: Infallible| match never {});
    let mut answer = Response::new(nothing.boxed_unsync());
    *answer.status_mut() = status;
    answer
}

pub(super) fn text(status: StatusCode, text: impl Into<Bytes>) -> Answer {
    whole(status, TEXT, text.into())
}

pub(super) fn html(status: StatusCode, page: impl Into<Bytes>) -> Answer {
    whole(status, "text/html; charset=utf-8", page.into())
}

/// What is so at the moment: no browser keeps it.
pub(super) fn json(value: &impl Serialize) -> anyhow::Result<Answer> {
    let mut answer = whole(StatusCode::OK, "application/json", serde_json::to_vec(value)?.into());
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answer)
}

fn whole(status: StatusCode, kind: &'static str, bytes: Bytes) -> Answer {
    let body = Full::new(bytes).map_err(|never: Infallible| match never {});
    let mut answer = Response::new(body.boxed_unsync());
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

/// What a page asks for, in JSON.
pub(super) fn asked<T: DeserializeOwned>(request: &Request<Bytes>) -> Result<T, Refusal> {
    if !is_json(request.headers()) {
        let why = "what is asked for has to be of the type application/json";
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, why.to_owned()));
    }
    read(request.body())
}

/// What JSON says that came from a page.
pub(super) fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(json).map_err(|error| {
        let status = match error.classify() {
            Category::Data => StatusCode::UNPROCESSABLE_ENTITY,
            Category::Syntax | Category::Eof | Category::Io => StatusCode::BAD_REQUEST,
        };
        // Where in the JSON it is wrong says nothing to the reader of a page.
        let why = error.to_string();
        (status, why.split(" at line ").next().unwrap_or_default().to_owned())
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_json_that_says_so() {
        let status = |kind: &str, body: &'static str| {
            let request = Request::post("/").header("content-type", kind).body(body.into());
            asked::<u8>(&request.expect("a request")).map_err(|(status, _)| status.as_u16())
        };
        assert_eq!(status("application/json", "7"), Ok(7));
        assert_eq!(status("Application/JSON; charset=utf-8", " 7 "), Ok(7));
        assert_eq!(status("application/json", "300"), Err(422));
        for broken in ["", "7 7", "x"] {
            assert_eq!(status("application/json", broken), Err(400), "{broken}");
        }
        for kind in ["", "text/plain", "application/jsonp", "text/plain; application/json"] {
            assert_eq!(status(kind, "7"), Err(415), "{kind}");
        }
    }
}
