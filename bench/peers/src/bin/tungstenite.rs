//! tungstenite, as its README has it: a thread for each client, which waits for it. It has no room: a thread that waits for
//! its own client cannot hear what others say.

use std::net::TcpListener;
use std::thread;

use tungstenite::accept_with_config;
use tungstenite::protocol::WebSocketConfig;

fn main() {
    if peers::is_room() {
        return;
    }
    let listener = TcpListener::bind(peers::address()).expect("a port that is free");
    for stream in listener.incoming() {
        let Ok(stream) = stream else { continue };
        thread::spawn(move || {
            let _ = stream.set_nodelay(true);
            let config = WebSocketConfig::default().max_frame_size(None);
            let Ok(mut socket) = accept_with_config(stream, Some(config)) else { return };
            while let Ok(message) = socket.read() {
                let is_data = message.is_text() || message.is_binary();
                if is_data && socket.send(message).is_err() {
                    return;
                }
            }
        });
    }
}
