//! tokio-tungstenite: messages go out when no more of them are there to be read, as with its example's `forward`.

use peers::{Room, echo, is_room, member, serve};
use tokio_tungstenite::accept_async_with_config;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

fn main() {
    let room = Room::default();
    serve(move |stream, address| {
        let room = room.clone();
        async move {
            let config = WebSocketConfig::default().max_frame_size(None);
            let Ok(socket) = accept_async_with_config(stream, Some(config)).await else { return };
            if is_room() {
                member(room, address, socket, is_data).await;
            } else {
                echo(socket, is_data).await;
            }
        }
    });
}

fn is_data(message: &Message) -> bool {
    message.is_text() || message.is_binary()
}
