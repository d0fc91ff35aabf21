//! What is said to everybody, on its way to all loops in one order.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ch06_select::{ClientId, Message};
use ch07_room::{App, Outbox};
use ch15_pressure::Mailbox;

use crate::Mail;

// ANCHOR: bus
/// Carries what is said to everybody to every loop, to each in the same order.
pub trait Bus: Send + Sync {
    /// Takes a message on its way. The loop that it comes from hears it back, like all others.
    fn publish(&self, message: Message<'static>);
}

/// The loops of one process.
#[derive(Default)]
pub struct Local {
    loops: Mutex<Vec<Mailbox<Mail>>>,
}

impl Local {
    /// A loop that is to hear everything from now on.
    pub fn add(&self, mailbox: Mailbox<Mail>) {
        lock(&self.loops).push(mailbox);
    }

    /// Puts messages into all mailboxes: nobody else does at the same time, so they have one order.
    pub fn deliver(&self, messages: Vec<Message<'static>>) {
        let messages = Arc::new(messages);
        for mailbox in &*lock(&self.loops) {
            // A loop that has ended has nobody left to tell.
            let _ = mailbox.send(Mail::Heard(Arc::clone(&messages)));
        }
    }
}
// ANCHOR_END: bus

// ANCHOR: tray
/// Where one loop's members put what they say, until the turn ends: it is one letter then.
pub struct Tray {
    said: Mutex<Vec<Message<'static>>>,
    bus: Arc<Local>,
}

impl Tray {
    /// An empty one.
    pub fn new(bus: Arc<Local>) -> Self {
        Tray { said: Mutex::default(), bus }
    }

    /// Sends everything on its way.
    pub fn empty(&self) {
        let said = mem::take(&mut *lock(&self.said));
        if !said.is_empty() {
            self.bus.deliver(said);
        }
    }
}

impl Bus for Tray {
    fn publish(&self, message: Message<'static>) {
        lock(&self.said).push(message);
    }
}

/// A list is whole whatever a thread was about when it panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
// ANCHOR_END: tray

// ANCHOR: shared
/// An app with members on many loops: what it says to everybody goes over the bus.
pub struct Shared<A> {
    app: A,
    bus: Arc<dyn Bus>,
}

impl<A: App> Shared<A> {
    /// One loop's part of an app.
    pub fn new(app: A, bus: Arc<dyn Bus>) -> Self {
        Shared { app, bus }
    }
}

impl<A: App> App for Shared<A> {
    fn joined(&mut self, client: ClientId, outbox: &mut dyn Outbox) {
        self.app.joined(client, &mut Public { bus: &*self.bus, outbox });
    }

    fn said(&mut self, client: ClientId, message: Message<'_>, outbox: &mut dyn Outbox) {
        self.app.said(client, message, &mut Public { bus: &*self.bus, outbox });
    }

    fn left(&mut self, client: ClientId, outbox: &mut dyn Outbox) {
        self.app.left(client, &mut Public { bus: &*self.bus, outbox });
    }
}

/// An outbox whose "everybody" is everybody on all loops.
struct Public<'a> {
    bus: &'a dyn Bus,
    outbox: &'a mut dyn Outbox,
}

impl Outbox for Public<'_> {
    fn send(&mut self, to: &[ClientId], message: &Message<'_>) {
        self.outbox.send(to, message);
    }

    fn send_to_all(&mut self, message: &Message<'_>) {
        let payload = message.payload.clone().into_owned().into();
        self.bus.publish(Message { opcode: message.opcode, payload });
    }
}
// ANCHOR_END: shared
