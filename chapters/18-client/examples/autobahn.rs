//! Plays the cases of Autobahn's fuzzing server, as a client that says back what it hears: `cargo run --release -p
//! ch18-client --example autobahn -- ws://127.0.0.1:9001`.

use std::error::Error;
use std::io::Read;
use std::time::Duration;

use ch06_select::{CLOSE, Event, Protocol};
use ch10_control::PONG;
use ch18_client::{Client, Transport, Wish, random};

const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> Result<(), Box<dyn Error>> {
    let server = std::env::args().nth(1).ok_or("name the server")?;
    let mut count = String::new();
    play(&format!("{server}/getCaseCount"), |text| count.push_str(text))?;
    for case in 1..=count.parse::<usize>()? {
        play(&format!("{server}/runCase?case={case}&agent=ws"), |_| ())?;
    }
    play(&format!("{server}/updateReports?agent=ws"), |_| ())
}

/// One connection to its end. Each message is sent back, and shown to `hear`.
fn play(address: &str, mut hear: impl FnMut(&str)) -> Result<(), Box<dyn Error>> {
    let address = address.parse()?;
    let wish = Wish { address, subprotocols: Vec::new(), fields: Vec::new(), compressed: true };
    let trust = || unreachable!("the address begins with ws:");
    let mut transport = Transport::connect(&wish.address, trust, PATIENCE)?;
    let mut socket = transport.reader()?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let (mut client, request) = Client::new(wish, random);
    transport.send(request.as_bytes())?;
    let (mut writer, mut bytes, mut is_over) = (None, vec![0; 64 * 1024], false);
    loop {
        let count = match socket.read(&mut bytes) {
            Ok(count) if count > 0 => count,
            _ => return Ok(()),
        };
        if is_over {
            continue;
        }
        let mut out = Vec::new();
        let result = client.receive(&mut bytes[..count], &mut |event| match event {
            Event::Send(frame) => out.extend_from_slice(frame),
            Event::Opened(opened) => writer = Some(opened),
            Event::Message(message) if [CLOSE, PONG].contains(&message.opcode) => {}
            Event::Message(message) => {
                hear(&String::from_utf8_lossy(&message.payload));
                if let Some(writer) = &mut writer {
                    writer.write(&message, &mut out);
                }
            }
            Event::Head(_) => {}
        });
        if let Err(end) = result {
            out.extend(end.last);
            is_over = true;
        }
        // A server that has hung up does not hear it, and the next read says so.
        let _ = transport.send(&out);
    }
}
