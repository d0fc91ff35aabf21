//! One direction of a connection: bytes in, as they come; named units out.

use crate::deflate::Deflate;
use crate::frame;
use crate::grant::{Agreed, grants};
use crate::head;
use crate::header::Header;
use crate::hixie;
use crate::messages::Messages;
use crate::tls;
use crate::unit::{Fault, Kind, Side, Unit};

/// How many bytes of one unit are kept. The rest is counted, not stored, whatever a header declares.
const KEPT: usize = 128 * 1024;
/// How many reads of one unit are told apart. What comes later counts as one piece.
pub(crate) const PIECES: usize = 64;
/// How long a head may grow before it is given up as one.
const LONGEST_HEAD: usize = 64 * 1024;

/// Takes one side's bytes and names them.
#[derive(Debug)]
pub struct Stream {
    side: Side,
    phase: Phase,
    messages: Messages,
    /// A whole head has come.
    has_asked: bool,
    /// What the other side has granted before this side's head ended: it is what follows the head.
    granted: Option<Agreed>,
    /// Offset of `buffer[0]` in the stream.
    start: usize,
    /// The unit that is not complete yet.
    buffer: Vec<u8>,
    /// How many of its bytes were counted and thrown away.
    skipped: usize,
    /// The end of an older text was among those.
    end_skipped: bool,
    /// Offsets at which a read ended.
    cuts: Vec<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Head,
    Frames,
    Body,
    /// So many bytes that follow a head of the older handshake.
    Challenge(usize),
    HixieFrames,
    /// Records of TLS. `secret`: this side has changed to its keys.
    Records {
        secret: bool,
    },
}

impl Stream {
    /// What `side` sends on a new connection: a head first.
    pub fn new(side: Side) -> Self {
        Stream {
            side,
            phase: Phase::Head,
            messages: Messages::default(),
            has_asked: false,
            granted: None,
            start: 0,
            buffer: Vec::new(),
            skipped: 0,
            end_skipped: false,
            cuts: Vec::new(),
        }
    }

    /// What `side` sends once the opening handshake is over: frames from the first byte on.
    pub fn of_frames(side: Side) -> Self {
        Stream { phase: Phase::Frames, ..Stream::new(side) }
    }

    /// Takes the bytes of one read. Hands back the units that they completed, and last the one that
    /// is still growing, if there is one: it comes again, with the same start, whenever it grows.
    pub fn feed(&mut self, mut bytes: &[u8]) -> Vec<Unit> {
        let mut units = Vec::new();
        let read_end = self.end() + bytes.len();
        while !bytes.is_empty() {
            bytes = self.take(bytes);
            if self.phase == Phase::Head && self.start == 0 && tls::begins(&self.buffer) {
                self.phase = Phase::Records { secret: false };
            }
            while let Some(size) = self.whole_unit() {
                units.push(self.finish(size));
            }
        }
        if !self.buffer.is_empty() {
            units.push(self.name_pending());
        }
        if self.buffer.is_empty() {
            self.cuts.clear();
        } else if self.cuts.len() < PIECES {
            self.cuts.push(read_end);
        }
        units
    }

    /// The other side has agreed to change to frames: what comes after this side's head are frames, and
    /// so is what has come after it. Hands back the units that this makes of it.
    pub fn upgrade(&mut self) -> Vec<Unit> {
        self.change_to(Agreed::Rfc6455 { deflate: None })
    }

    /// Whether a whole head has come from this side.
    pub(crate) fn has_asked(&self) -> bool {
        self.has_asked
    }

    /// The same as [`Stream::upgrade`], for one of the protocols.
    pub(crate) fn change_to(&mut self, agreed: Agreed) -> Vec<Unit> {
        if self.phase == Phase::Head && !self.has_asked {
            self.granted = Some(agreed);
            return Vec::new();
        }
        self.phase = match (agreed, self.phase) {
            (Agreed::Rfc6455 { deflate }, _) => self.frames(deflate),
            // A request with keys has told already what follows it.
            (Agreed::Hixie76, Phase::Challenge(_) | Phase::HixieFrames) => return Vec::new(),
            (Agreed::Hixie76 | Agreed::Hixie75, _) => Phase::HixieFrames,
        };
        let bytes = std::mem::take(&mut self.buffer);
        self.skipped = 0;
        self.feed(&bytes)
    }

    fn end(&self) -> usize {
        self.start + self.buffer.len() + self.skipped
    }

    /// Stores what it may of `bytes`, and hands back what belongs to later units.
    fn take<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let room = KEPT - self.buffer.len();
        if room > 0 {
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.buffer.extend_from_slice(now);
            return later;
        }
        let missing = match (self.declared(), self.phase) {
            (Some(size), _) => size.saturating_sub((self.buffer.len() + self.skipped) as u64),
            (None, Phase::HixieFrames) => {
                let end = hixie::end_of_rest(self.buffer[0], bytes);
                self.end_skipped = end.is_some();
                end.map_or(u64::MAX, |end| end as u64)
            }
            (None, _) => u64::MAX,
        };
        let skip = missing.min(bytes.len() as u64) as usize;
        self.skipped += skip;
        &bytes[skip..]
    }

    /// The size of the unit that is coming, where its first bytes tell it, or its last.
    fn declared(&self) -> Option<u64> {
        match self.phase {
            Phase::Frames => Header::read(&self.buffer)
                .map(|header| header.length.saturating_add(header.size as u64)),
            Phase::Challenge(size) => Some(size as u64),
            Phase::Records { .. } => tls::size(&self.buffer),
            Phase::HixieFrames if self.end_skipped => {
                Some((self.buffer.len() + self.skipped) as u64)
            }
            Phase::HixieFrames => hixie::size(&self.buffer),
            Phase::Head | Phase::Body => None,
        }
    }

    /// The number of bytes of the first unit in the buffer, once all of it has arrived.
    fn whole_unit(&self) -> Option<usize> {
        match self.phase {
            Phase::Head if self.is_no_head() => None,
            Phase::Head => head::end(&self.buffer),
            Phase::Frames | Phase::Challenge(_) | Phase::HixieFrames | Phase::Records { .. } => {
                let size = self.declared()?;
                let here = (self.buffer.len() + self.skipped) as u64;
                (here >= size).then(|| self.buffer.len().min(usize::try_from(size).unwrap_or(KEPT)))
            }
            Phase::Body => None,
        }
    }

    fn finish(&mut self, size: usize) -> Unit {
        let rest = self.buffer.split_off(size);
        let unit = self.name(true);
        self.start = unit.end;
        self.buffer = rest;
        self.skipped = 0;
        self.end_skipped = false;
        self.cuts.retain(|&cut| cut > unit.end);
        match self.phase {
            Phase::Head => {
                self.has_asked = true;
                self.phase = self.phase_after(&unit);
            }
            Phase::Frames => {
                if let Some(frame) = &unit.frame {
                    self.messages.end_frame(&frame.header);
                }
            }
            Phase::Challenge(_) => self.phase = Phase::HixieFrames,
            Phase::Body | Phase::HixieFrames | Phase::Records { .. } => {}
        }
        unit
    }

    fn phase_after(&mut self, head: &Unit) -> Phase {
        match self.side {
            Side::Client => self.phase_after_request(head),
            Side::Server => match grants(head) {
                Some(Agreed::Rfc6455 { deflate }) => self.frames(deflate),
                Some(Agreed::Hixie76) => Phase::Challenge(16),
                Some(Agreed::Hixie75) => Phase::HixieFrames,
                None => Phase::Body,
            },
        }
    }

    fn phase_after_request(&mut self, head: &Unit) -> Phase {
        match self.granted.take() {
            Some(Agreed::Rfc6455 { deflate }) => self.frames(deflate),
            Some(Agreed::Hixie76) | None if head::has_hixie76_keys(head) => Phase::Challenge(8),
            Some(Agreed::Hixie76 | Agreed::Hixie75) => Phase::HixieFrames,
            // Only the server's answer tells whether frames follow: see `upgrade`.
            None => Phase::Head,
        }
    }

    fn frames(&mut self, deflate: Option<Deflate>) -> Phase {
        self.messages.agree_on_deflate(deflate.map(|deflate| deflate.of(self.side)));
        Phase::Frames
    }

    /// The growing unit, named with a copy of the state: it will be named again.
    fn name_pending(&mut self) -> Unit {
        let before = (self.messages.clone(), self.phase);
        let unit = self.name(false);
        (self.messages, self.phase) = before;
        unit
    }

    fn name(&mut self, complete: bool) -> Unit {
        let mut unit = match self.phase {
            Phase::Records { mut secret } => {
                let unit = tls::name(&self.buffer, &mut secret);
                self.phase = Phase::Records { secret };
                unit
            }
            Phase::Head if self.is_no_head() => self.name_unknown(),
            Phase::Head => head::name(self.head_kind(), &self.buffer, complete),
            Phase::Frames => {
                let arrived = self.buffer.len() + self.skipped;
                frame::name(self.side, &self.buffer, arrived, &mut self.messages)
            }
            Phase::Challenge(size) => hixie::name_challenge(&self.buffer, size),
            Phase::HixieFrames => {
                let arrived = self.buffer.len() + self.skipped;
                hixie::name(&self.buffer, arrived, complete, &mut self.messages)
            }
            Phase::Body => {
                let mut unit = Unit::new(Kind::Body, "body", &self.buffer, false);
                unit.set_text(std::str::from_utf8(&self.buffer).ok().map(str::to_owned));
                unit
            }
        };
        unit.complete = complete;
        unit.skipped(self.skipped);
        unit.shift(self.start);
        unit.pieces = self.pieces(unit.end);
        unit
    }

    fn head_kind(&self) -> Kind {
        match self.side {
            Side::Client => Kind::RequestHead,
            Side::Server => Kind::ResponseHead,
        }
    }

    /// A server's first bytes are a status line or nothing that we know; a head ends some time.
    fn is_no_head(&self) -> bool {
        let status = b"HTTP/";
        let shared = status.len().min(self.buffer.len());
        let no_status = self.side == Side::Server && self.buffer[..shared] != status[..shared];
        no_status || (self.buffer.len() > LONGEST_HEAD && head::end(&self.buffer).is_none())
    }

    fn name_unknown(&self) -> Unit {
        let mut unit = Unit::new(Kind::Unknown, "bytes without a head", &self.buffer, false);
        unit.faults.push(match self.side {
            Side::Client => Fault::new("the request's head does not end", "4.1"),
            Side::Server if self.buffer.starts_with(b"HTTP/") => {
                Fault::new("the response's head does not end", "4.2.2")
            }
            Side::Server => Fault::new("a response begins with HTTP/1.1 and a status", "4.2.2"),
        });
        unit.set_text(std::str::from_utf8(&self.buffer).ok().map(str::to_owned));
        unit
    }

    /// The lengths of the reads that the unit from `start` to `end` came in, where there were several.
    fn pieces(&self, end: usize) -> Vec<usize> {
        let mut edges: Vec<usize> =
            self.cuts.iter().copied().filter(|&cut| cut > self.start && cut < end).collect();
        if edges.is_empty() {
            return Vec::new();
        }
        edges.insert(0, self.start);
        edges.push(end);
        edges.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }
}
