//! A WebSocket between a page and the workshop, for all that streams: a browser opens only six other connections to one
//! host, and about two hundred of these.
//!
//! The page sends one text message, its question in JSON. The first message that comes back is empty, or says why nothing
//! will follow. Each message after it is a line of the answer, until a Close frame ends them.

use std::io;
use std::time::Duration;

use ch00_wire::{Header, unmask, unmasked_frame};
use hyper::body::Bytes;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf};
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

use super::accept::accept_value;
use super::answer::{Answer, Refusal, empty, read};

/// How long a question may take, and how long it may be, in bytes.
const PATIENCE: Duration = Duration::from_secs(30);
const LONGEST: u64 = 64 * 1024;
/// How long a page may hear nothing, before it is sent a ping: so a proxy keeps the connection.
const QUIET: Duration = Duration::from_secs(15);
/// How long a page may take to end a connection that is closed.
const GOODBYE: Duration = Duration::from_secs(5);

const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;
/// The body of a Close frame: all is said (section 7.4.1).
const NORMAL: [u8; 2] = 1000_u16.to_be_bytes();

/// The lines of an answer.
pub(super) type Lines = Receiver<String>;

/// Opens a WebSocket, on which `answer` hears the page's question.
pub(super) fn open<Q: DeserializeOwned + 'static>(
    mut request: Request<Bytes>,
    answer: impl FnOnce(Q) -> Result<Lines, Refusal> + Send + 'static,
) -> Result<Answer, Refusal> {
    let accept = accept(request.headers())?;
    tokio::spawn(serve(hyper::upgrade::on(&mut request), answer));
    let mut switching = empty(StatusCode::SWITCHING_PROTOCOLS);
    let fields = switching.headers_mut();
    fields.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    fields.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    fields.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    Ok(switching)
}

/// What `Sec-WebSocket-Accept` says to a request for a WebSocket.
fn accept(fields: &HeaderMap) -> Result<HeaderValue, Refusal> {
    let has = |name: HeaderName, value: &str| {
        fields
            .get(name)
            .is_some_and(|found| found.as_bytes().eq_ignore_ascii_case(value.as_bytes()))
    };
    let key = fields.get(header::SEC_WEBSOCKET_KEY);
    let is_asked = has(header::UPGRADE, "websocket") && has(header::SEC_WEBSOCKET_VERSION, "13");
    let Some(key) = key.filter(|_| is_asked) else {
        let why = "only a WebSocket of version 13 is answered here";
        return Err((StatusCode::UPGRADE_REQUIRED, why.to_owned()));
    };
    HeaderValue::try_from(accept_value(key.as_bytes()))
        .map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
}

async fn serve<Q: DeserializeOwned>(
    upgrade: OnUpgrade,
    answer: impl FnOnce(Q) -> Result<Lines, Refusal>,
) -> Option<()> {
    let (mut page, mut out) = tokio::io::split(TokioIo::new(upgrade.await.ok()?));
    let question = timeout(PATIENCE, question(&mut page)).await.ok()??;
    let lines = read(&question).and_then(answer);
    let refusal = lines.as_ref().err().map_or("", |(_, why)| why);
    send(&mut out, TEXT, refusal.as_bytes()).await.ok()?;
    let telling = tokio::spawn(async move {
        match lines {
            Ok(lines) => tell(out, lines).await,
            Err(_) => send(&mut out, CLOSE, &NORMAL).await,
        }
    });
    let stop = telling.abort_handle();
    // A page that goes stops what it is told, and with it what that tells of.
    let going = tokio::spawn(async move {
        gone(page).await;
        stop.abort();
    });
    let stop = going.abort_handle();
    let _ = telling.await;
    let _ = timeout(GOODBYE, going).await;
    stop.abort();
    Some(())
}

/// Sends each line as it comes, and says when it was the last one.
async fn tell(mut out: impl AsyncWrite + Unpin, mut lines: Lines) -> io::Result<()> {
    loop {
        match timeout(QUIET, lines.recv()).await {
            Ok(Some(line)) => send(&mut out, TEXT, line.as_bytes()).await?,
            Ok(None) => return send(&mut out, CLOSE, &NORMAL).await,
            Err(_) => send(&mut out, PING, &[]).await?,
        }
    }
}

async fn send(out: &mut (impl AsyncWrite + Unpin), opcode: u8, payload: &[u8]) -> io::Result<()> {
    out.write_all(&unmasked_frame(opcode, payload)).await?;
    out.flush().await
}

/// The first message of a page.
async fn question(page: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
    match receive(page).await? {
        (TEXT, question) => Some(question),
        _ => None,
    }
}

/// Waits until a page has gone, or says so. It has nothing more to say but that it is still there.
async fn gone(mut page: ReadHalf<TokioIo<Upgraded>>) {
    while let Some((PING | PONG, _)) = receive(&mut page).await {}
}

/// The opcode and the payload of the next frame; `None` where the page has gone, or sends what no page of ours does: a
/// frame that is not masked, is only a part of its message, or is too long.
async fn receive(page: &mut (impl AsyncRead + Unpin)) -> Option<(u8, Vec<u8>)> {
    let mut head = Vec::new();
    let header = loop {
        head.push(page.read_u8().await.ok()?);
        if let Some(header) = Header::read(&head) {
            break header;
        }
    };
    let key = header.masking_key?;
    if !header.fin || header.rsv != 0 || header.length > LONGEST {
        return None;
    }
    let mut payload = vec![0; header.length as usize];
    page.read_exact(&mut payload).await.ok()?;
    Some((header.opcode, unmask(&payload, Some(key))))
}

#[cfg(test)]
mod tests {
    use ch00_wire::masked_frame;
    use tokio::runtime::Builder;

    use super::*;

    fn received(mut bytes: &[u8]) -> Option<(u8, Vec<u8>)> {
        let runtime = Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(receive(&mut bytes))
    }

    #[test]
    fn the_instrument_reads_what_a_page_is_sent() {
        for length in [0, 1, 125, 126, 0xffff, 0x10000] {
            let payload = vec![b'x'; length];
            let frame = unmasked_frame(TEXT, &payload);
            let header = Header::read(&frame).expect("a header");
            assert_eq!((header.opcode, header.length), (TEXT, length as u64));
            assert!(header.fin && header.rsv == 0 && header.masking_key.is_none());
            assert_eq!(frame[header.size..], payload);
        }
    }

    #[test]
    fn a_page_is_heard_as_far_as_it_says_what_pages_say() {
        assert_eq!(received(&masked_frame(TEXT, b"{}")), Some((TEXT, b"{}".to_vec())));
        let longest = vec![b'x'; LONGEST as usize];
        assert_eq!(received(&masked_frame(TEXT, &longest)), Some((TEXT, longest)));
        let too_long = masked_frame(TEXT, &vec![b'x'; LONGEST as usize + 1]);
        let part = [&[0x01], &masked_frame(TEXT, b"{}")[1..]].concat();
        let reserved = [&[0xc1], &masked_frame(TEXT, b"{}")[1..]].concat();
        let cut = &masked_frame(TEXT, b"{}")[..7];
        for wrong in [&too_long, &part, &reserved, &unmasked_frame(TEXT, b"{}"), cut, &[]] {
            assert_eq!(received(wrong), None, "{:?}", &wrong[..wrong.len().min(8)]);
        }
    }

    #[test]
    fn only_a_websocket_of_today_is_opened() {
        let asked = |changed: (&'static str, &str)| {
            let fields = [
                ("upgrade", "WebSocket"),
                ("sec-websocket-version", "13"),
                ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ];
            let fields = fields.into_iter().filter(|(name, _)| *name != changed.0);
            let all = fields.chain([changed]).filter(|(_, value)| !value.is_empty());
            let all = all.map(|(name, value)| {
                (HeaderName::from_static(name), value.parse().expect("a value"))
            });
            accept(&all.collect()).map_err(|(status, _)| status.as_u16())
        };
        let accept = asked(("x", "y")).expect("a WebSocket");
        assert_eq!(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        for wrong in ["upgrade", "sec-websocket-version", "sec-websocket-key"] {
            assert_eq!(asked((wrong, "")), Err(426), "{wrong}");
        }
        assert_eq!(asked(("sec-websocket-version", "8")), Err(426));
    }
}
