//! An input says by itself how it is cut into reads.

/// One read.
pub struct Piece<'a> {
    /// Whether it is the server's, where there are two sides.
    pub from_server: bool,
    /// What was read.
    pub bytes: &'a [u8],
}

/// Takes an input apart: a byte that says whose the next piece is, in its lowest bit, and in the others
/// how long; then the piece.
pub fn pieces(mut input: &[u8]) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    while let [control, rest @ ..] = input {
        let length = usize::from(control >> 1).min(rest.len());
        let (bytes, rest) = rest.split_at(length);
        pieces.push(Piece { from_server: control & 1 != 0, bytes });
        input = rest;
    }
    pieces
}

/// The same bytes without the cuts.
pub fn whole(pieces: &[Piece]) -> Vec<u8> {
    pieces.iter().flat_map(|piece| piece.bytes).copied().collect()
}
