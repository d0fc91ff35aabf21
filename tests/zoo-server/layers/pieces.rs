//! Mistakes with bytes as they come, chapter 09. What is wrong happens in front of the course's own server: it gets whole
//! frames, as far as they were understood.

use std::cell::RefCell;
use std::mem;

use ch00_wire::masked_frame;
use ch06_select::{Emit, End, Protocol};
use ch09_stream::{Decoded, Header, LONGEST, unmask};

use super::makes;

/// Those that this module makes; with any other, bytes pass as they are.
const MISTAKES: [&str; 11] = [
    "read-is-a-frame",
    "mask-begins-anew",
    "rest-of-the-read-lost",
    "one-frame-a-read",
    "one-more-read",
    "buffer-of-4096",
    "length-with-a-sign",
    "memory-as-declared",
    "first-bit-dropped",
    "one-place-for-pieces",
    "lone-byte-lost",
];

/// The buffer of a server's first and small days, in bytes.
const SMALL: usize = 4096;

thread_local! {
    /// The one place for pieces that all clients share, and whose they are.
    static PLACE: RefCell<(usize, Vec<u8>)> = const { RefCell::new((0, Vec::new())) };
    static LAST: RefCell<usize> = const { RefCell::new(0) };
}

/// In front of everything.
pub struct Pieces<P> {
    protocol: P,
    number: usize,
    /// The request, as far as it has come.
    request: Vec<u8>,
    /// What has come of a frame, and where reads have ended in it.
    kept: Vec<u8>,
    cuts: Vec<usize>,
    /// How many reads have brought a part of it.
    reads: usize,
    /// Memory for what is declared.
    declared: Vec<u8>,
}

impl<P> Pieces<P> {
    pub fn new(protocol: P) -> Self {
        let number = LAST.with_borrow_mut(|last| {
            *last += 1;
            *last
        });
        let (request, kept, cuts, declared) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Pieces { protocol, number, request, kept, cuts, reads: 0, declared }
    }

    /// Whether these bytes are frames of today: the request has come before them.
    fn are_frames(&mut self, bytes: &[u8]) -> bool {
        if self.request.windows(4).any(|four| four == b"\r\n\r\n") {
            let request = String::from_utf8_lossy(&self.request).to_ascii_lowercase();
            return request.contains("sec-websocket-key:");
        }
        self.request.extend_from_slice(bytes);
        false
    }
}

impl<P: Protocol> Protocol for Pieces<P> {
    fn receive(&mut self, bytes: &mut [u8], emit: Emit<'_>) -> Result<(), End> {
        if !self.are_frames(bytes) || !MISTAKES.iter().any(|name| makes(name)) {
            return self.protocol.receive(bytes, emit);
        }
        if makes("one-place-for-pieces") {
            self.kept = PLACE.with_borrow_mut(|(number, place)| {
                let place = mem::take(place);
                let is_own = mem::replace(number, self.number) == self.number;
                if is_own { place } else { Vec::new() }
            });
        }
        self.cuts.push(self.kept.len());
        self.kept.extend_from_slice(bytes);
        let mut taken = 0;
        while let Some((header, start, size)) = self.whole()? {
            let mut frame: Vec<u8> = self.kept.drain(..size).collect();
            if makes("mask-begins-anew") {
                self.mask_anew(&header, &mut frame, start);
            }
            if makes("first-bit-dropped") {
                unmask(&mut frame[start..], header.masking_key.unwrap_or_default(), 0);
                frame = masked_frame(header.opcode.0, &frame[start..]);
            }
            self.protocol.receive(&mut frame, emit)?;
            self.cuts.retain(|&cut| cut >= size);
            self.cuts.iter_mut().for_each(|cut| *cut -= size);
            (taken, self.reads) = (taken + 1, 0);
            self.declared = Vec::new();
            if makes("rest-of-the-read-lost") {
                self.kept.clear();
            }
            if makes("one-frame-a-read") {
                return Ok(());
            }
        }
        self.reads = if self.kept.is_empty() { 0 } else { self.reads + 1 };
        let is_enough = match self.kept.len() {
            0 => false,
            1 if taken > 0 && makes("lone-byte-lost") => {
                self.kept.clear();
                false
            }
            _ if makes("one-place-for-pieces") => {
                PLACE.with_borrow_mut(|(_, place)| *place = mem::take(&mut self.kept));
                false
            }
            _ => makes("read-is-a-frame") || (self.reads > 1 && makes("one-more-read")),
        };
        if is_enough { Err("not a frame: it is not whole".into()) } else { Ok(()) }
    }
}

impl<P> Pieces<P> {
    /// The header of the frame that is kept, where its payload starts, and its size, if all of it is here. What is to be
    /// refused is not waited for.
    fn whole(&mut self) -> Result<Option<(Header, usize, usize)>, End> {
        let Decoded::Done(mut header, start) = Header::decode(&self.kept) else { return Ok(None) };
        if makes("first-bit-dropped") {
            header.length &= !(1 << 63);
        }
        if makes("length-with-a-sign") && header.extended == 2 && header.length > 0x7fff {
            return Err("a length below zero".into());
        }
        if header.masking_key.is_none() || header.length > LONGEST as u64 {
            return Ok((!self.kept.is_empty()).then_some((header, start, self.kept.len())));
        }
        let size = start + header.length as usize;
        if makes("buffer-of-4096") && size > SMALL {
            return Err("a frame that does not fit".into());
        }
        if makes("memory-as-declared") && self.declared.is_empty() {
            self.declared = vec![1; header.length as usize];
        }
        Ok((self.kept.len() >= size).then_some((header, start, size)))
    }

    /// Makes it so that what follows a cut in the payload comes out as if the masking-key began there.
    fn mask_anew(&self, header: &Header, frame: &mut [u8], start: usize) {
        let key = header.masking_key.unwrap_or_default();
        for at in start..frame.len() {
            let cut =
                self.cuts.iter().rfind(|&&cut| cut <= at).map_or(start, |cut| start.max(*cut));
            frame[at] ^= key[(at - start) % 4] ^ key[(at - cut) % 4];
        }
    }
}
