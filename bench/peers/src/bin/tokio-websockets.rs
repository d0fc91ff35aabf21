//! tokio-websockets, configured as its echo example is, and with messages sent in batches.

use peers::{Room, echo, is_room, member, serve};
use tokio_websockets::{Config, Limits, Message, ServerBuilder};

fn main() {
    let room = Room::default();
    serve(move |stream, address| {
        let room = room.clone();
        tokio::task::unconstrained(async move {
            let builder = ServerBuilder::new()
                .config(Config::default().frame_size(usize::MAX))
                .limits(Limits::unlimited());
            let Ok((_, socket)) = builder.accept(stream).await else { return };
            if is_room() {
                member(room, address, socket, is_data).await;
            } else {
                echo(socket, is_data).await;
            }
        })
    });
}

fn is_data(message: &Message) -> bool {
    message.is_text() || message.is_binary()
}
