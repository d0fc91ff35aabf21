//! Mistakes of slow servers, chapter 16.

use std::net::TcpListener;
use std::process::ExitCode;
use std::time::Instant;
use std::{io, thread};

use ch01_listen::LastLines;
use ch06_select::{ClientId, Protocol, Service};
use ch07_room::{App, Echo, Room};
use ch15_pressure::{Host, Letter, Lively, Patient, Settings, log_to_terminal, on_stop};
use ch16_speed::{accept, host};
use clap::Parser;

use super::altered::{Alter, Altered};
use super::makes;

/// What each client owns of a server that is generous: a buffer for reading.
const BUFFER: usize = 4 * 1024;

/// Serves with the mistake, or with none.
pub fn serve(is_echo: bool, listener: TcpListener) -> ExitCode {
    let _last_lines = LastLines;
    log_to_terminal();
    if run(is_echo, listener).is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run(is_echo: bool, listener: TcpListener) -> io::Result<()> {
    // From the environment alone: the arguments are the zoo's.
    let settings = Settings::parse_from(["zoo"]);
    let app: Box<dyn App> = if is_echo { Box::new(Echo) } else { Box::new(Room::default()) };
    let host = Generous { host: host(&settings, app, Default::default()), buffers: Vec::new() };
    if makes("reads-a-little") {
        let event_loop = ch15_pressure::EventLoop::new(&listener.into(), settings.patience)?;
        let mailbox = event_loop.mailbox();
        on_stop(move || drop(mailbox.send(Letter::Stop)))?;
        return event_loop.run(host);
    }
    let event_loop = ch16_speed::EventLoop::new(settings.patience)?;
    let (mailbox, door) = (event_loop.mailbox(), event_loop.door());
    on_stop(move || drop(mailbox.send(Letter::Stop)))?;
    thread::spawn(move || accept(&listener.into(), &[door]));
    event_loop.run(host)
}

/// A host that keeps a buffer for each client, or takes neighbors' bytes for everybody's, if that is the mistake.
struct Generous<P> {
    host: Host<P>,
    buffers: Vec<Vec<u8>>,
}

impl<S: Patient, P: Protocol> Service<S> for Generous<P> {
    fn connected(&mut self, client: ClientId, sink: &mut S) {
        if makes("buffer-for-each") {
            self.buffers.push(vec![b' '; BUFFER]);
        }
        self.host.connected(client, sink);
    }

    fn received(&mut self, client: ClientId, bytes: &mut [u8], sink: &mut S) {
        if !makes("stretched-piece") {
            return self.host.received(client, bytes, sink);
        }
        let mistake = Stretched::default();
        self.host.received(client, bytes, &mut Altered { sink, mistake });
    }

    fn left(&mut self, client: ClientId, why: io::Result<()>, sink: &mut S) {
        self.host.left(client, why, sink);
    }
}

impl<S: Patient, P: Protocol> Lively<S> for Generous<P> {
    type Mail = Letter;

    fn mail(&mut self, mail: Letter, sink: &mut S) {
        self.host.mail(mail, sink);
    }

    fn tick(&mut self, sink: &mut S) -> Option<Instant> {
        self.host.tick(sink)
    }
}

/// Those who have got a message get all that follows.
#[derive(Default)]
struct Stretched(Vec<ClientId>);

impl<S: Patient> Alter<S> for Stretched {
    fn fill(&mut self, sink: &mut S, to: &[ClientId], write: impl FnOnce(&mut Vec<u8>)) {
        if to.len() > 1 {
            self.0 = to.to_vec();
        }
        let to = if self.0.iter().any(|client| to.contains(client)) { &self.0 } else { to };
        sink.fill(to, write);
    }
}
