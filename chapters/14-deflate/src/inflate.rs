//! What comes compressed, inflated before it is put together (RFC 7692, section 7.2.2).

use std::cell::Cell;

use ch06_select::{Emit, End};
use ch09_stream::{Header, Layer, Part};
use ch10_control::{CloseCode, Failure};
use zlib_rs::{Inflate, InflateFlush, Status};

use crate::offer::{MAX_BITS, RSV1};
use crate::window::{TAIL, slide};

// ANCHOR: inflated
/// How many bytes are inflated at once. However small the message is that they came from, no more than
/// these are made before the layer above has counted them.
const CHUNK: usize = 16 * 1024;

/// Inflates the messages that are compressed, and hands all on.
#[derive(Default)]
pub struct Inflated<L> {
    /// The window is kept from one message to the next.
    takeover: bool,
    /// What the client has said last: at least as much as its window holds.
    window: Vec<u8>,
    /// The message that is being inflated.
    inflate: Option<Inflate>,
    /// How often a block of it has said that it is the last.
    ends: usize,
    layer: L,
}

/// Equal if nothing is being inflated, and the rest is equal.
impl<L: PartialEq> PartialEq for Inflated<L> {
    fn eq(&self, other: &Self) -> bool {
        let Inflated { takeover, window, inflate, ends: _, layer } = self;
        let nothing = inflate.is_none() && other.inflate.is_none();
        // Byte by byte, as in chapter 09.
        let same = *takeover == other.takeover && window.iter().eq(&other.window);
        nothing && same && *layer == other.layer
    }
}

impl<L> Inflated<L> {
    /// Inflates for `layer`.
    pub fn new(takeover: bool, layer: L) -> Self {
        Inflated { takeover, window: Vec::new(), inflate: None, ends: 0, layer }
    }
}
// ANCHOR_END: inflated

// ANCHOR: take
impl<L: Layer> Layer for Inflated<L> {
    fn take(&mut self, part: Part<'_>, emit: Emit<'_>) -> Result<(), End> {
        // YOURS: Which parts are compressed, and where does a message end?
        let Part { header, payload, first, last } = part;
        if first && header.rsv & RSV1 != 0 {
            (self.inflate, self.ends) = (Some(inflate_from(&self.window)), 0);
        }
        if self.inflate.is_none() {
            return self.layer.take(Part { header, payload, first, last }, emit);
        }
        // Even if nothing comes out of it, the layer above hears that a frame begins.
        self.layer.take(Part { header, payload: &mut [], first, last: false }, emit)?;
        self.inflate_part(&header, payload, emit)?;
        if last && header.fin {
            self.inflate_part(&header, &TAIL, emit)?;
            SPARE.set(self.inflate.take());
            if !self.takeover {
                self.window = Vec::new();
            }
        }
        self.layer.take(Part { header, payload: &mut [], first: false, last }, emit)
        // YOURS_END
    }
}
// ANCHOR_END: take

// ANCHOR: anew
/// The largest window there is, in bytes.
const WINDOW: usize = 32 * 1024;

/// How often a message may begin anew after a last block. To begin costs time, and brings nothing.
const MAX_ENDS: usize = 1024;

thread_local! {
    /// An inflater that nobody uses.
    static SPARE: Cell<Option<Inflate>> = const { Cell::new(None) };
}

/// An inflater that knows what was said before, and nothing else.
fn inflate_from(window: &[u8]) -> Inflate {
    let mut inflate = SPARE.take().unwrap_or_else(|| Inflate::new(false, MAX_BITS));
    // How somebody's message has left it, nobody else is to notice.
    inflate.reset(false);
    // It has not begun, so it takes any window.
    let _ = inflate.set_dictionary(window);
    inflate
}
// ANCHOR_END: anew

// ANCHOR: inflate
impl<L: Layer> Inflated<L> {
    /// Inflates a part of a message, and hands it on chunk by chunk.
    fn inflate_part(
        &mut self,
        header: &Header,
        mut input: &[u8],
        emit: Emit<'_>,
    ) -> Result<(), End> {
        // YOURS: When is there more to come out?
        let mut chunk = [0; CHUNK];
        while let Some(inflate) = &mut self.inflate {
            let (read, made) = (inflate.total_in(), inflate.total_out());
            let status = inflate.decompress(input, &mut chunk, InflateFlush::SyncFlush);
            let status = status.map_err(|_| BAD_DATA)?;
            input = &input[(inflate.total_in() - read) as usize..];
            let output = &mut chunk[..(inflate.total_out() - made) as usize];
            slide(&mut self.window, output, WINDOW);
            let is_full = output.len() == CHUNK;
            let part = Part { header: *header, payload: output, first: false, last: false };
            self.layer.take(part, emit)?;
            match status {
                // A block said that it is the last: the next one begins anew, and the window goes on.
                Status::StreamEnd if self.ends == MAX_ENDS => return Err(BAD_DATA.into()),
                Status::StreamEnd => {
                    SPARE.set(self.inflate.take());
                    (self.inflate, self.ends) = (Some(inflate_from(&self.window)), self.ends + 1);
                }
                _ if is_full => {}
                _ => break,
            }
        }
        Ok(())
        // YOURS_END
    }
}

const BAD_DATA: Failure = Failure {
    code: CloseCode::InvalidPayload,
    why: std::borrow::Cow::Borrowed("a compressed message is DEFLATE"),
};
// ANCHOR_END: inflate
