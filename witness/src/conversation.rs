//! Conversations of a client: frames that keep the rules, and in most conversations one that does not.

use std::mem;

use ch09_stream::LONGEST;

/// A generator of numbers (SplitMix64): the same seed gives the same conversations.
pub struct Dice(u64);

impl Dice {
    /// Dice with a seed.
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below this one.
    fn below(&mut self, bound: usize) -> usize {
        (self.roll() % bound as u64) as usize
    }

    /// True in so many of 100 cases.
    fn percent(&mut self, cases: usize) -> bool {
        self.below(100) < cases
    }

    fn one_of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.roll() as u8).collect()
    }
}

/// A rule that a frame breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A reserved bit is set.
    Reserved,
    /// The opcode is reserved.
    Opcode,
    /// It is not masked.
    Unmasked,
    /// Its length takes more bytes than it needs.
    NotShortest,
    /// The first bit of its length is set.
    FirstBit,
    /// It declares more than a message may have.
    Huge,
    /// A control frame of more than 125 bytes.
    LongControl,
    /// A control frame that is a fragment.
    FragmentOfControl,
    /// It continues no message.
    NothingToContinue,
    /// It begins a message inside of another one.
    MessageInMessage,
    /// A Close frame of one byte.
    CloseOfOneByte,
    /// A Close frame with a code that is never sent.
    CloseCode,
    /// A Close frame whose reason is not UTF-8.
    CloseReason,
    /// A text that is not UTF-8.
    Text,
}

const FAULTS: [Fault; 14] = [
    Fault::Reserved,
    Fault::Opcode,
    Fault::Unmasked,
    Fault::NotShortest,
    Fault::FirstBit,
    Fault::Huge,
    Fault::LongControl,
    Fault::FragmentOfControl,
    Fault::NothingToContinue,
    Fault::MessageInMessage,
    Fault::CloseOfOneByte,
    Fault::CloseCode,
    Fault::CloseReason,
    Fault::Text,
];

impl Fault {
    /// The code of the Close frame that it is answered with.
    pub fn code(self) -> u16 {
        match self {
            Fault::Huge => 1009,
            Fault::CloseReason | Fault::Text => 1007,
            _ => 1002,
        }
    }
}

#[derive(Clone, Debug)]
struct Frame {
    fin: bool,
    reserved: u8,
    opcode: u8,
    key: Option<[u8; 4]>,
    /// What it says instead of its length, and in how many bytes behind the second.
    length: Option<(u64, usize)>,
    payload: Vec<u8>,
    /// It belongs to a text.
    of_text: bool,
}

impl Frame {
    fn new(dice: &mut Dice, opcode: u8, payload: Vec<u8>) -> Frame {
        let key = dice.roll().to_be_bytes().first_chunk().copied();
        Frame { fin: true, reserved: 0, opcode, key, length: None, payload, of_text: false }
    }

    fn shortest(&self) -> usize {
        match self.payload.len() {
            ..126 => 0,
            126..65_536 => 2,
            _ => 8,
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.fin) << 7 | self.reserved << 4 | self.opcode);
        let mask = u8::from(self.key.is_some()) << 7;
        let (length, size) = self.length.unwrap_or((self.payload.len() as u64, self.shortest()));
        out.push(mask | [length as u8, 0, 126, 0, 0, 0, 0, 0, 127][size]);
        out.extend(&length.to_be_bytes()[8 - size..]);
        let key = self.key.unwrap_or_default();
        out.extend(self.key.iter().flatten());
        out.extend(self.payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    }
}

/// What a client says, and how the network cuts it.
#[derive(Debug)]
pub struct Conversation {
    /// All of its bytes.
    pub bytes: Vec<u8>,
    /// Where a read ends.
    cuts: Vec<usize>,
    /// The rules that it breaks.
    pub faults: Vec<Fault>,
    /// The Close frame that it ends with, if it comes to that: the code in it.
    pub close: Option<Option<u16>>,
    /// It ends with a frame, and not inside of one.
    pub is_whole: bool,
}

/// The codes that a Close frame may have: some of each kind. The last one is disputed.
const CODES: [u16; 15] =
    [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 3999, 4999, 1014];

/// Codes that it may not have.
const WRONG_CODES: [u16; 12] = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65_535];

/// Bytes that make any text invalid.
const NOT_UTF8: [&[u8]; 8] = [
    b"\x80",
    b"\xff",
    b"\xf5\x80\x80\x80",
    b"\xc0\xaf",
    b"\xe0\x80\x80",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xe9\x9d",
];

impl Conversation {
    /// Makes one.
    pub fn new(dice: &mut Dice) -> Conversation {
        let mut frames = Vec::new();
        for _ in 0..=dice.below(3) {
            message(dice, &mut frames);
        }
        let mut faults = Vec::new();
        for _ in 0..dice.one_of(&[0, 0, 1, 1, 1, 1, 1, 1, 1, 2]) {
            faults.extend(break_rule(dice, &mut frames));
        }
        let mut close = None;
        if dice.percent(25) {
            close = Some(dice.percent(80).then(|| dice.one_of(&CODES)));
            frames.push(close_frame(dice, close.flatten(), "静, bye".as_bytes()));
            // What comes after it is not looked at.
            (0..dice.below(3)).for_each(|_| message(dice, &mut frames));
        }
        let mut bytes = Vec::new();
        frames.iter().for_each(|frame| frame.write(&mut bytes));
        let is_whole = !dice.percent(10);
        if !is_whole {
            bytes.truncate(dice.below(bytes.len()));
        }
        let cuts = cuts(dice, bytes.len());
        Conversation { bytes, cuts, faults, close, is_whole }
    }

    /// Its bytes as the network hands them on.
    pub fn reads(&self) -> Vec<&[u8]> {
        let (mut reads, mut from) = (Vec::new(), 0);
        for to in self.cuts.iter().copied().chain([self.bytes.len()]) {
            reads.push(&self.bytes[from..to]);
            from = to;
        }
        reads.retain(|read| !read.is_empty());
        reads
    }

    /// The answer that follows from how it was made, if it was made of whole frames with at most one fault.
    pub fn expected(&self) -> Option<Option<Option<u16>>> {
        match self.faults[..] {
            _ if !self.is_whole => None,
            [] => Some(self.close),
            [fault] => Some(Some(Some(fault.code()))),
            _ => None,
        }
    }
}

fn cuts(dice: &mut Dice, length: usize) -> Vec<usize> {
    match dice.below(4) {
        0 => Vec::new(),
        1 if length < 200 => (1..length).collect(),
        _ => {
            let mut cuts: Vec<usize> =
                (0..=dice.below(6)).map(|_| dice.below(length + 1)).collect();
            cuts.sort_unstable();
            cuts
        }
    }
}

fn length(dice: &mut Dice) -> usize {
    match dice.below(400) {
        0 => dice.one_of(&[65_534, 65_535, 65_536, 65_537]),
        1..12 => dice.one_of(&[124, 125, 126, 127, 128, 300]),
        12..50 => 0,
        _ => dice.below(24),
    }
}

fn text(dice: &mut Dice, length: usize) -> Vec<u8> {
    let mut text = String::new();
    while text.len() < length {
        text.push(dice.one_of(&['a', 'é', '静', '😀', '\0', '\u{7ff}', '\u{ffff}', '\u{10ffff}']));
    }
    text.into_bytes()
}

/// A message in one frame or in several, with control frames before and between them.
fn message(dice: &mut Dice, frames: &mut Vec<Frame>) {
    let length = length(dice);
    let of_text = dice.percent(60);
    let mut rest = if of_text { text(dice, length) } else { dice.bytes(length) };
    let mut opcode = if of_text { 1 } else { 2 };
    let fragments = dice.one_of(&[1, 1, 1, 2, 3, 4]);
    for left in (0..fragments).rev() {
        while dice.percent(20) {
            let (opcode, length) = (dice.one_of(&[9, 10]), dice.one_of(&[0, 1, 5, 5, 125]));
            let payload = dice.bytes(length);
            frames.push(Frame::new(dice, opcode, payload));
        }
        let at = if left == 0 { rest.len() } else { dice.below(rest.len() + 1) };
        let after = rest.split_off(at);
        let frame = Frame::new(dice, mem::replace(&mut opcode, 0), mem::replace(&mut rest, after));
        frames.push(Frame { fin: left == 0, of_text, ..frame });
    }
}

fn close_frame(dice: &mut Dice, code: Option<u16>, reason: &[u8]) -> Frame {
    let mut payload = Vec::new();
    if let Some(code) = code {
        payload.extend(code.to_be_bytes());
        payload.extend(reason);
    }
    Frame::new(dice, 8, payload)
}

/// Breaks a rule somewhere, if there is a frame for it.
fn break_rule(dice: &mut Dice, frames: &mut Vec<Frame>) -> Option<Fault> {
    let fault = dice.one_of(&FAULTS);
    let fits = |frame: &Frame| match fault {
        Fault::Huge => frame.opcode < 8,
        Fault::NotShortest => frame.payload.len() < 65_536,
        Fault::NothingToContinue => [1, 2].contains(&frame.opcode),
        Fault::MessageInMessage => frame.opcode == 0,
        Fault::Text => frame.of_text,
        _ => true,
    };
    let places: Vec<usize> = (0..frames.len()).filter(|&at| fits(&frames[at])).collect();
    if places.is_empty() {
        return None;
    }
    let at = dice.one_of(&places);
    let frame = &mut frames[at];
    let more = dice.below(200);
    match fault {
        Fault::Reserved => frame.reserved = 1 + dice.below(7) as u8,
        Fault::Opcode => frame.opcode = dice.one_of(&[3, 4, 5, 6, 7, 11, 12, 13, 14, 15]),
        Fault::Unmasked => frame.key = None,
        Fault::NotShortest => {
            let size = if frame.shortest() == 0 { dice.one_of(&[2, 8]) } else { 8 };
            frame.length = Some((frame.payload.len() as u64, size));
        }
        Fault::FirstBit => frame.length = Some((1 << 63 | frame.payload.len() as u64, 8)),
        Fault::Huge => frame.length = Some((dice.one_of(&[LONGEST as u64 + 1, 1 << 62]), 8)),
        Fault::NothingToContinue => frame.opcode = 0,
        Fault::MessageInMessage => frame.opcode = dice.one_of(&[1, 2]),
        Fault::Text => {
            let place = dice.below(frame.payload.len() + 1);
            frame.payload.splice(place..place, dice.one_of(&NOT_UTF8).iter().copied());
        }
        Fault::LongControl => {
            let (opcode, payload) = (dice.one_of(&[8, 9, 10]), dice.bytes(126 + more));
            let frame = Frame::new(dice, opcode, payload);
            frames.insert(at, frame);
        }
        Fault::FragmentOfControl => {
            let (opcode, payload) = (dice.one_of(&[8, 9, 10]), dice.bytes(more % 20));
            let frame = Frame::new(dice, opcode, payload);
            frames.insert(at, Frame { fin: false, ..frame });
        }
        Fault::CloseOfOneByte => {
            let payload = dice.bytes(1);
            let frame = Frame::new(dice, 8, payload);
            frames.insert(at, frame);
        }
        Fault::CloseCode => {
            let code = dice.one_of(&WRONG_CODES);
            let frame = close_frame(dice, Some(code), b"bye");
            frames.insert(at, frame);
        }
        Fault::CloseReason => {
            let (code, reason) = (dice.one_of(&CODES[..14]), dice.one_of(&NOT_UTF8));
            let frame = close_frame(dice, Some(code), reason);
            frames.insert(at, frame);
        }
    }
    Some(fault)
}
