//! Something between servers and their broker that carries everything, and loses one answer: the broker has done what it was
//! asked for, and who has asked never hears so.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use stage::carry;

/// How long the broker may take until it has done what it was asked for.
const DOING: Duration = Duration::from_secs(30);
/// How Redis answers a command that it does later, together with others.
const NOT_YET: &[u8] = b"QUEUED\r\n";

/// What is to be lost, once.
struct Loss {
    /// What the broker is asked for has this in it.
    text: &'static [u8],
    /// What is needed for it; gone when it has happened.
    once: Mutex<Option<Once>>,
}

struct Once {
    /// Here Redis shows every command that it has done.
    done: TcpStream,
    tell: Sender<()>,
}

/// Carries what comes here to the broker and back, until the broker is gone. Tells when it has lost the answer to this text.
pub(super) fn start(
    listener: TcpListener,
    broker: SocketAddr,
    text: &'static str,
) -> io::Result<Receiver<()>> {
    let (tell, told) = channel();
    let mut done = TcpStream::connect(broker)?;
    done.set_read_timeout(Some(DOING))?;
    done.write_all(b"MONITOR\r\n")?;
    done.read_exact(&mut [0; 5])?;
    let once = Mutex::new(Some(Once { done, tell }));
    let loss = Arc::new(Loss { text: text.as_bytes(), once });
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            // A broker that is gone does not come back.
            let Ok(broker) = TcpStream::connect(broker) else { return };
            let _ = both_ways(client, broker, Arc::clone(&loss));
        }
    });
    Ok(told)
}

/// Carries both ways.
fn both_ways(client: TcpStream, broker: TcpStream, loss: Arc<Loss>) -> io::Result<()> {
    let (to_client, to_broker) = (client.try_clone()?, broker.try_clone()?);
    let asked = Arc::new(AtomicBool::new(false));
    let (is_asked, text) = (Arc::clone(&asked), loss.text);
    thread::spawn(move || {
        let mut seen = Seen::default();
        carry(client, to_broker, |bytes| {
            asked.fetch_or(seen.is_in(bytes, text), Ordering::SeqCst);
            true
        });
    });
    thread::spawn(move || {
        carry(broker, to_client, |answer| {
            let is_it = is_asked.load(Ordering::SeqCst) && !answer.ends_with(NOT_YET);
            !is_it || !loss.happens()
        });
    });
    Ok(())
}

impl Loss {
    /// Waits until the broker has done what it was asked for. False if that was so before.
    fn happens(&self) -> bool {
        let once = self.once.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Once { mut done, tell }) = once else { return false };
        let mut seen = Seen::default();
        let mut buffer = [0; 16 * 1024];
        while let Ok(count @ 1..) = done.read(&mut buffer) {
            if seen.is_in(&buffer[..count], self.text) {
                break;
            }
        }
        // Nobody may wait for it any more.
        let _ = tell.send(());
        true
    }
}

/// The last bytes that have come: a text may be cut in two.
#[derive(Default)]
struct Seen(Vec<u8>);

impl Seen {
    /// Whether this text ends in these bytes, which come next.
    fn is_in(&mut self, bytes: &[u8], text: &[u8]) -> bool {
        self.0.extend_from_slice(bytes);
        let is_there = self.0.windows(text.len()).any(|part| part == text);
        self.0.drain(..self.0.len().saturating_sub(text.len() - 1));
        is_there
    }
}
