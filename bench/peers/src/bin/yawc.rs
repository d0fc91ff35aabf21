//! yawc, with the buffers that its benchmarks have, UTF-8 checked, and messages sent in batches.

use std::convert::Infallible;
use std::net::SocketAddr;

use futures_util::StreamExt;
use peers::{Room, echo, is_room, member, serve, upgrade};
use yawc::{Frame, OpCode, Options, WebSocket};

/// More than the largest message.
const LARGEST: usize = 64 * 1024 * 1024;

fn main() {
    let room = Room::default();
    serve(move |stream, address| {
        let room = room.clone();
        async move {
            upgrade(stream, |request| {
                let (answer, socket) = WebSocket::upgrade_with_options(request, options()).ok()?;
                tokio::spawn(talk(room.clone(), address, socket));
                Some(answer)
            })
            .await;
        }
    });
}

fn options() -> Options {
    Options::default()
        .with_utf8()
        .with_no_delay()
        .with_low_latency_compression()
        .with_limits(LARGEST, 2 * LARGEST)
        .with_read_buffer_capacity(128 * 1024)
        .with_backpressure_boundary(64 * 1024)
}

async fn talk(room: Room<SocketAddr, Frame>, address: SocketAddr, socket: yawc::UpgradeFut) {
    let Ok(socket) = socket.await else { return };
    // Its stream ends when something goes wrong.
    let socket = socket.map(Ok::<Frame, Infallible>);
    if is_room() {
        member(room, address, socket, is_data).await;
    } else {
        echo(socket, is_data).await;
    }
}

fn is_data(frame: &Frame) -> bool {
    matches!(frame.opcode(), OpCode::Text | OpCode::Binary)
}
