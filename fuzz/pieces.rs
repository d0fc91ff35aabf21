//! An input says by itself how it is cut into reads.

mod outcome;

use std::borrow::Cow;

pub use outcome::outcome;

/// One read.
pub struct Piece<'a> {
    /// Whether it is the server's, where there are two sides.
    pub from_server: bool,
    /// What was read.
    pub bytes: Cow<'a, [u8]>,
}

/// How long a piece that repeats itself is, for each step of the byte that asks for it.
const STEP: usize = 1024;
/// What comes after so many bytes of all pieces is left out, for more would only be slow.
const ENOUGH: usize = 192 * 1024;
/// The same for what comes after so many pieces: a unit that grows is named again with each of them.
const READS: usize = 256;

/// Takes an input apart: a byte that says whose the next piece is, in its lowest bit, and in the others
/// how long; then the piece. The length 0 asks for a long one, so that a short input can go beyond each
/// limit: a byte says how long, in steps, and the piece after that is repeated until it is.
pub fn pieces(mut input: &[u8]) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut total = 0;
    while total < ENOUGH && pieces.len() < READS {
        let Some((from_server, bytes, rest)) = next(input) else { break };
        total += bytes.len();
        pieces.push(Piece { from_server, bytes });
        input = rest;
    }
    pieces
}

fn next(input: &[u8]) -> Option<(bool, Cow<'_, [u8]>, &[u8])> {
    let (&control, rest) = input.split_first()?;
    let (steps, control, rest) = match (control >> 1, rest) {
        (0, [steps, control, rest @ ..]) => (Some(*steps), *control, rest),
        _ => (None, control, rest),
    };
    let (bytes, rest) = rest.split_at(usize::from(control >> 1).min(rest.len()));
    let bytes = match steps {
        Some(steps) => repeated(bytes, usize::from(steps) * STEP).into(),
        None => bytes.into(),
    };
    Some((control & 1 != 0, bytes, rest))
}

fn repeated(bytes: &[u8], length: usize) -> Vec<u8> {
    bytes.iter().copied().cycle().take(length).collect()
}

/// The same bytes without the cuts.
pub fn whole(pieces: &[Piece]) -> Vec<u8> {
    pieces.iter().flat_map(|piece| &*piece.bytes).copied().collect()
}
