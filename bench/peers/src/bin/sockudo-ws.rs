//! sockudo-ws, with the allocator that its README recommends, the handshake of its echo example, and messages sent in batches.

use bytes::BytesMut;
use peers::{Room, Wire, echo, is_room, member, serve};
use sockudo_ws::deflate::negotiate_server_deflate;
use sockudo_ws::handshake::{build_response, generate_accept_key, parse_request};
use sockudo_ws::{CompressedWebSocketStream, Config, DeflateConfig, Message, WebSocketStream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// More than the largest message.
const LARGEST: usize = 64 * 1024 * 1024;

fn main() {
    let room = Room::default();
    serve(move |mut stream, address| {
        let room = room.clone();
        async move {
            let Some(deflate) = handshake(&mut stream).await else { return };
            let config = Config::builder().max_payload_length(LARGEST).idle_timeout(0).build();
            match deflate {
                Some(deflate) => {
                    let socket = CompressedWebSocketStream::server(stream, config, deflate);
                    echo(socket, is_data).await;
                }
                None if is_room() => {
                    let socket = WebSocketStream::server(stream, config);
                    member(room, address, socket, is_data).await;
                }
                None => echo(WebSocketStream::server(stream, config), is_data).await,
            }
        }
    });
}

/// Says whether the messages are compressed, and how.
async fn handshake(stream: &mut Wire) -> Option<Option<DeflateConfig>> {
    let mut head = BytesMut::with_capacity(4096);
    while stream.read_buf(&mut head).await.ok()? > 0 {
        let Some((request, _)) = parse_request(&head).ok()? else { continue };
        let offers = request.extensions;
        let agreed =
            offers.and_then(|offers| negotiate_server_deflate(offers, &DeflateConfig::default()));
        let extensions = agreed.as_ref().map(|agreed| agreed.to_response_header());
        let key = generate_accept_key(request.key);
        let answer = build_response(&key, None, extensions.as_deref());
        stream.write_all(&answer).await.ok()?;
        return Some(agreed.map(|agreed| agreed.config));
    }
    None
}

fn is_data(message: &Message) -> bool {
    matches!(message, Message::Text(_) | Message::Binary(_))
}
