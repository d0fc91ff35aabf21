//! What leaves: all bytes of a turn in one buffer, of which each client has pieces.

use std::io::{self, ErrorKind, IoSlice, Write};
use std::mem;
use std::net::{Shutdown, SocketAddr};
use std::ops::Range;
use std::time::Instant;

use ch06_select::{ClientId, Sink};
use ch15_pressure::{Deadlines, Patience, Patient, TooSlow};
use mio::net::TcpStream;

use ch07_room::Table;

// ANCHOR: line
/// What the loop keeps of a client.
pub(crate) struct Line {
    pub(crate) socket: TcpStream,
    /// Where its pieces of this turn are in the list of pieces.
    place: Option<u32>,
    waits: Option<Box<Waiting>>,
    pub(crate) closing: bool,
    told: bool,
    pub(crate) silent: bool,
    pub(crate) paused: bool,
}

/// What the system has not taken. An idle client has nothing of this.
struct Waiting {
    bytes: Vec<u8>,
    /// How many of these bytes it has taken by now.
    sent: usize,
    /// When it took some the last time.
    since: Instant,
}

/// What a client gets of a turn's bytes: mostly one piece.
struct Pieces {
    client: ClientId,
    first: Range<usize>,
    others: Vec<Range<usize>>,
}

/// Everybody who is connected to one loop.
pub struct Lines {
    pub(crate) table: Table<Line>,
    turn: Vec<u8>,
    pieces: Vec<Pieces>,
    /// Those of whom the service is still to be told that they are gone.
    pub(crate) gone: Vec<(ClientId, io::Result<()>)>,
    /// Those that may be read from again.
    pub(crate) resumed: Vec<ClientId>,
    pub(crate) now: Instant,
    /// When the loop ends at the latest, if it is to end.
    pub(crate) end: Option<Instant>,
    sent: u64,
    patience: Patience,
    slow: Deadlines,
    leaving: Deadlines,
}
// ANCHOR_END: line

impl Line {
    pub(crate) fn new(socket: TcpStream) -> Self {
        let (closing, told, silent, paused) = (false, false, false, false);
        Line { socket, place: None, waits: None, closing, told, silent, paused }
    }

    fn waiting(&self) -> usize {
        self.waits.as_ref().map_or(0, |waits| waits.bytes.len() - waits.sent)
    }
}

// ANCHOR: fill
/// How much may wait for a client, in bytes, before it is not read from.
const PAUSE: usize = 64 * 1024;

/// How many bytes a turn may collect before they leave.
const TURN: usize = 1024 * 1024;

impl Sink for Lines {
    fn fill(&mut self, to: &[ClientId], write: impl FnOnce(&mut Vec<u8>)) {
        let begin = self.turn.len();
        write(&mut self.turn);
        let piece = begin..self.turn.len();
        for &client in to {
            self.add(client, piece.clone());
        }
        if self.turn.len() > TURN {
            self.flush();
        }
    }

    fn close(&mut self, client: ClientId) {
        self.add(client, 0..0);
        let Some(line) = self.table.get_mut(client) else { return };
        if !mem::replace(&mut line.closing, true) {
            self.gone.push((client, Ok(())));
        }
    }
}

impl Lines {
    /// A piece for a client. If it goes on where the one before it ends, they are one.
    fn add(&mut self, client: ClientId, piece: Range<usize>) {
        let Some(line) = self.table.get_mut(client).filter(|line| !line.closing) else { return };
        let Some(place) = line.place else {
            line.place = Some(self.pieces.len() as u32);
            return self.pieces.push(Pieces { client, first: piece, others: Vec::new() });
        };
        let pieces = &mut self.pieces[place as usize];
        let last = pieces.others.last_mut().unwrap_or(&mut pieces.first);
        match last.end == piece.start {
            true => last.end = piece.end,
            false => pieces.others.push(piece),
        }
    }
}
// ANCHOR_END: fill

impl Patient for Lines {
    fn now(&self) -> Instant {
        self.now
    }

    fn waiting(&self, client: ClientId) -> usize {
        self.table.get(client).map_or(0, Line::waiting)
    }

    fn address(&self, client: ClientId) -> Option<SocketAddr> {
        self.table.get(client)?.socket.peer_addr().ok()
    }

    fn sent(&self) -> u64 {
        self.sent
    }

    fn stop(&mut self) {
        self.end.get_or_insert(self.now + self.patience.goodbye_timeout);
    }
}

impl Lines {
    pub(crate) fn new(patience: Patience) -> Self {
        Lines {
            table: Table::default(),
            turn: Vec::new(),
            pieces: Vec::new(),
            gone: Vec::new(),
            resumed: Vec::new(),
            now: Instant::now(),
            end: None,
            sent: 0,
            patience,
            slow: Deadlines::new(patience.slow_timeout),
            leaving: Deadlines::new(patience.goodbye_timeout),
        }
    }

    // ANCHOR: flush
    /// Sends everybody their pieces: one write for each.
    pub(crate) fn flush(&mut self) {
        let mut turn = mem::take(&mut self.turn);
        let mut all = mem::take(&mut self.pieces);
        for Pieces { client, first, others } in all.drain(..) {
            if let Some(line) = self.table.get_mut(client) {
                line.place = None;
            }
            if others.is_empty() {
                self.send(client, &mut [IoSlice::new(&turn[first])]);
                continue;
            }
            let ranges = [first].into_iter().chain(others);
            let mut slices: Vec<_> = ranges.map(|piece| IoSlice::new(&turn[piece])).collect();
            self.send(client, &mut slices);
        }
        turn.clear();
        turn.shrink_to(2 * TURN);
        (self.turn, self.pieces) = (turn, all);
    }

    fn send(&mut self, client: ClientId, slices: &mut [IoSlice<'_>]) {
        if self.waiting(client) > self.patience.max_unsent {
            self.catch_up(client);
            if self.waiting(client) > self.patience.max_unsent {
                return self.let_go(client, Err(io::Error::other(TooSlow)));
            }
        }
        let Some(line) = self.table.get_mut(client) else { return };
        let left = match line.waits {
            Some(_) => slices,
            None => match write(&mut line.socket, slices, &mut self.sent) {
                Ok(left) => left,
                Err(error) => return self.let_go(client, Err(error)),
            },
        };
        if !left.is_empty() {
            let waits = line.waits.get_or_insert_with(|| {
                self.slow.set(self.now, client);
                Box::new(Waiting { bytes: Vec::new(), sent: 0, since: self.now })
            });
            left.iter().for_each(|slice| waits.bytes.extend_from_slice(slice));
        }
        self.settle(client);
    }

    /// Sends a client what waits for it, as far as the system takes it now.
    pub(crate) fn catch_up(&mut self, client: ClientId) {
        let Some(line) = self.table.get_mut(client) else { return };
        let Some(waits) = &mut line.waits else { return };
        let unsent = waits.bytes.len() - waits.sent;
        let mut slices = [IoSlice::new(&waits.bytes[waits.sent..])];
        match write(&mut line.socket, &mut slices, &mut self.sent) {
            Ok([]) => line.waits = None,
            Ok([left, ..]) if left.len() == unsent => return,
            Ok([left, ..]) => {
                (waits.sent, waits.since) = (waits.bytes.len() - left.len(), self.now)
            }
            Err(error) => return self.let_go(client, Err(error)),
        }
        self.settle(client);
    }
    // ANCHOR_END: flush

    // ANCHOR: settle
    /// What follows from how much waits for a client: whether it is read from, and whether it may go.
    fn settle(&mut self, client: ClientId) {
        let Some(line) = self.table.get_mut(client) else { return };
        let pause = line.waiting() > PAUSE;
        if mem::replace(&mut line.paused, pause) && !pause {
            self.resumed.push(client);
        }
        if line.waits.is_some() || !line.closing {
            return;
        }
        let was_told = mem::replace(&mut line.told, true);
        if line.silent {
            self.let_go(client, Ok(()));
        } else if !was_told {
            // If it fails, a read says so.
            let _ = line.socket.shutdown(Shutdown::Write);
            self.leaving.set(self.now, client);
        }
    }
    // ANCHOR_END: settle

    /// A client has said its last word.
    pub(crate) fn hang_up(&mut self, client: ClientId) {
        let Some(line) = self.table.get_mut(client) else { return };
        line.silent = true;
        self.close(client);
        self.settle(client);
    }

    /// Lets those go whose time is over.
    pub(crate) fn look_after(&mut self) {
        while let Some(client) = self.slow.due(self.now) {
            let waits = self.table.get(client).and_then(|line| line.waits.as_ref());
            let Some(since) = waits.map(|waits| waits.since) else { continue };
            if since + self.patience.slow_timeout > self.now {
                self.slow.set(self.now, client);
                continue;
            }
            self.let_go(client, Err(io::Error::other(TooSlow)));
        }
        while let Some(client) = self.leaving.due(self.now) {
            self.let_go(client, Ok(()));
        }
    }

    /// When somebody's time is over.
    pub(crate) fn next(&self) -> Option<Instant> {
        [self.slow.next(), self.leaving.next(), self.end].into_iter().flatten().min()
    }

    /// Whether the loop has nothing left to do.
    pub(crate) fn done(&self) -> bool {
        self.end.is_some_and(|end| self.table.is_empty() || end <= self.now)
    }

    /// Lets a client go as it is.
    pub(crate) fn let_go(&mut self, client: ClientId, why: io::Result<()>) {
        if self.table.remove(client).is_some_and(|line| !line.closing) {
            self.gone.push((client, why));
        }
    }
}

/// Writes what the system takes now, and hands back the rest.
fn write<'a, 'b>(
    socket: &mut TcpStream,
    mut slices: &'a mut [IoSlice<'b>],
    sent: &mut u64,
) -> io::Result<&'a mut [IoSlice<'b>]> {
    IoSlice::advance_slices(&mut slices, 0);
    while !slices.is_empty() {
        match socket.write_vectored(slices) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => {
                IoSlice::advance_slices(&mut slices, count);
                *sent += count as u64;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    Ok(slices)
}
