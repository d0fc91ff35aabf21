//! One connection of the program, from its first byte to its last.

use std::io;
use std::mem;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use ch06_select::{CLOSE, End, Event, Message, Protocol, Writer};
use ch10_control::{PING, PONG};
use rustls::ClientConfig;

use crate::desk::print;
use crate::{Answer, Client, Desk, Letter, Over, Settings, Transport, random, read_socket};

// ANCHOR: talk
/// Where a connection is in its life.
enum Phase {
    /// The answer to the request is awaited.
    Opening,
    /// Both sides may say anything.
    Open,
    /// The input has ended, and there may be answers.
    Listening,
    /// We have said goodbye.
    Leaving,
    /// Both sides have said their last word, and the server closes TCP (section 7.1.1).
    Left(Over),
}

/// A connection.
pub struct Talk<'a> {
    settings: &'a Settings,
    desk: &'a mut Desk,
    number: usize,
    transport: Transport,
    client: Client,
    writer: Option<Box<dyn Writer>>,
    phase: Phase,
    /// When this phase has lasted long enough.
    until: Option<Instant>,
    /// When the next ping is due.
    next_ping: Option<Instant>,
    /// The ping that has no pong yet, and when it was sent.
    ping: Option<(Vec<u8>, Instant)>,
    pings: usize,
    /// The answer to the request.
    answer: Option<Answer>,
    /// The server's goodbye.
    goodbye: Option<Option<u16>>,
}

/// How long to wait at the end of the input for the pong of a server that has perhaps none.
const ANSWERS: Duration = Duration::from_secs(2);
// ANCHOR_END: talk

// ANCHOR: open
impl<'a> Talk<'a> {
    /// Connects, and sends the request.
    pub fn open(
        settings: &'a Settings,
        desk: &'a mut Desk,
        number: usize,
        trust: impl FnOnce() -> io::Result<Arc<ClientConfig>>,
        letters: SyncSender<Letter>,
    ) -> io::Result<Talk<'a>> {
        let wish = settings.wish();
        let until = Some(Instant::now() + settings.timeout);
        let mut transport = Transport::connect(&wish.address, trust, settings.timeout)?;
        read_socket(number, transport.reader()?, letters);
        let (client, request) = Client::new(wish, random);
        transport.send(request.as_bytes())?;
        Ok(Talk {
            settings,
            desk,
            number,
            transport,
            client,
            writer: None,
            phase: Phase::Opening,
            until,
            next_ping: None,
            ping: None,
            pings: 0,
            answer: None,
            goodbye: None,
        })
    }

    /// Talks until it is over.
    pub fn run(mut self, inbox: &Receiver<Letter>) -> Over {
        loop {
            let due = self.until.into_iter().chain(self.next_ping).min();
            let letter = match due {
                Some(due) => inbox.recv_timeout(due.saturating_duration_since(Instant::now())),
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            let result = match letter {
                Ok(Letter::Bytes(number, bytes)) if number == self.number => self.received(bytes),
                Ok(Letter::Bytes(..)) => Ok(()),
                Ok(Letter::Line(line)) => {
                    self.desk.line(line);
                    self.send_lines()
                }
                Ok(Letter::EndOfInput) => self.input_ends(),
                Ok(Letter::Stop) => self.stop(),
                Err(_) => self.late(),
            };
            if let Err(over) = result {
                self.transport.close();
                return over;
            }
        }
    }
}
// ANCHOR_END: open

// ANCHOR: received
impl Talk<'_> {
    fn received(&mut self, bytes: io::Result<Vec<u8>>) -> Result<(), Over> {
        let bytes = bytes.and_then(|bytes| match bytes.is_empty() {
            true => Err(io::Error::other("the server hung up without a goodbye")),
            false => self.transport.receive(bytes),
        });
        let mut bytes = bytes.map_err(|error| self.ended(&error))?;
        if let Phase::Left(_) = self.phase {
            return Ok(());
        }
        let mut happened = Vec::new();
        let result = self.client.receive(&mut bytes, &mut |event| happened.push(kept(event)));
        happened.into_iter().try_for_each(|event| self.happened(event))?;
        result.or_else(|end| self.ends(end))
    }

    fn happened(&mut self, event: Happened) -> Result<(), Over> {
        match event {
            Happened::Head(head) => self.answer = Answer::read(&head).ok(),
            Happened::Send(bytes) => self.send(&bytes)?,
            Happened::Opened(writer) => return self.opened(writer),
            Happened::Message(message) => match message.opcode {
                PONG => return self.pong(&message.payload),
                CLOSE => {
                    let code = message.payload.first_chunk().map(|code| u16::from_be_bytes(*code));
                    self.goodbye = Some(code);
                }
                // Nobody reads any more what we print.
                _ if print(&message).is_err() => return self.stop(),
                _ => {}
            },
        }
        Ok(())
    }

    /// The server has said its last word, or one that breaks a rule.
    fn ends(&mut self, end: End) -> Result<(), Over> {
        let has_said_goodbye = matches!(self.phase, Phase::Leaving);
        if let Phase::Opening = self.phase {
            let is_for_now = self.answer.as_ref().is_some_and(|answer| answer.status >= 500);
            let over = if is_for_now { Over::Unreachable } else { Over::Refused };
            return Err(over(end.why));
        }
        let over = match self.goodbye {
            Some(code) => Over::Goodbye(code),
            None => Over::Failed(end.why),
        };
        if !has_said_goodbye {
            self.send(&end.last)?;
        } else if self.goodbye.is_some() {
            // The server answers our goodbye, so it has read all that we sent before.
            self.desk.unacknowledged.asked();
            self.desk.unacknowledged.answered();
        }
        self.enter(Phase::Left(over), Some(self.settings.timeout));
        Ok(())
    }
}
// ANCHOR_END: received

// ANCHOR: sends
impl Talk<'_> {
    fn opened(&mut self, writer: Box<dyn Writer>) -> Result<(), Over> {
        self.writer = Some(writer);
        self.enter(Phase::Open, None);
        self.next_ping = self.settings.ping.map(|after| Instant::now() + after);
        if !self.settings.quiet {
            let subprotocol = self.answer.as_ref().and_then(Answer::subprotocol);
            let subprotocol = subprotocol.map(|name| format!(", and speak {name}"));
            eprintln!("ws: connected{}", subprotocol.unwrap_or_default());
        }
        self.send_lines()
    }

    /// Sends what waits, and asks for the next line.
    fn send_lines(&mut self) -> Result<(), Over> {
        if !matches!(self.phase, Phase::Open) {
            return Ok(());
        }
        while let Some(message) = self.desk.to_send.pop_front() {
            // Before it is sent: if that fails, nobody knows how much of it arrives.
            self.desk.unacknowledged.sent(message.clone());
            self.say(&message)?;
        }
        if self.settings.reconnect && self.desk.unacknowledged.is_any() && self.ping.is_none() {
            self.ping()?;
        }
        if self.desk.input_ended {
            return self.input_ends();
        }
        // One is wanted already, or the input has ended.
        let _ = self.desk.want.try_send(());
        Ok(())
    }

    fn input_ends(&mut self) -> Result<(), Over> {
        self.desk.input_ended = true;
        if let Phase::Open = self.phase {
            self.enter(Phase::Listening, Some(self.settings.wait.unwrap_or(ANSWERS)));
            self.ping()?;
        }
        Ok(())
    }
}
// ANCHOR_END: sends

// ANCHOR: pings
impl Talk<'_> {
    fn ping(&mut self) -> Result<(), Over> {
        self.pings += 1;
        let payload = format!("ws {}", self.pings).into_bytes();
        self.ping = Some((payload.clone(), Instant::now()));
        self.desk.unacknowledged.asked();
        self.say(&Message { opcode: PING, payload: payload.into() })
    }

    fn pong(&mut self, payload: &[u8]) -> Result<(), Over> {
        // A pong that nobody has asked for says nothing (section 5.5.3).
        let Some((_, sent)) = self.ping.take_if(|(asked, _)| asked == payload) else {
            return Ok(());
        };
        self.desk.unacknowledged.answered();
        if self.settings.ping.is_some() && !self.settings.quiet {
            eprintln!("ws: a pong after {:.1?}", sent.elapsed());
        }
        match self.phase {
            Phase::Listening if self.settings.wait.is_none() => self.say_goodbye(1000),
            _ => self.send_lines(),
        }
    }
}
// ANCHOR_END: pings

// ANCHOR: leaves
impl Talk<'_> {
    /// Somebody wants to leave; if for the second time, now.
    fn stop(&mut self) -> Result<(), Over> {
        self.desk.stopped = true;
        match self.phase {
            Phase::Opening => Err(Over::Refused("it was not waited for".to_owned())),
            Phase::Open | Phase::Listening => self.say_goodbye(1001),
            Phase::Leaving | Phase::Left(_) => Err(self.ended(&"its goodbye was not waited for")),
        }
    }

    /// A phase has lasted long enough, or a ping is due.
    fn late(&mut self) -> Result<(), Over> {
        let is_over = self.until.is_some_and(|until| until <= Instant::now());
        match self.phase {
            Phase::Listening if is_over => self.say_goodbye(1000),
            _ if is_over => Err(self.ended(&"the server does not answer")),
            Phase::Open | Phase::Listening if self.ping.is_some() => {
                Err(self.ended(&"the server answers no ping"))
            }
            Phase::Open | Phase::Listening => {
                self.next_ping = self.settings.ping.map(|after| Instant::now() + after);
                self.ping()
            }
            _ => {
                self.next_ping = None;
                Ok(())
            }
        }
    }

    fn say_goodbye(&mut self, code: u16) -> Result<(), Over> {
        self.enter(Phase::Leaving, Some(self.settings.timeout));
        self.say(&Message { opcode: CLOSE, payload: code.to_be_bytes().to_vec().into() })
    }

    /// Nothing more comes: what this means depends on what was said before.
    fn ended(&mut self, why: &dyn ToString) -> Over {
        match mem::replace(&mut self.phase, Phase::Leaving) {
            Phase::Left(over) => over,
            Phase::Opening => Over::Unreachable(why.to_string()),
            _ => Over::Lost(why.to_string()),
        }
    }
}
// ANCHOR_END: leaves

// ANCHOR: says
impl Talk<'_> {
    fn enter(&mut self, phase: Phase, lasts: Option<Duration>) {
        self.phase = phase;
        // What is too long for the clock has no end.
        self.until = lasts.and_then(|lasts| Instant::now().checked_add(lasts));
    }

    fn say(&mut self, message: &Message<'_>) -> Result<(), Over> {
        let mut bytes = Vec::new();
        if let Some(writer) = &mut self.writer {
            writer.write(message, &mut bytes);
        }
        self.send(&bytes)
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), Over> {
        self.transport.send(bytes).map_err(|error| self.ended(&error))
    }
}
// ANCHOR_END: says

// ANCHOR: happened
/// An event that can be kept.
enum Happened {
    Head(Vec<u8>),
    Send(Vec<u8>),
    Opened(Box<dyn Writer>),
    Message(Message<'static>),
}

fn kept(event: Event<'_>) -> Happened {
    match event {
        Event::Head(head) => Happened::Head(head.to_owned()),
        Event::Send(bytes) => Happened::Send(bytes.to_owned()),
        Event::Opened(writer) => Happened::Opened(writer),
        Event::Message(Message { opcode, payload }) => {
            Happened::Message(Message { opcode, payload: payload.into_owned().into() })
        }
    }
}
// ANCHOR_END: happened
