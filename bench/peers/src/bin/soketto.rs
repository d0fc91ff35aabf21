//! soketto, with buffers around the socket as in its own example.

use std::sync::Arc;

use futures_util::io::{BufReader, BufWriter};
use peers::{Room, is_room, serve};
use soketto::Data;
use soketto::connection::Error;
use soketto::extension::deflate::Deflate;
use soketto::handshake::Server;
use soketto::handshake::server::Response;
use tokio_util::compat::TokioAsyncReadCompatExt;

fn main() {
    let room = Room::<_, (bool, Arc<[u8]>)>::default();
    serve(move |stream, address| {
        let room = room.clone();
        async move {
            let buffered = BufWriter::with_capacity(16 * 1024, stream.compat());
            let mut server = Server::new(BufReader::with_capacity(8 * 1024, buffered));
            server.add_extension(Box::new(Deflate::new(soketto::Mode::Server)));
            let Ok(key) = server.receive_request().await.map(|request| request.key()) else {
                return;
            };
            let answer = Response::Accept { key, protocol: None };
            if server.send_response(&answer).await.is_err() {
                return;
            }
            let (mut sender, mut receiver) = server.into_builder().finish();
            let mut message = Vec::new();
            if is_room() {
                let mut messages = room.join(address);
                tokio::spawn(async move {
                    while let Some(message) = messages.recv().await {
                        let mut next = Some(message);
                        while let Some((is_text, payload)) = next {
                            send(&mut sender, is_text, &payload).await?;
                            next = messages.try_recv().ok();
                        }
                        sender.flush().await?;
                    }
                    Ok::<(), Error>(())
                });
                while let Ok(data) = receiver.receive_data(&mut message).await {
                    room.say(&(matches!(data, Data::Text(_)), message[..].into()));
                    message.clear();
                }
                return room.leave(&address);
            }
            while let Ok(data) = receiver.receive_data(&mut message).await {
                let sent = match data {
                    Data::Text(_) => send(&mut sender, true, &message).await,
                    Data::Binary(_) => sender.send_binary_mut(&mut message).await,
                };
                if sent.is_err() || sender.flush().await.is_err() {
                    return;
                }
                message.clear();
            }
        }
    });
}

async fn send<T>(
    sender: &mut soketto::Sender<T>,
    is_text: bool,
    payload: &[u8],
) -> Result<(), Error>
where
    T: futures_util::AsyncRead + futures_util::AsyncWrite + Unpin,
{
    match std::str::from_utf8(payload) {
        Ok(text) if is_text => sender.send_text(text).await,
        _ => sender.send_binary(payload).await,
    }
}
