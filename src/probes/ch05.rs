//! Chapter 05, Reply: what a client says comes back.

use ch00_wire::masked_frame;

use super::Probe;
use super::bench::{Bench, Failure, Wanted};

/// The lengths at which a form of the payload length ends or begins, and one packet's worth.
const EDGES: [usize; 4] = [125, 126, 127, 1_500];

pub(super) const PROBES: &[Probe] = &[
    Probe {
        chapter: 5,
        promise: "sends a message back as one text frame",
        section: "5.6",
        mistake: "the text is sent without a frame around it",
        script: |bench| bench.echoes(&mut bench.open()?, "Li Jing"),
    },
    Probe {
        chapter: 5,
        promise: "sends frames that are not masked",
        section: "5.1",
        mistake: "the client's frame is sent back as it came",
        script: |bench| {
            let mut client = bench.open()?;
            client.send(&masked_frame(1, b"Li Jing")).wanted("the frame to be taken")?;
            let unit = client.unit().wanted("a frame")?;
            match unit.frame.as_ref().is_some_and(|frame| frame.header.masking_key.is_none()) {
                true => Ok(()),
                false => Err(Failure::wrong("MASK to be 0", &unit, 1)),
            }
        },
    },
    Probe {
        chapter: 5,
        promise: "counts bytes, not characters",
        section: "5.2",
        mistake: "the length of the text is taken for the length of its bytes",
        script: |bench| bench.echoes(&mut bench.open()?, "héllo"),
    },
    Probe {
        chapter: 5,
        promise: "sends 125, 126, 127 and 1,500 bytes back as one message each",
        section: "5.2",
        mistake: "the payload length in one byte only, or a message cut in pieces of 125",
        script: |bench| echoes_at_the_edges(bench, "Li Jing "),
    },
    Probe {
        chapter: 5,
        promise: "sends characters of several bytes back whole, at each of these lengths",
        section: "5.6",
        mistake: "a message is cut inside a character",
        script: |bench| echoes_at_the_edges(bench, "静"),
    },
    Probe {
        chapter: 5,
        promise: "sends an empty message back",
        section: "5.2",
        mistake: "no payload is taken for no message",
        script: |bench| bench.echoes(&mut bench.open()?, ""),
    },
    Probe {
        chapter: 5,
        promise: "answers a hundred messages in turn",
        section: "5.4",
        mistake: "one reply, and the connection is closed",
        script: |bench| {
            let mut client = bench.open()?;
            (0..100).try_for_each(|i| bench.echoes(&mut client, &format!("message {i}")))
        },
    },
];

fn echoes_at_the_edges(bench: &Bench, text: &str) -> Result<(), Failure> {
    let mut client = bench.open()?;
    EDGES.iter().try_for_each(|&length| bench.echoes(&mut client, &text_of(length, text)))
}

/// A text of exactly so many bytes: `text` over and over, filled up with full stops.
pub(super) fn text_of(bytes: usize, text: &str) -> String {
    let whole = text.repeat(bytes / text.len());
    format!("{whole}{}", ".".repeat(bytes - whole.len()))
}
