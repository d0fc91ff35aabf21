//! Chapter 01, Listen: clients can connect, one after another, and are heard.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};

use super::Script;
use super::missed::Failure;
use super::promises::Sight;
use super::session::Session;

pub(super) const SCRIPTS: &[(&str, Script)] = &[
    ("takes-connections", |session| session.visitor().map(drop)),
    ("loopback-only", |session| {
        session.visitor()?.leave();
        // All of 127 is this machine, where a system has more than the first address of it.
        let other = SocketAddr::from(([127, 0, 0, 2], session.address().port()));
        match TcpStream::connect_timeout(&other, session.patience()) {
            Ok(_) => taken(session, format!("it was taken at {}", other.ip())),
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(()),
            // A queue that is full refuses nobody: whoever listens there has not come to us yet.
            Err(error) if error.kind() == ErrorKind::TimedOut && cfg!(target_os = "linux") => {
                taken(session, format!("nobody refused it at {}: it waits in a queue", other.ip()))
            }
            Err(_) => Err(Failure::Unseen("this system has no second address of its own")),
        }
    }),
    ("prints-requests", |session| {
        let before = session.lines()?;
        let mut visitor = session.visitor()?;
        visitor.send(&ch00_wire::rfc_request())?;
        visitor.shows(before, "GET /chat HTTP/1.1")
    }),
    ("outlives-leaving", |session| {
        let before = session.lines()?;
        session.visitor()?.leave();
        asks(session, "/next")?;
        session.shows(before, "GET /next HTTP/1.1")
    }),
    ("rests", |session| {
        session.visitor()?.leave();
        let mut visitor = session.visitor()?;
        visitor.send_alone(&ch00_wire::rfc_request())?;
        // It leaves when it has its answer, if there is one: a server that is at work then is not done with it.
        visitor.what_comes();
        visitor.leave();
        session.rests("a program that waits: nobody is there any more")
    }),
    ("queue-of-five", |session| {
        let before = session.lines()?;
        let targets = ["/1", "/2", "/3", "/4", "/5"];
        let visitors = targets.map(|target| {
            let mut visitor = session.visitor()?;
            visitor.send(&plain_request(target))?;
            Ok(visitor)
        });
        let visitors: Vec<_> = visitors.into_iter().collect::<Result<_, Failure>>()?;
        targets.iter().try_for_each(|target| session.shows(before, &format!("GET {target} ")))?;
        drop(visitors);
        Ok(())
    }),
    ("outlives-killed", |session| {
        let before = session.lines()?;
        session.visitor()?.reset();
        // Once before the server has read, and once while it waits for more.
        let mut visitor = session.visitor()?;
        visitor.send(b"GET /kil")?;
        visitor.reset();
        let mut visitor = session.visitor()?;
        visitor.send_alone(b"GET /kil")?;
        session.wait_until_rest();
        visitor.reset();
        asks(session, "/next")?;
        session.shows(before, "GET /next HTTP/1.1")
    }),
];

fn taken(session: &Session, came: String) -> Result<(), Failure> {
    Err(session.missed(Failure::missed("no connection at another address", Sight::Taken, came)))
}

/// A request for a page, which is no opening handshake.
fn plain_request(target: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nHost: server.example.com\r\n\r\n").into_bytes()
}

fn asks(session: &Session, target: &str) -> Result<(), Failure> {
    session.visitor()?.send(&plain_request(target))
}
