//! Letters from another thread reach the service of a loop that has nothing else to do.

use std::io;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use ch01_listen::listen;
use ch06_select::{ClientId, Service};
use ch15_pressure::{EventLoop, Links, Lively, Patient, Settings};
use clap::Parser;

const PATIENCE: Duration = Duration::from_secs(20);

/// How many letters a loop gets.
const LETTERS: usize = 3;

/// Says after each turn how many letters it has read, and stops after the last.
struct Reader {
    read: usize,
    says: Sender<usize>,
}

impl Service<Links> for Reader {
    fn connected(&mut self, _client: ClientId, _links: &mut Links) {}

    fn received(&mut self, _client: ClientId, _bytes: &mut [u8], _links: &mut Links) {}

    fn left(&mut self, _client: ClientId, _why: io::Result<()>, _links: &mut Links) {}
}

impl Lively<Links> for Reader {
    type Mail = ();

    fn mail(&mut self, (): (), links: &mut Links) {
        self.read += 1;
        if self.read == LETTERS {
            links.stop();
        }
    }

    fn tick(&mut self, _links: &mut Links) -> Option<Instant> {
        self.says.send(self.read).expect("the test listens");
        None
    }
}

/// Each is sent when the turn that has read the one before is nearly over: nothing but its own call wakes the loop.
#[test]
fn every_letter_wakes_the_loop() {
    let settings = Settings::parse_from(["ch15-pressure"]);
    let listener = listen(([127, 0, 0, 1], 0).into()).expect("a listener");
    let event_loop = EventLoop::new(&listener, settings.patience).expect("a loop");
    let mailbox = event_loop.mailbox();
    let (says, said) = channel();
    let running = thread::spawn(move || event_loop.run(Reader { read: 0, says }));
    for number in 1..=LETTERS {
        mailbox.send(()).expect("somebody reads it");
        while said.recv_timeout(PATIENCE).expect("the letter is read") < number {}
    }
    running.join().expect("no panic").expect("it was stopped");
}
