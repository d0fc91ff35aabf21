//! fastwebsockets, as its echo examples do it: each frame is written when it is there, because it has no batches.

use std::net::SocketAddr;

use bytes::BytesMut;
use fastwebsockets::upgrade::UpgradeFut;
use fastwebsockets::{
    FragmentCollector, FragmentCollectorRead, Frame, OpCode, Payload, WebSocketError,
};
use peers::{Room, is_room, serve, upgrade};

type Said = (OpCode, BytesMut);

/// More than the largest message.
const LARGEST: usize = 64 * 1024 * 1024;

fn main() {
    let room = Room::default();
    serve(move |stream, address| {
        let room = room.clone();
        async move {
            upgrade(stream, |request| {
                let (answer, socket) = fastwebsockets::upgrade::upgrade(request).ok()?;
                let room = room.clone();
                tokio::spawn(tokio::task::unconstrained(async move {
                    if is_room() {
                        let _ = member(&room, address, socket).await;
                        room.leave(&address);
                    } else {
                        let _ = echo(socket).await;
                    }
                }));
                Some(answer)
            })
            .await;
        }
    });
}

async fn echo(socket: UpgradeFut) -> Result<(), WebSocketError> {
    let mut socket = socket.await?;
    socket.set_max_message_size(LARGEST);
    let mut socket = FragmentCollector::new(socket);
    loop {
        let frame = socket.read_frame().await?;
        match frame.opcode {
            OpCode::Close => return Ok(()),
            OpCode::Text | OpCode::Binary => socket.write_frame(frame).await?,
            _ => {}
        }
    }
}

async fn member(
    room: &Room<SocketAddr, Said>,
    address: SocketAddr,
    socket: UpgradeFut,
) -> Result<(), WebSocketError> {
    let socket = socket.await?;
    let mut messages = room.join(address);
    let (read, mut write) = socket.split(tokio::io::split);
    tokio::spawn(async move {
        while let Some((opcode, payload)) = messages.recv().await {
            let frame = Frame::new(true, opcode, None, Payload::Bytes(payload));
            if write.write_frame(frame).await.is_err() {
                return;
            }
        }
    });
    let mut read = FragmentCollectorRead::new(read);
    loop {
        // Nobody here pings.
        let mut answer = |_| async { Ok::<(), WebSocketError>(()) };
        let frame = read.read_frame(&mut answer).await?;
        match frame.opcode {
            OpCode::Close => return Ok(()),
            OpCode::Text | OpCode::Binary => {
                room.say(&(frame.opcode, BytesMut::from(&frame.payload[..])));
            }
            _ => {}
        }
    }
}
