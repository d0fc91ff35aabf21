//! tungstenite, as its README has it: a thread for each client, which waits for it. It has no room: a thread that waits for
//! its own client cannot hear what others say.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use tokio_rustls::rustls::{ServerConnection, StreamOwned};
use tungstenite::accept_with_config;
use tungstenite::protocol::WebSocketConfig;

fn main() {
    if peers::is_room() {
        return;
    }
    let listener = TcpListener::bind(peers::address()).expect("a port that is free");
    let secret = peers::secret();
    for stream in listener.incoming() {
        let Ok(stream) = stream else { continue };
        let secret = secret.clone();
        thread::spawn(move || {
            let _ = stream.set_nodelay(true);
            let Some(secret) = secret else { return talk(stream) };
            let secret = ServerConnection::new(secret).expect("a connection");
            talk(StreamOwned::new(secret, stream));
        });
    }
}

fn talk(stream: impl Read + Write) {
    let config = WebSocketConfig::default().max_frame_size(None);
    let Ok(mut socket) = accept_with_config(stream, Some(config)) else { return };
    while let Ok(message) = socket.read() {
        let is_data = message.is_text() || message.is_binary();
        if is_data && socket.send(message).is_err() {
            return;
        }
    }
}
