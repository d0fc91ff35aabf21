//! What leaves: all bytes of a turn in one buffer, of which each client has pieces.

use std::io::{self, ErrorKind, IoSlice, Write};
use std::mem;
use std::net::{Shutdown, SocketAddr};
use std::num::NonZeroU32;
use std::ops::Range;
use std::time::Instant;

use ch06_select::{ClientId, Sink};
use ch07_room::Table;
use ch15_pressure::{Deadlines, Excess, Patience, Patient, TooSlow};
use mio::net::TcpStream;

// ANCHOR: line
/// What the loop keeps of a client.
pub(crate) struct Line {
    pub(crate) socket: TcpStream,
    /// Where its pieces of this turn are in the list of pieces, counted from 1.
    place: Option<NonZeroU32>,
    busy: Option<Box<Busy>>,
}

/// What is kept only of a client that is behind, or that leaves.
struct Busy {
    /// What the system has not taken, and how much of that it has taken by now.
    bytes: Vec<u8>,
    sent: usize,
    /// When it took some the last time.
    since: Instant,
    excess: Excess,
    closing: bool,
    told: bool,
    silent: bool,
    paused: bool,
}

/// What a client gets of a turn's bytes: mostly one piece.
struct Pieces {
    client: ClientId,
    first: Range<usize>,
    others: Vec<Range<usize>>,
}

// ANCHOR_END: line

// ANCHOR: lines
/// Everybody who is connected to one loop. From chapter 15: `gone`, `resumed`, and what is about time.
pub struct Lines {
    pub(crate) table: Table<Line>,
    /// All bytes that are to leave in this turn, and who gets which of them.
    turn: Vec<u8>,
    pieces: Vec<Pieces>,
    pub(crate) gone: Vec<(ClientId, io::Result<()>)>,
    pub(crate) resumed: Vec<ClientId>,
    pub(crate) now: Instant,
    pub(crate) end: Option<Instant>,
    sent: u64,
    patience: Patience,
    slow: Deadlines,
    leaving: Deadlines,
}
// ANCHOR_END: lines

// ANCHOR: fill
/// How many bytes a turn may collect before they leave.
const TURN: usize = 1024 * 1024;

/// A payload as long as this is sent from where it is.
const LONG: usize = 64 * 1024;

impl Sink for Lines {
    fn fill(&mut self, to: &[ClientId], write: impl FnOnce(&mut Vec<u8>)) {
        self.send(to, &[], |out| {
            write(out);
            false
        });
    }

    fn send(&mut self, to: &[ClientId], payload: &[u8], write: impl FnOnce(&mut Vec<u8>) -> bool) {
        // YOURS: Which payload is not copied, and what leaves before it?
        let begin = self.turn.len();
        let follows = write(&mut self.turn);
        let is_long = follows && payload.len() >= LONG;
        if follows && !is_long {
            self.turn.extend_from_slice(payload);
        }
        let piece = begin..self.turn.len();
        for &client in to {
            self.add(client, piece.clone());
            if is_long {
                self.flush_with(client, payload);
            }
        }
        if self.turn.len() > TURN {
            self.flush();
        }
        // YOURS_END
    }

    fn close(&mut self, client: ClientId) {
        let Some(line) = self.table.get_mut(client) else { return };
        pieces_of(client, line, &mut self.pieces);
        if !mem::replace(&mut line.busy(self.now).closing, true) {
            self.gone.push((client, Ok(())));
        }
    }
}
// ANCHOR_END: fill

// ANCHOR: add
impl Lines {
    /// A piece for a client. If it goes on where the one before it ends, they are one.
    fn add(&mut self, client: ClientId, piece: Range<usize>) {
        // YOURS: When is it a piece of its own?
        let Some(line) = self.table.get_mut(client).filter(|line| !line.is_closing()) else {
            return;
        };
        let pieces = pieces_of(client, line, &mut self.pieces);
        let last = pieces.others.last_mut().unwrap_or(&mut pieces.first);
        match last {
            _ if last.start == last.end => *last = piece,
            _ if last.end == piece.start => last.end = piece.end,
            _ => pieces.others.push(piece),
        }
        // YOURS_END
    }
}

/// A client's pieces of this turn. Whoever has some, or none, is looked at when the turn ends.
fn pieces_of<'a>(client: ClientId, line: &mut Line, all: &'a mut Vec<Pieces>) -> &'a mut Pieces {
    let place = line.place.map_or(all.len(), |place| place.get() as usize - 1);
    if place == all.len() {
        all.push(Pieces { client, first: 0..0, others: Vec::new() });
        line.place = NonZeroU32::new(all.len() as u32);
    }
    &mut all[place]
}
// ANCHOR_END: add

// ANCHOR: patient
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

// ANCHOR_END: patient

// ANCHOR: new
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
}

impl Line {
    pub(crate) fn new(socket: TcpStream) -> Self {
        Line { socket, place: None, busy: None }
    }

    fn busy(&mut self, now: Instant) -> &mut Busy {
        let (bytes, sent, since, excess) = (Vec::new(), 0, now, Excess::default());
        let (closing, told, silent, paused) = (false, false, false, false);
        let busy = || Box::new(Busy { bytes, sent, since, excess, closing, told, silent, paused });
        self.busy.get_or_insert_with(busy)
    }

    fn waiting(&self) -> usize {
        self.busy.as_ref().map_or(0, |busy| busy.bytes.len() - busy.sent)
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.busy.as_ref().is_some_and(|busy| busy.closing)
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.busy.as_ref().is_some_and(|busy| busy.paused)
    }
}
// ANCHOR_END: new

// ANCHOR: flush
impl Lines {
    /// Sends everybody their pieces: one write for each.
    pub(crate) fn flush(&mut self) {
        let mut all = mem::take(&mut self.pieces);
        for pieces in all.drain(..) {
            self.leave(pieces, &[]);
        }
        self.pieces = all;
        self.turn.clear();
        self.turn.shrink_to(2 * TURN);
    }

    /// Sends a client its pieces now, and a payload behind them.
    fn flush_with(&mut self, client: ClientId, payload: &[u8]) {
        let line = self.table.get(client).filter(|line| !line.is_closing());
        let Some(place) = line.and_then(|line| line.place) else { return };
        let nothing = Pieces { client, first: 0..0, others: Vec::new() };
        let pieces = mem::replace(&mut self.pieces[place.get() as usize - 1], nothing);
        self.leave(pieces, payload);
    }

    fn leave(&mut self, Pieces { client, first, others }: Pieces, payload: &[u8]) {
        // YOURS: How many writes are that, and what if the pieces are not neighbors?
        let Some(line) = self.table.get_mut(client) else { return };
        line.place = None;
        let turn = mem::take(&mut self.turn);
        let (first, payload) = (IoSlice::new(&turn[first]), IoSlice::new(payload));
        if others.is_empty() {
            self.deliver(client, &mut [first, payload]);
        } else {
            let others = others.into_iter().map(|piece| IoSlice::new(&turn[piece]));
            let mut all: Vec<_> = [first].into_iter().chain(others).chain([payload]).collect();
            self.deliver(client, &mut all);
        }
        self.turn = turn;
        // YOURS_END
    }
}
// ANCHOR_END: flush

// ANCHOR: deliver
impl Lines {
    fn is_behind(&mut self, client: ClientId) -> bool {
        let Some(line) = self.table.get_mut(client) else { return false };
        let waiting = line.waiting();
        let Some(busy) = &mut line.busy else { return false };
        busy.excess.is_final(waiting, self.patience.max_unsent, self.now)
    }

    fn deliver(&mut self, client: ClientId, slices: &mut [IoSlice<'_>]) {
        // YOURS: Who is cut off, who has to wait, and where does the rest go?
        let is_new = slices.iter().any(|slice| !slice.is_empty());
        if is_new && self.is_behind(client) {
            self.catch_up(client);
            if self.waiting(client) > self.patience.max_unsent {
                return self.let_go(client, Err(io::Error::other(TooSlow)));
            }
        }
        let Some(line) = self.table.get_mut(client) else { return };
        let left = match line.waiting() {
            0 => match write(&mut line.socket, slices, &mut self.sent) {
                Ok(left) => left,
                Err(error) => return self.let_go(client, Err(error)),
            },
            _ => slices,
        };
        if !left.is_empty() {
            let busy = line.busy(self.now);
            if busy.bytes.is_empty() {
                busy.since = self.now;
                self.slow.set(self.now, client);
            }
            if busy.sent > busy.bytes.len() / 2 {
                busy.bytes.drain(..mem::take(&mut busy.sent));
            }
            left.iter().for_each(|slice| busy.bytes.extend_from_slice(slice));
        }
        self.settle(client);
        // YOURS_END
    }
}
// ANCHOR_END: deliver

// ANCHOR: catch_up
impl Lines {
    /// Sends a client what waits for it, as far as the system takes it now.
    pub(crate) fn catch_up(&mut self, client: ClientId) {
        let Some(line) = self.table.get_mut(client) else { return };
        let Some(busy) = line.busy.as_mut().filter(|busy| !busy.bytes.is_empty()) else { return };
        let unsent = busy.bytes.len() - busy.sent;
        let mut slices = [IoSlice::new(&busy.bytes[busy.sent..])];
        match write(&mut line.socket, &mut slices, &mut self.sent) {
            Ok([]) => (busy.bytes, busy.sent) = (Vec::new(), 0),
            Ok([left, ..]) if left.len() == unsent => return,
            Ok([left, ..]) => (busy.sent, busy.since) = (busy.bytes.len() - left.len(), self.now),
            Err(error) => return self.let_go(client, Err(error)),
        }
        self.settle(client);
    }

    /// What follows from how much waits for a client: whether it is read from, and whether it may go.
    fn settle(&mut self, client: ClientId) {
        let Some(line) = self.table.get_mut(client) else { return };
        let waiting = line.waiting();
        let Some(busy) = &mut line.busy else { return };
        let pause = waiting > self.patience.max_unsent / 2;
        if mem::replace(&mut busy.paused, pause) && !pause {
            self.resumed.push(client);
        }
        if waiting > 0 {
            return;
        }
        if !busy.closing {
            return line.busy = None;
        }
        let was_told = mem::replace(&mut busy.told, true);
        if busy.silent {
            self.let_go(client, Ok(()));
        } else if !was_told {
            // If it fails, a read says so.
            let _ = line.socket.shutdown(Shutdown::Write);
            self.leaving.set(self.now, client);
        }
    }

    /// A client has said its last word.
    pub(crate) fn hang_up(&mut self, client: ClientId) {
        let Some(line) = self.table.get_mut(client) else { return };
        line.busy(self.now).silent = true;
        self.close(client);
    }
}
// ANCHOR_END: catch_up

// ANCHOR: look_after
impl Lines {
    /// Lets those go whose time is over.
    pub(crate) fn look_after(&mut self) {
        while let Some(client) = self.slow.due(self.now) {
            // There may be a little room that the poll has not thought worth reporting.
            self.catch_up(client);
            let line = self.table.get(client).filter(|line| line.waiting() > 0);
            let since = line.and_then(|line| line.busy.as_ref()).map(|busy| busy.since);
            match since.map(|since| since + self.patience.slow_timeout > self.now) {
                None => {}
                Some(true) => self.slow.set(self.now, client),
                Some(false) => self.let_go(client, Err(io::Error::other(TooSlow))),
            }
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
        if self.table.remove(client).is_some_and(|line| !line.is_closing()) {
            self.gone.push((client, why));
        }
    }
}

// ANCHOR_END: look_after

// ANCHOR: write
/// Writes what the system takes now, and hands back the rest.
fn write<'a, 'b>(
    socket: &mut TcpStream,
    mut slices: &'a mut [IoSlice<'b>],
    sent: &mut u64,
) -> io::Result<&'a mut [IoSlice<'b>]> {
    let filled = slices.iter().rposition(|slice| !slice.is_empty()).map_or(0, |last| last + 1);
    slices = &mut slices[..filled];
    IoSlice::advance_slices(&mut slices, 0);
    while !slices.is_empty() {
        let written = match slices {
            // The system takes one piece sooner than a list of one.
            [one] => socket.write(one),
            _ => socket.write_vectored(slices),
        };
        match written {
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
// ANCHOR_END: write
