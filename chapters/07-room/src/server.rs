//! Where the roles meet: for each client a connection, for all of them one app.

use std::io;

use ch06_select::{ClientId, End, Event, Protocol, Service, Sink};

use crate::members::{Members, Post};
use crate::{App, Observer, Outbox, Table};

// ANCHOR: server
/// A service for any loop: the protocol `P` says what bytes mean, the app what to do about it, and the
/// observer `O` looks on.
pub struct Server<P, O> {
    connect: Box<dyn Fn() -> P>,
    connections: Table<P>,
    meeting: Meeting<O>,
}

/// What the events of all connections come to.
struct Meeting<O> {
    app: Box<dyn App>,
    members: Members,
    observer: O,
}

impl<P, O> Server<P, O> {
    /// A server for `app`. `connect` makes what a client speaks with, from its first byte on.
    pub fn new(app: Box<dyn App>, observer: O, connect: impl Fn() -> P + 'static) -> Self {
        let meeting = Meeting { app, members: Members::default(), observer };
        Server { connect: Box::new(connect), connections: Table::default(), meeting }
    }

    /// For whoever has something to say that no client has said: a clock, or another thread.
    pub fn outbox<'a, S: Sink>(&'a mut self, sink: &'a mut S) -> impl Outbox + 'a {
        Post { members: &mut self.meeting.members, sink }
    }
}
// ANCHOR_END: server

// ANCHOR: take
impl<O: Observer> Meeting<O> {
    fn take(&mut self, client: ClientId, event: Event<'_>, sink: &mut impl Sink) {
        self.observer.event(client, &event);
        match event {
            Event::Head(_) => {}
            Event::Send(bytes) => sink.fill(&[client], |out| out.extend(bytes)),
            Event::Opened(writer) => {
                self.members.add(client, writer);
                self.app.joined(client, &mut Post { members: &mut self.members, sink });
            }
            Event::Message(message) => {
                self.app.said(client, message, &mut Post { members: &mut self.members, sink });
            }
        }
    }

    fn end(&mut self, client: ClientId, end: End, sink: &mut impl Sink) {
        self.observer.ends(client, &end);
        sink.fill(&[client], |out| out.extend(end.last));
        sink.close(client);
    }
}
// ANCHOR_END: take

// ANCHOR: service
impl<S: Sink, P: Protocol, O: Observer> Service<S> for Server<P, O> {
    fn connected(&mut self, client: ClientId, _sink: &mut S) {
        self.meeting.observer.connected(client);
        self.connections.insert(client, (self.connect)());
    }

    fn received(&mut self, client: ClientId, bytes: &mut [u8], sink: &mut S) {
        let Some(connection) = self.connections.get_mut(client) else { return };
        let mut emit = |event: Event<'_>| self.meeting.take(client, event, sink);
        if let Err(end) = connection.receive(bytes, &mut emit) {
            self.meeting.end(client, end, sink);
        }
    }

    fn left(&mut self, client: ClientId, why: io::Result<()>, sink: &mut S) {
        self.meeting.observer.left(client, &why);
        self.connections.remove(client);
        if self.meeting.members.remove(client) {
            let mut outbox = Post { members: &mut self.meeting.members, sink };
            self.meeting.app.left(client, &mut outbox);
        }
    }
}
// ANCHOR_END: service
