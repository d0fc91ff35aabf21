//! What a client says over and over, made before anything is measured, and what it must hear.

use std::borrow::Cow;

use anyhow::{Result, bail};
use zlib_rs::{Deflate, DeflateFlush, Inflate, InflateFlush};

use crate::mode::{Content, Mode};

/// Messages, as frames that a client sends and as payloads that it must hear. They repeat.
pub struct Script {
    /// All frames, twice: however many follow each other, they are one piece.
    sent: Vec<u8>,
    /// Where each frame begins in these.
    starts: Vec<usize>,
    /// What the answers carry.
    pub payloads: Vec<Vec<u8>>,
    pub opcode: u8,
    pub compressed: bool,
}

const FIN: u8 = 0x80;
const RSV1: u8 = 0x40;
/// How long a mask is.
const MASK: usize = 4;
const TEXT: u8 = 1;
const BINARY: u8 = 2;

/// The most bytes of which different messages are made.
const VARIETY: usize = 4 * 1024 * 1024;

impl Script {
    pub fn new(mode: &Mode) -> Result<Script> {
        let count = (VARIETY / mode.size).clamp(2, 64).max(mode.depth);
        let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
        let payloads: Vec<Vec<u8>> =
            (0..count).map(|_| payload(mode.content, mode.size, &mut noise)).collect();
        let compressed = mode.content == Content::Compressed;
        let opcode = if mode.content == Content::Binary { BINARY } else { TEXT };
        let (mut sent, mut starts) = (Vec::new(), Vec::new());
        for payload in &payloads {
            starts.push(sent.len());
            let mask = (noise.next() as u32).to_be_bytes();
            let (first, body) = body(opcode, compressed, payload)?;
            frame(first, &body, mask, &mut sent);
        }
        let once = sent.len();
        sent.extend_from_within(..);
        starts.extend_from_within(..);
        starts[count..].iter_mut().for_each(|start| *start += once);
        starts.push(sent.len());
        Ok(Script { sent, starts, payloads, opcode, compressed })
    }

    /// How many different messages there are.
    pub fn count(&self) -> usize {
        self.payloads.len()
    }

    /// The frames of so many messages from the `first` on.
    pub fn frames(&self, first: usize, count: usize) -> &[u8] {
        &self.sent[self.starts[first]..self.starts[first + count]]
    }

    /// How many bytes of answers belong to so many bytes of frames, which are the same all over again. Of a frame
    /// that is not whole, as much goes back as has come, if `partly` says so.
    pub fn answered(&self, came: usize, partly: bool) -> usize {
        let all = self.starts[self.count()];
        let (repeated, rest) = (came / all, came % all);
        let whole = self.starts.partition_point(|start| *start <= rest) - 1;
        let part = (rest - self.starts[whole]).saturating_sub(MASK);
        let back = |end: usize, frames: usize| end - frames * MASK;
        repeated * back(all, self.count())
            + back(self.starts[whole], whole)
            + if partly { part } else { 0 }
    }

    /// The frames of all messages as a server sends them: as they come, without their masks.
    pub fn answers(&self) -> Result<Vec<u8>> {
        let mut answers = Vec::new();
        for payload in &self.payloads {
            let (first, body) = body(self.opcode, self.compressed, payload)?;
            header(first, 0, body.len(), &mut answers);
            answers.extend(&*body);
        }
        Ok(answers)
    }
}

/// What a message's payload is on the wire, and the first byte of its frame.
fn body(opcode: u8, compressed: bool, payload: &[u8]) -> Result<(u8, Cow<'_, [u8]>)> {
    Ok(match compressed {
        true => (FIN | RSV1 | opcode, deflated(payload)?.into()),
        false => (FIN | opcode, payload.into()),
    })
}

/// Numbers without a pattern, the same in every run (xorshift).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

fn payload(content: Content, size: usize, noise: &mut Noise) -> Vec<u8> {
    match content {
        Content::Binary => {
            let bytes = (0..size.div_ceil(8)).flat_map(|_| noise.next().to_le_bytes());
            bytes.take(size).collect()
        }
        Content::Ascii => (0..size).map(|_| b' ' + noise.below(95) as u8).collect(),
        Content::Chinese => {
            let mut text = String::new();
            while text.len() + 3 <= size {
                text.extend(char::from_u32(0x4e00 + noise.below(0x5000) as u32));
            }
            text.extend(std::iter::repeat_n('.', size - text.len()));
            text.into_bytes()
        }
        Content::Compressed => {
            let mut text = String::new();
            while text.len() < size {
                let (who, what) = (noise.below(50), noise.below(1_000_000));
                text += &format!(r#"{{"from":"member-{who}","room":"lobby","said":{what}}},"#);
            }
            text.truncate(size);
            text.into_bytes()
        }
    }
}

fn header(first: u8, mask: u8, length: usize, out: &mut Vec<u8>) {
    out.push(first);
    match length {
        0..=125 => out.push(mask | length as u8),
        126..=65_535 => {
            out.push(mask | 126);
            out.extend((length as u16).to_be_bytes());
        }
        _ => {
            out.push(mask | 127);
            out.extend((length as u64).to_be_bytes());
        }
    }
}

fn frame(first: u8, payload: &[u8], mask: [u8; MASK], out: &mut Vec<u8>) {
    header(first, 0x80, payload.len(), out);
    out.extend(mask);
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
}

/// A payload as RFC 7692 sends it, by itself: no other message has to be known for it.
fn deflated(payload: &[u8]) -> Result<Vec<u8>> {
    let mut deflate = Deflate::new(6, false, 15);
    let mut out = vec![0; payload.len() + 1024];
    if deflate.compress(payload, &mut out, DeflateFlush::SyncFlush).is_err() {
        bail!("a payload cannot be compressed");
    }
    out.truncate(deflate.total_out() as usize);
    if !out.ends_with(&TAIL) {
        bail!("a payload is not compressed to its end");
    }
    out.truncate(out.len() - TAIL.len());
    Ok(out)
}

/// What is cut off behind a compressed message (RFC 7692, section 7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// Hears what a server says to one client, and compares every byte of it.
pub struct Ear {
    header: [u8; 10],
    /// How much of the header there is.
    have: usize,
    /// How much of the payload is still to come.
    rest: usize,
    control: bool,
    fin: bool,
    /// Which message comes next, or is coming.
    message: usize,
    /// How much of its payload there is.
    heard: usize,
    inflating: Option<Box<Inflating>>,
}

struct Inflating {
    inflate: Inflate,
    compressed: bool,
    collected: Vec<u8>,
    plain: Vec<u8>,
}

impl Ear {
    pub fn new(compressed: bool) -> Ear {
        let inflating = compressed.then(|| {
            let inflate = Inflate::new(false, 15);
            let (collected, plain) = (Vec::new(), Vec::new());
            Box::new(Inflating { inflate, compressed: false, collected, plain })
        });
        let (fin, control) = (true, false);
        Ear { header: [0; 10], have: 0, rest: 0, control, fin, message: 0, heard: 0, inflating }
    }

    /// Takes what has come, and says how many messages are whole with it.
    pub fn hear(&mut self, mut bytes: &[u8], script: &Script) -> Result<usize> {
        let mut whole = 0;
        while !bytes.is_empty() {
            if self.rest == 0 && !self.header(&mut bytes, script)? {
                break;
            }
            if self.control && self.rest == 0 {
                self.control = false;
                continue;
            }
            let (now, later) = bytes.split_at(self.rest.min(bytes.len()));
            bytes = later;
            self.rest -= now.len();
            if self.control {
                self.control = self.rest > 0;
                continue;
            }
            self.payload(now, script)?;
            if self.rest == 0 && self.fin {
                self.end(script)?;
                whole += 1;
            }
        }
        Ok(whole)
    }

    /// Reads a header, and says whether it is whole.
    fn header(&mut self, bytes: &mut &[u8], script: &Script) -> Result<bool> {
        loop {
            let need = match self.header[1] {
                _ if self.have < 2 => 2,
                126 => 4,
                127 => 10,
                _ => 2,
            };
            if self.have == need {
                break;
            }
            let Some((first, later)) = bytes.split_first() else { return Ok(false) };
            self.header[self.have] = *first;
            self.have += 1;
            *bytes = later;
        }
        let length = match self.have {
            2 => self.header[1] as usize,
            4 => u16::from_be_bytes([self.header[2], self.header[3]]) as usize,
            _ => u64::from_be_bytes(self.header[2..].try_into()?) as usize,
        };
        self.have = 0;
        self.begin(self.header[0], length, script)?;
        Ok(true)
    }

    fn begin(&mut self, first: u8, length: usize, script: &Script) -> Result<()> {
        self.rest = length;
        self.control = first & 0x0f >= 8;
        if first & 0x0f == 8 {
            bail!("it says goodbye");
        }
        if self.control {
            return Ok(());
        }
        let begins = std::mem::replace(&mut self.fin, first & FIN != 0);
        let opcode = if begins { script.opcode } else { 0 };
        if first & 0x0f != opcode {
            bail!("it answers in opcode {}, not in {opcode}", first & 0x0f);
        }
        match &mut self.inflating {
            Some(inflating) if begins => inflating.compressed = first & RSV1 != 0,
            _ if first & RSV1 != 0 => bail!("it sets a reserved bit"),
            _ => {}
        }
        Ok(())
    }

    fn payload(&mut self, bytes: &[u8], script: &Script) -> Result<()> {
        if let Some(inflating) = &mut self.inflating {
            inflating.collected.extend(bytes);
            return Ok(());
        }
        let expected = &script.payloads[self.message];
        if expected.get(self.heard..self.heard + bytes.len()) != Some(bytes) {
            bail!("an answer has other bytes than it should");
        }
        self.heard += bytes.len();
        Ok(())
    }

    fn end(&mut self, script: &Script) -> Result<()> {
        let expected = &script.payloads[self.message];
        let right = match &mut self.inflating {
            Some(inflating) => inflating.end(expected.len())? == expected,
            None => self.heard == expected.len(),
        };
        if !right {
            bail!("an answer has other bytes than it should");
        }
        self.heard = 0;
        self.message = (self.message + 1) % script.count();
        Ok(())
    }
}

impl Inflating {
    fn end(&mut self, length: usize) -> Result<&[u8]> {
        std::mem::swap(&mut self.plain, &mut self.collected);
        self.collected.clear();
        if !self.compressed {
            return Ok(&self.plain);
        }
        self.plain.extend(TAIL);
        // One byte more shows that it is too long.
        let mut out = vec![0; length + 1];
        let before = self.inflate.total_out();
        if self.inflate.decompress(&self.plain, &mut out, InflateFlush::SyncFlush).is_err() {
            bail!("an answer cannot be inflated");
        }
        out.truncate((self.inflate.total_out() - before) as usize);
        self.plain = out;
        Ok(&self.plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(mode: &str) -> Script {
        Script::new(&mode.parse().unwrap()).unwrap()
    }

    fn hear(script: &Script, bytes: &[u8], cut: usize) -> Result<usize> {
        let mut ear = Ear::new(script.compressed);
        bytes.chunks(cut).map(|part| ear.hear(part, script)).sum()
    }

    #[test]
    fn right_answers_are_heard_however_they_are_cut() {
        for mode in ["echo-32x64", "echo-1kx16", "chinese-1kx16", "deflate-1kx4"] {
            let script = script(mode);
            let answers = script.answers().unwrap();
            for cut in [1, 7, 1000, answers.len()] {
                assert_eq!(hear(&script, &answers, cut).unwrap(), script.count(), "{mode}");
            }
        }
    }

    #[test]
    fn no_byte_of_an_answer_may_be_another_one() {
        let script = script("echo-32x2");
        let answers = script.answers().unwrap();
        for at in 0..2 * 34 {
            let mut wrong = answers.clone();
            wrong[at] ^= 1;
            let heard = hear(&script, &wrong, wrong.len());
            assert!(heard.is_err(), "byte {at} may be another one");
        }
    }

    #[test]
    fn a_message_may_come_in_fragments_with_a_ping_between() {
        let script = script("echo-32x2");
        let (first, second) = script.payloads[0].split_at(10);
        let frames: [(u8, &[u8]); 5] =
            [(TEXT, first), (0x89, b"?"), (0x8a, b""), (0, second), (FIN, b"")];
        let mut bytes = Vec::new();
        for (byte, payload) in frames {
            header(byte, 0, payload.len(), &mut bytes);
            bytes.extend(payload);
        }
        assert_eq!(hear(&script, &bytes, 1).unwrap(), 1);
        assert_eq!(hear(&script, &bytes, bytes.len()).unwrap(), 1);
    }

    #[test]
    fn the_floor_owes_what_it_was_sent_without_the_masks() {
        for mode in ["echo-32x2", "deflate-1kx4"] {
            let script = script(mode);
            let answers = script.answers().unwrap().len();
            let all = script.frames(0, script.count()).len();
            assert_eq!(script.answered(all, false), answers);
            assert_eq!(script.answered(3 * all, true), 3 * answers);
            let one = script.frames(0, 1).len();
            assert_eq!(script.answered(one - 1, false), 0);
            assert_eq!(script.answered(one, false), one - MASK);
            assert_eq!(script.answered(one - 1, true), one - 1 - MASK);
        }
    }
}
