//! The server without a loop: any sink will do, and an observer that looks at nothing.

use std::cell::Cell;
use std::io;
use std::rc::Rc;

use ch00_wire::{masked_frame, rfc_request};
use ch05_reply::TEXT;
use ch06_select::{
    ClientId, Connection, Emit, End, Event, Frames, Message, Service, Sink, Writer, start,
};
use ch07_room::{App, Echo, Observer, Outbox, Room, Server};

/// What was put where, and how often something was written.
#[derive(Default)]
struct Kept {
    filled: Vec<(Vec<ClientId>, Vec<u8>)>,
    closed: Vec<ClientId>,
}

impl Sink for Kept {
    fn fill(&mut self, to: &[ClientId], write: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = Vec::new();
        write(&mut bytes);
        self.filled.push((to.to_vec(), bytes));
    }

    fn close(&mut self, client: ClientId) {
        self.closed.push(client);
    }
}

/// Writes how many messages it has written before: nobody else's bytes are the same.
struct Counting(usize);

impl Writer for Counting {
    fn write(&mut self, _message: &Message<'_>, out: &mut Vec<u8>) {
        out.push(self.0 as u8);
        self.0 += 1;
    }

    fn group(&self) -> Option<&'static str> {
        None
    }
}

type Answer = Box<dyn Fn(&[u8], Emit<'_>) -> Result<Frames, End>>;

/// The handshake, with another writer for every second client.
fn server(app: Box<dyn App>) -> Server<Connection<Frames, Answer>, ()> {
    let clients = Rc::new(Cell::new(0));
    Server::new(app, (), move || {
        let number = clients.replace(clients.get() + 1);
        let answer: Answer = Box::new(move |head, emit| {
            start(head, &mut |event| match event {
                Event::Opened(_) if number % 2 == 1 => emit(Event::Opened(Box::new(Counting(0)))),
                other => emit(other),
            })
        });
        Connection::Opening(Vec::new(), answer)
    })
}

fn opened(server: &mut impl Service<Kept>, clients: usize) -> Vec<ClientId> {
    let ids: Vec<ClientId> = (1..=clients).map(ClientId).collect();
    for &client in &ids {
        let mut sink = Kept::default();
        server.connected(client, &mut sink);
        server.received(client, &mut rfc_request(), &mut sink);
        assert_eq!((sink.filled.len(), sink.closed.len()), (1, 0), "a 101");
    }
    ids
}

#[test]
fn a_message_is_written_once_for_all_who_get_the_same_bytes() {
    let mut server = server(Box::new(Room::default()));
    let ids = opened(&mut server, 5);
    for round in 0..2 {
        let mut sink = Kept::default();
        server.received(ids[2], &mut masked_frame(1, b"Li"), &mut sink);
        sink.filled.sort();
        let alike = (vec![ids[0], ids[2], ids[4]], b"\x81\x02Li".to_vec());
        assert_eq!(sink.filled, [alike, (vec![ids[1]], vec![round]), (vec![ids[3]], vec![round])]);
    }
}

#[test]
fn whoever_is_gone_gets_nothing() {
    let mut server = server(Box::new(Room::default()));
    let ids = opened(&mut server, 3);
    let mut sink = Kept::default();
    server.left(ids[2], Ok(()), &mut sink);
    server.received(ids[2], &mut masked_frame(1, b"Li"), &mut sink);
    assert!(sink.filled.is_empty(), "nobody is told of one without a name, nor hears it");
    let message = Message { opcode: TEXT, payload: b"Li".into() };
    let mut heard = |to_all: bool| {
        let mut sink = Kept::default();
        match to_all {
            true => server.outbox(&mut sink).send_to_all(&message),
            false => server.outbox(&mut sink).send(&ids, &message),
        }
        let mut heard: Vec<ClientId> = sink.filled.into_iter().flat_map(|(to, _)| to).collect();
        heard.sort();
        heard
    };
    assert_eq!([heard(false), heard(true)], [&ids[..2], &ids[..2]]);
}

/// Counts who leaves.
struct Goodbyes(Rc<Cell<usize>>);

impl App for Goodbyes {
    fn said(&mut self, _: ClientId, _: Message<'_>, _: &mut dyn Outbox) {}

    fn left(&mut self, _: ClientId, _: &mut dyn Outbox) {
        self.0.set(self.0.get() + 1);
    }
}

#[test]
fn the_app_hears_that_one_has_left_only_if_it_had_joined() {
    let left = Rc::new(Cell::new(0));
    let mut server = server(Box::new(Goodbyes(left.clone())));
    let mut sink = Kept::default();
    let client = opened(&mut server, 1)[0];
    server.connected(ClientId(2), &mut sink);
    server.left(ClientId(2), Ok(()), &mut sink);
    assert_eq!(left.get(), 0, "its handshake was never over");
    server.left(client, Ok(()), &mut sink);
    assert_eq!(left.get(), 1);
}

#[test]
fn an_end_sends_its_last_bytes_and_closes() {
    let mut server = server(Box::new(Echo));
    let mut sink = Kept::default();
    server.connected(ClientId(1), &mut sink);
    server.received(ClientId(1), &mut b"hello\r\n\r\n".to_vec(), &mut sink);
    assert_eq!(sink.closed, [ClientId(1)]);
    assert!(sink.filled[0].1.starts_with(b"HTTP/1.1 400 "), "and the answer first");
}

/// Counts what it is told.
#[derive(Default)]
struct Counts {
    connected: Cell<usize>,
    events: Cell<usize>,
    ends: Cell<usize>,
    left: Cell<usize>,
}

struct Counter(Rc<Counts>);

impl Observer for Counter {
    fn connected(&self, _: ClientId) {
        self.0.connected.set(self.0.connected.get() + 1);
    }

    fn event(&self, _: ClientId, _: &Event<'_>) {
        self.0.events.set(self.0.events.get() + 1);
    }

    fn ends(&self, _: ClientId, _: &End) {
        self.0.ends.set(self.0.ends.get() + 1);
    }

    fn left(&self, _: ClientId, _: &io::Result<()>) {
        self.0.left.set(self.0.left.get() + 1);
    }
}

#[test]
fn an_observer_sees_all_of_it() {
    let counts = Rc::new(Counts::default());
    let connect = || Connection::<Frames>::Opening(Vec::new(), start);
    let mut server = Server::new(Box::new(Echo), Counter(counts.clone()), connect);
    let mut sink = Kept::default();
    let client = opened(&mut server, 1)[0];
    server.received(client, &mut masked_frame(1, b"Li"), &mut sink);
    server.received(client, &mut masked_frame(8, b""), &mut sink);
    Service::<Kept>::left(&mut server, client, Ok(()), &mut sink);
    let seen = [&counts.connected, &counts.events, &counts.ends, &counts.left].map(Cell::get);
    assert_eq!(seen, [1, 4, 1, 1], "a head, a 101, an opening, a message");
}
