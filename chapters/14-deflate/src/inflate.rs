//! What comes compressed, inflated before it is put together (RFC 7692, section 7.2.2).

use ch06_select::{Emit, End};
use ch09_stream::{Header, Layer, Part};
use ch10_control::{CloseCode, Failure};
use zlib_rs::{Inflate, InflateFlush, Status};

use crate::offer::{MAX_BITS, RSV1};
use crate::spare::{Spare, Window};
use crate::window::{TAIL, slide};

// ANCHOR: inflated
/// How many bytes are inflated at once. However small the message is that they came from, no more than
/// these are made before the layer above has counted them.
const CHUNK: usize = 16 * 1024;

/// Inflates the messages that are compressed, and hands all on.
#[derive(Default)]
pub struct Inflated<L> {
    /// What is kept from one message to the next, if anything is.
    window: Option<Window>,
    /// What the client has said last: at least as much as its window holds.
    said: Vec<u8>,
    /// The message that is being inflated.
    inflate: Option<Inflate>,
    /// How often a block of it has said that it is the last.
    ends: usize,
    layer: L,
}

/// Equal if nothing is being inflated, and the rest is equal.
impl<L: PartialEq> PartialEq for Inflated<L> {
    fn eq(&self, other: &Self) -> bool {
        let nothing = self.inflate.is_none() && other.inflate.is_none();
        let same = self.window == other.window && self.said.iter().eq(&other.said);
        nothing && same && self.layer == other.layer
    }
}

impl<L> Inflated<L> {
    /// Inflates for `layer`.
    pub fn new(takeover: bool, layer: L) -> Self {
        let window = takeover.then(Window::new);
        Inflated { window, said: Vec::new(), inflate: None, ends: 0, layer }
    }
}
// ANCHOR_END: inflated

// ANCHOR: take
impl<L: Layer> Layer for Inflated<L> {
    fn take(&mut self, part: Part<'_>, emit: Emit<'_>) -> Result<(), End> {
        // YOURS: Which parts are compressed, and where does a message end?
        let Part { header, payload, first, last } = part;
        if first && header.rsv & RSV1 != 0 {
            (self.inflate, self.ends) = (Some(self.inflater()), 0);
        }
        if self.inflate.is_none() {
            return self.layer.take(Part { header, payload, first, last }, emit);
        }
        // Even if nothing comes out of it, the layer above hears that a frame begins.
        self.layer.take(Part { header, payload: &mut [], first, last: false }, emit)?;
        self.inflate_part(&header, payload, emit)?;
        if last && header.fin {
            self.inflate_part(&header, &TAIL, emit)?;
            if let Some(inflate) = self.inflate.take() {
                SPARE.with(|spare| spare.give(inflate, self.window));
            }
            if self.window.is_none() {
                self.said = Vec::new();
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
    static SPARE: Spare<Inflate> = const { Spare::new() };
}

impl<L> Inflated<L> {
    /// An inflater that knows what was said before.
    fn inflater(&self) -> Inflate {
        match SPARE.with(|spare| spare.take(self.window)) {
            Some((inflate, true)) => inflate,
            Some((inflate, false)) => self.anew(inflate),
            None => self.anew(Inflate::new(false, MAX_BITS)),
        }
    }

    fn anew(&self, mut inflate: Inflate) -> Inflate {
        inflate.reset(false);
        // It has not begun, so it takes any window.
        let _ = inflate.set_dictionary(&self.said);
        inflate
    }
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
            slide(&mut self.said, output, WINDOW);
            let is_full = output.len() == CHUNK;
            let part = Part { header: *header, payload: output, first: false, last: false };
            self.layer.take(part, emit)?;
            match status {
                // A block said that it is the last: the next one begins anew, and the window goes on.
                Status::StreamEnd if self.ends == MAX_ENDS => return Err(BAD_DATA.into()),
                Status::StreamEnd => {
                    let ended = self.inflate.take();
                    self.inflate = ended.map(|inflate| self.anew(inflate));
                    self.ends += 1;
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
